"""The program's clock counts the time that the machine sleeps, and so do the timers of its event loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

import atp_tui
from atp_tui.transport import clock
from atp_tui.transport.clock import LoopClock, SleepCountingLoop, run_awake

ASLEEP = 3600.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Put seconds in, and the machine has slept them: CLOCK_MONOTONIC does not count them, CLOCK_BOOTTIME does."""
    asleep: list[float] = []
    monkeypatch.setattr(clock, "boot_seconds", lambda: time.monotonic() + sum(asleep))
    return asleep


def test_moments_are_those_of_the_clock_that_counts_sleep() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    told = clock.boot_seconds()
    assert before <= told <= time.clock_gettime(time.CLOCK_BOOTTIME)
    assert abs(LoopClock().monotonic() - time.time()) < 60


def test_what_fell_due_in_a_sleep_is_done_at_the_first_wake_up(machine: list[float]) -> None:
    async def main() -> None:
        program = LoopClock()
        rang: list[str] = []
        program.call_later(ASLEEP / 2, lambda: rang.append("exact"))
        program.call_later(ASLEEP / 2, lambda: rang.append("in a round"), slack=30.0)
        program.call_later(2 * ASLEEP, lambda: rang.append("not due"))
        begun, sleeper = program.monotonic(), asyncio.create_task(program.sleep(ASLEEP / 2))
        limited = asyncio.create_task(limit(program))
        await asyncio.sleep(0.01)
        assert rang == [] and not sleeper.done() and not limited.done()
        machine.append(ASLEEP)
        await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert sorted(rang) == ["exact", "in a round"] and sleeper.done()
        assert await limited
        assert program.monotonic() - begun >= ASLEEP

    async def limit(program: LoopClock) -> bool:
        try:
            async with program.timeout(ASLEEP / 2):
                await asyncio.Event().wait()
        except TimeoutError:
            return True
        return False

    run_awake(main())


def test_every_surface_runs_on_that_loop() -> None:
    async def main() -> type:
        return type(asyncio.get_running_loop())

    assert run_awake(main()) is SleepCountingLoop
    for file in Path(atp_tui.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "asyncio.run(" not in text and "asyncio.Runner()" not in text, file
