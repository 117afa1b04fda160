"""Names to addresses, on threads of our own: a resolver that hangs must neither block the loop nor its executor."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading

from ..model.causes import Cause
from ..model.errors import ConnectFailed
from .system import lookup_cause

_THREADS = 64


class Resolver:
    """getaddrinfo cannot be cut short: a question outlives the caller who gave up. Callers who ask for the same name
    share one question, and at most 64 are open."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Future[list[str]]] = {}
        self._free = asyncio.Semaphore(_THREADS)

    async def addresses(self, name: str) -> list[str]:
        """The addresses of a name as text, the preferred first; IPv6 link-local ones with their `%zone`.

        Raises ConnectFailed for a name without any.
        """
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(name)
            return [name]
        if name not in self._asked:
            await self._free.acquire()
            if name in self._asked:  # someone asked while we waited
                self._free.release()
        try:
            return list(await asyncio.shield(self._asked.get(name) or self._ask(name)))
        except OSError as error:
            words = f"the name {name} has no address: {error.strerror or error}"
            raise ConnectFailed(words, kind=lookup_cause(error)) from error

    def _ask(self, name: str) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(addresses: list[str], error: Exception | None) -> None:
            del self._asked[name]
            self._free.release()
            if error is None:
                answer.set_result(addresses)
            else:
                answer.set_exception(error)
                answer.exception()  # the askers may all have gone

        def ask() -> None:
            addresses: list[str] = []
            failure: Exception | None = None
            try:
                addresses = _look_up(name)
            except (OSError, UnicodeError) as error:
                failure = error if isinstance(error, OSError) else OSError(0, "not a host name")
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, addresses, failure)

        try:
            threading.Thread(target=ask, name=f"resolve-{name}", daemon=True).start()
        except RuntimeError as error:  # no more threads are to be had just now
            self._free.release()
            words = f"the name {name} cannot be looked up: {error}"
            raise ConnectFailed(words, kind=Cause.LOOKUP_FAILED) from error
        self._asked[name] = answer  # nothing settles before this method ends
        return answer


def _look_up(name: str) -> list[str]:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    numeric = (socket.getnameinfo(entry[4], socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0] for entry in found)
    return list(dict.fromkeys(numeric))
