"""What comes between two waves of a job: a pause, and gates that must hold before the next one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from typing import Protocol

from ..model.errors import AtpError
from ..model.fence import Fence
from ..model.message import Message, told
from ..model.outcome import Command, Outcome
from ..model.say import Say
from ..model.target import TargetId, on_hosts
from ..transport.clock import Clock
from .folding import fold_names
from .job import Job
from .spec import CommandWork, JobOptions, JobSpec

_log = logging.getLogger(__name__)
_fence = Fence(_log)

EACH = 2.0
"""Seconds between two questions of a gate that does not hold yet."""


class Gates(Protocol):
    """Expressions over what hosts say."""

    def check(self, spec: JobSpec) -> None:
        """Raise ConfigError for a gate of a job that is no expression over its hosts."""
        ...

    async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
        """Those of these hosts, which are asked now, on which an expression holds. Raises AtpError."""
        ...


Asked = Callable[[list[str], float], Awaitable[Collection[str]]]
"""Asks a gate on hosts, within so many seconds; gives those on which it holds."""


class Runs(Protocol):
    """Runs what belongs to a job beside it: by the same limits, and kept in no log."""

    def aside(self, spec: JobSpec) -> Job:
        """Start it. It is forgotten once it has ended."""
        ...


async def between_waves(
    job: Job, targets: Collection[TargetId], clock: Clock, runs: Runs, gates: Gates | None
) -> Message | None:
    """Wait through what a job wants between the wave that is over and the next; why it does not go on, or None.

    `targets` are those of the wave on which the work went well.
    """
    waves, progress = job.spec.options.waves, job.progress
    assert waves is not None and progress is not None, "only a job in waves has something between them"
    await clock.sleep(waves.pause)
    hosts = list(dict.fromkeys(target.host for target in targets))
    where: dict[str, str | int] = {
        "wave": progress.wave, "waves": progress.waves, "seconds": f"{waves.gate_timeout:g}"
    }  # fmt: skip
    try:
        if waves.gate and gates is not None:
            asked = partial(_asked, clock, gates, waves.gate)
            if without := await _until(asked, hosts, waves.gate_timeout, clock):
                return told(Say.WAVES_GATE, gate=waves.gate, hosts=fold_names(without), **where)
        if waves.gate_run:
            ran = partial(_ran, clock, runs, job, waves.gate_run)
            if without := await _until(ran, hosts, waves.gate_timeout, clock):
                return told(Say.WAVES_GATE_RUN, hosts=fold_names(without), **where)
    except AtpError as error:
        return told(Say.WAVES_GATE_BROKEN, why=error.reason)
    except Exception as error:  # noqa: BLE001 - a gate that cannot be asked lets nothing pass
        return told(Say.WAVES_GATE_BROKEN, why=_fence.caught(error, "the gate of job %s", job.id))
    return None


async def _until(ask: Asked, hosts: list[str], seconds: float, clock: Clock) -> list[str]:
    """Ask a gate again on the hosts on which it does not hold yet, EACH seconds apart; those that are left at the end.

    It is asked once at least, and once more when the time is over; each time it has the seconds that are left, EACH at
    least.
    """
    left = hosts
    ends_at = clock.monotonic() + seconds
    while left:
        begun = clock.monotonic()
        holds = set(await ask(left, max(EACH, ends_at - begun)))
        left = [host for host in left if host not in holds]
        now = clock.monotonic()
        if begun >= ends_at or not left:
            break
        await clock.sleep(max(0.0, min(EACH, ends_at - now)))
    return left


async def _asked(clock: Clock, gates: Gates, gate: str, hosts: list[str], seconds: float) -> Collection[str]:
    """The hosts on which an expression holds; none where they do not answer in time."""
    try:
        async with clock.timeout(seconds):
            return await gates.holding(gate, hosts)
    except TimeoutError:
        return ()


async def _ran(clock: Clock, runs: Runs, job: Job, line: str, hosts: list[str], seconds: float) -> Collection[str]:
    """The hosts on which a command ends with exit status 0, by the limits of the job. Nobody reads what it says."""
    of = job.spec.options
    options = JobOptions(
        timeout=seconds, fanout=of.fanout, per_host=of.per_host, per_jump=of.per_jump, priority=of.priority, kept=0
    )
    work = CommandWork(Command(line))
    gate = runs.aside(JobSpec(on_hosts(*hosts), work, job.spec.who, clock.wall(), options))
    job.gate_runs += len(hosts)
    try:
        with suppress(TimeoutError):
            async with clock.timeout(seconds):
                await gate.wait()
    finally:
        gate.cancel()  # what has not ended yet
    return [target.host for target, result in gate.results.items() if result.outcome is Outcome.OK]
