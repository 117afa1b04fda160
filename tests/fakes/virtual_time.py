"""An event loop whose time leaps to the next timer when nothing is left to do: delays cost nothing in tests."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from atp_tui.transport.clock import LoopClock, TimerHandle

T = TypeVar("T")


class _LeapingSelector(selectors.DefaultSelector):
    """Never sleeps: the time it would have slept is added to `now`."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("nothing left to do, and no timer: the test would hang")
            self.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Tasks, futures, call_later and asyncio.timeout all work as ever, in virtual time."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now

    def leap(self, seconds: float) -> None:
        """The machine has slept for so long: what fell due meanwhile is done next."""
        self._leaping.now += seconds


class VirtualClock(LoopClock):
    """The Clock port over a VirtualLoop. `leap` shifts the moments it tells without running any timer."""

    def __init__(self) -> None:
        super().__init__()
        self.leap = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.leap

    def call_later(self, delay: float, callback: Callable[[], object], slack: float = 0.0) -> TimerHandle:
        return super().call_later(delay, callback)  # never late: tests compare moments exactly


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time; fail if it leaves tasks behind."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_and_nothing_left(main))


async def _and_nothing_left(main: Coroutine[Any, Any, T]) -> T:
    value = await main
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks left behind: {left}"
    return value
