"""A question on a daemon thread of its own: if it hangs, it holds up neither the event loop nor another question.

asyncio's shared executor would let six hung calls block all others, and would keep the program from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def begun(name: str, function: Callable[[], T]) -> asyncio.Future[T]:
    """Run a function on a daemon thread of that name; the future of its result, or of the error that it raises.

    Cancelling the future does not end the function. Raises RuntimeError where the system has no thread left.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: Exception | None) -> None:
        if result.done():  # it was cancelled
            return
        if error is None:
            result.set_result(value)  # type: ignore[arg-type] # there is a value where there is no error
        else:
            result.set_exception(error)

    def work() -> None:
        value: T | None = None
        failure: Exception | None = None
        try:
            value = function()
        except Exception as error:  # noqa: BLE001 - any error belongs to the caller, on the loop
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=work, name=name, daemon=True).start()
    return result


async def off_loop(name: str, function: Callable[[], T]) -> T:
    """The result of a function on a daemon thread of that name. Raises what it raises; a cancel does not end it."""
    return await begun(name, function)


class Shared(Generic[K, T]):
    """Callers with the same question share its answer. A caller that gives up does not cut it short."""

    def __init__(self) -> None:
        self._asked: dict[K, asyncio.Future[T]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._asked

    async def ask(self, key: K, begin: Callable[[], asyncio.Future[T]]) -> T:
        """The answer to the question `key`, which `begin` puts unless it is under way. Raises what both raise."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = begin()
            answer.add_done_callback(lambda answer: self._over(key, answer))
        return await asyncio.shield(answer)

    def _over(self, key: K, answer: asyncio.Future[T]) -> None:
        self._asked.pop(key, None)
        if not answer.cancelled():
            answer.exception()  # where each caller has given up, asyncio would print it

    def cancel(self) -> None:
        """Cancel all questions that are under way."""
        for answer in tuple(self._asked.values()):
            answer.cancel()
