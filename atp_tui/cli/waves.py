"""`run` in waves: what is looked at before, a line for each wave, the question to a person, what was left undone."""

from __future__ import annotations

import asyncio
import termios
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from ..actions.action import Invocation
from ..actions.waves import by_host, waves_of
from ..engine.fleet import Fleet
from ..engine.targets import Reading, read_gate
from ..executor.carrying import check
from ..executor.folding import fold_names
from ..executor.outcome import MAY_STILL_RUN
from ..executor.reader import JobEvent, TargetEnded, WaveTold
from ..executor.waves import Phase, Progress, Waves, wave_sizes
from ..model.delivery import NOTHING_MORE
from ..model.errors import ActionFailed, ConfigError
from ..model.host import HostInfo
from ..model.message import text
from ..model.outcome import CommandResult, Outcome
from ..model.say import Say
from ..model.sets import Sets
from ..model.target import on_hosts
from .agreeing import can_ask, line_typed, terminal
from .output import complain
from .words import WORDS, sentence

STOPPED = 4
"""The exit status of a run whose waves were stopped, and of which nothing may still run."""


def checked(invocation: Invocation, reading: Reading, hosts: Sequence[HostInfo], sets: Sets) -> Waves | None:
    """The waves that are asked for, looked at before any host is contacted; None for none.

    Raises ActionFailed for options that make no sense together, a spread by what no host has, and a person to be asked
    where there is none; ConfigError for a gate that is no expression.
    """
    try:
        waves = waves_of(dict(invocation.arguments))
    except ValueError as error:
        raise ActionFailed(text(str(error))) from error
    if waves is None:
        return None
    if waves.asks and not can_ask():
        raise ActionFailed(text("--pause ask asks a person between two waves, and there is no terminal to ask at"))
    meant = {*reading.ids, *reading.undecided}
    known = [host for host in hosts if host.id in meant]
    if waves.gate:
        try:
            read_gate(waves.gate, known, hosts, sets)
        except ConfigError as error:
            raise ConfigError(error.message, key="gate", hint=error.hint, column=error.column) from error
    check(waves.gate_run, NOTHING_MORE, known)
    by_host(on_hosts(*sorted(meant)), waves, {host.id: host for host in known})
    return waves


def planned(waves: Waves, ids: Sequence[str], hosts: Sequence[HostInfo]) -> tuple[tuple[str, ...], ...]:
    """The hosts of each wave."""
    order = by_host(on_hosts(*ids), waves, {host.id: host for host in hosts if host.id in set(ids)}) if ids else ()
    found, begin = [], 0
    for size in wave_sizes(waves, len(order)):
        found.append(tuple(target.host for target in order[begin : begin + size]))
        begin += size
    return tuple(found)


def plan_lines(waves: Waves, plan: Sequence[Sequence[str]]) -> Iterator[str]:
    """The waves as `--dry-run` shows them."""
    for number, hosts in enumerate(plan, 1):
        yield f"wave {number} of {len(plan)}: {_hosts(len(hosts))}: {fold_names(hosts)}"
    limit = waves.max_fail.of(sum(map(len, plan)))
    free = "" if waves.unreachable_counts else ", those of hosts that are not reached not counted"
    yield f"would stop with {limit} failure{'s' * (limit != 1)} over all waves{free}"
    between = [f"a pause of {waves.pause:g} s"] * bool(waves.pause) + [f"the gate {waves.gate}"] * bool(waves.gate)
    between += [f"the gate's command {waves.gate_run}"] * bool(waves.gate_run) + ["a person's word"] * waves.asks
    if between and len(plan) > 1:
        yield f"between two waves: {', '.join(between)}"


async def watched(
    fleet: Fleet, job: str, write: Callable[[str], object], *, quiet: bool = False
) -> AsyncIterator[JobEvent]:
    """The events of a job; what they tell of its waves is written, and a person is asked where the job waits for one.

    `quiet`: how a wave has ended is not written, only why there is no further one. That a host is not run, since the
    waves were stopped or cancelled, is no news of its own: `undone` names all of them.
    """
    asking: asyncio.Task[None] | None = None
    stopped, in_waves = False, fleet.waves(job) is not None
    try:
        async for event in fleet.events(job):
            if isinstance(event, WaveTold):
                stopped = stopped or event.progress.phase is Phase.STOPPED
                if event.progress.phase is Phase.ASKS:
                    asking = asyncio.create_task(_ask(fleet, job, event.progress, write))
                elif event.progress.phase is not Phase.CUT and (not quiet or event.progress.why is not None):
                    write(wave_line(event.progress))
            elif not (isinstance(event, TargetEnded) and in_waves and _is_undone(event.result, stopped)):
                yield event
    finally:
        if asking is not None:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking


def asks(progress: Progress | None) -> bool:
    """Whether a person is asked now."""
    return progress is not None and progress.phase is Phase.ASKS


def wave_line(progress: Progress) -> str:
    """How a wave has ended, or why there is no further one."""
    if progress.why is not None:
        return sentence(progress.why)
    limit = f"failures over the whole run: {progress.failures}, and with {progress.limit} it stops"
    line = f"wave {progress.wave} of {progress.waves}: {_hosts(len(progress.targets))}: {_counts(progress.counts)}"
    return f"{line}; {limit}"


async def undone(fleet: Fleet, job: str, results: Sequence[CommandResult]) -> None:
    """Name the hosts that a stop has left out, with the target that means them, where the job is kept."""
    hosts = [result.host for result in results if result.outcome is Outcome.NOTRUN]
    progress = fleet.waves(job)
    if hosts and progress is not None:
        number = await fleet.job_number(job)
        they = "it is @job.{}.notrun, and goes" if len(hosts) == 1 else "they are @job.{}.notrun, and go"
        again = f"; {they.format(number)} on by: atp-tui jobs rerun {number} --notrun"
        complain(f"not run: {_hosts(len(hosts))}: {fold_names(hosts)}{'' if number is None else again}")


def status_of(status: int, progress: Progress | None) -> int:
    """The exit status of a run, which has that of its results."""
    stopped = progress is not None and progress.phase is Phase.STOPPED
    return STOPPED if stopped and status != MAY_STILL_RUN else status


def encoded(progress: Progress | None) -> dict[str, Any]:
    """What `--json` has of waves: nothing for a job without them."""
    if progress is None:
        return {}
    stopped = None if progress.why is None else sentence(progress.why)
    return {
        "waves": {"wave": progress.wave, "waves": progress.waves, "failures": progress.failures, "stopped": stopped}
    }


async def _ask(fleet: Fleet, job: str, progress: Progress, write: Callable[[str], object]) -> None:
    with terminal() as descriptor:
        if descriptor is None:  # it has gone since the start
            fleet.halt(job)
            return
        termios.tcflush(descriptor, termios.TCIFLUSH)  # what was typed before the question is no answer to it
        write(f"go on with wave {progress.wave + 1} of {progress.waves}? y or n:")
        answer = await line_typed(descriptor)
    if answer.lower() in ("y", "yes"):
        fleet.resume(job)
    else:
        fleet.halt(job)


def _is_undone(result: CommandResult, stopped: bool) -> bool:
    """Whether a host was not run for no reason of its own."""
    cancelled = result.error is None or result.error.id is Say.CANCELLED
    return result.outcome is Outcome.NOTRUN and (stopped or cancelled)


def _counts(counts: Sequence[tuple[Outcome, int]]) -> str:
    return ", ".join(f"{number} {WORDS.outcome(outcome)}" for outcome, number in counts)


def _hosts(number: int) -> str:
    return f"{number} host{'s' * (number != 1)}"
