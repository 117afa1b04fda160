"""When commands that wait for hosts that were away are run, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

from atp_tui.actions.action import Invocation
from atp_tui.engine.away import LOOK_EACH, PickUps
from atp_tui.executor.away import FIRST_PAUSE, Waiting, WhenBack
from atp_tui.executor.spec import JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import TargetId, on_hosts
from tests.fakes.jobs import command_job
from tests.fakes.virtual_time import VirtualClock, run_virtual

DAY = 86_400.0
(HOST,) = on_hosts("h1")


class Waits:
    """Jobs that wait for one host, and the door that runs them: as the log and the door do, in memory.

    `takes`: the host takes the commands, which end well at once; else each waits anew in the job that it was run in.
    """

    def __init__(self, *jobs: str, takes: bool) -> None:
        self.left = list(jobs)
        self.takes = takes
        self.ran: list[float] = []
        self.clock = VirtualClock()
        self._numbers = count(100)

    async def waiting(self, fleet: str) -> tuple[Waiting, ...]:
        now = self.clock.wall()
        return tuple(Waiting(job, number, HOST, now, now + DAY) for number, job in enumerate(self.left, 1))

    async def spec(self, job: str) -> JobSpec:
        return replace(command_job(["h1"], Command("true"), 0.0), id=job, when_back=WhenBack(DAY, "hosts.toml"))

    async def take(self, job: str, targets: Collection[TargetId]) -> tuple[TargetId, ...]:
        self.left.remove(job)
        return tuple(targets)

    def ran_in(self, *_: object) -> None: ...

    def wants(self, invocation: Invocation) -> None: ...

    async def perform(self, invocation: Invocation) -> Any:
        self.ran.append(self.clock.monotonic())
        job = f"run {next(self._numbers)}"
        if not self.takes:
            self.left.append(job)
        result = SimpleNamespace(outcome=Outcome.OK if self.takes else Outcome.UNREACHABLE)
        return SimpleNamespace(id=job, title="true", started_at=0.0, results={HOST: result})


def gaps_of(waits: Waits, seconds: float) -> list[float]:
    """Between one run and the next."""

    async def main() -> None:
        log: Any = SimpleNamespace(waiting=waits.waiting, spec=waits.spec, take=waits.take, ran=waits.ran_in)
        door: Any = waits
        task = asyncio.create_task(PickUps(log, door, lambda _: True, "hosts.toml", waits.clock).run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])

    run_virtual(main())
    return [after - before for before, after in pairwise(waits.ran)]


def test_all_that_waits_for_a_host_runs_soon_where_it_takes_the_commands() -> None:
    waits = Waits(*"abcdefgh", takes=True)
    assert gaps_of(waits, 3_600.0) == [LOOK_EACH] * 7


def test_a_host_that_takes_no_command_is_tried_less_and_less() -> None:
    gaps = gaps_of(Waits("a", takes=False), 3_600.0)
    assert gaps[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
