"""`atp-tui jobs away`: what waits for hosts that were away is run as they connect, without a screen.

As the screen does it, by the same engine: a claim is on the disk before a command begins, so that of several programs
one alone runs it. Only hosts for which something waits are connected to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from ..actions.policy import Policy
from ..engine.engine import Engine
from ..engine.limits import limit_of
from ..engine.source import FleetSource
from ..engine.went_on import WentOn
from ..executor.away import Waiting, is_away
from ..executor.folding import fold_names
from ..executor.outcome import exit_status_of
from ..model.connection import ConnectionState
from ..model.host import HostInfo
from ..model.outcome import CommandResult
from ..model.text import printed, safe
from ..storage.audit import audit_of
from ..storage.jobs import JobStore
from .arguments import Arguments
from .job_log import log_there, warn
from .output import complain, emit, emit_json
from .words import WORDS, sentence

LOOK_EACH = 1.0
"""Seconds between two looks at what waits and at which of its hosts are connected."""

_STARTING = (ConnectionState.DISCONNECTED, ConnectionState.CONNECTING)

_GATE = 10.0
"""Seconds more than its own limit that the first attempt on a host is waited for: others may be before it."""


class _Told:
    """What was run, as it is told and counted. A job that was told is followed to its end."""

    def __init__(self, *, as_json: bool) -> None:
        self.results: list[CommandResult] = []
        self.ran: list[dict[str, Any]] = []
        self.following: set[asyncio.Task[None]] = set()
        self._as_json = as_json

    async def news(self, engine: Engine) -> None:
        """Hear what goes on by itself, and what does not, until cancelled."""
        async for news in engine.fleet.went_on():
            if news.problem is None:
                self.following.add(asyncio.create_task(self._follow(engine, news)))
            else:
                hosts = fold_names(map(str, news.invocation.targets))
                complain(f"job {news.number} still waits for {hosts}: {sentence(news.problem)}")

    async def _follow(self, engine: Engine, news: WentOn) -> None:
        number = await engine.fleet.job_number(news.job)
        hosts = fold_names(map(str, news.invocation.targets))
        self._say(f"job {news.number} goes on as job {number} on {hosts}, back now")
        results = await engine.fleet.results(news.job)
        self.results += results
        counts = {outcome: sum(each.outcome is outcome for each in results) for outcome in {r.outcome for r in results}}
        told = ", ".join(f"{count} {WORDS.outcome(outcome)}" for outcome, count in sorted(counts.items()))
        self._say(f"job {number} has ended: {told}; atp-tui jobs show {number}")
        self.ran.append(
            {
                "job": news.number,
                "ran_in": number,
                "hosts": [str(result.target) for result in results],
                "counts": {str(outcome): count for outcome, count in sorted(counts.items())},
            }
        )

    def _say(self, words: str) -> None:
        if not self._as_json:
            emit(printed([safe(words)]))


async def run_away(arguments: Arguments, source: FleetSource, anew: Callable[[], FleetSource]) -> int:
    """Run it until nothing waits, or with --once on the hosts that can be reached now; the exit status.

    `anew` reads hosts.toml once more, for each further round. A host that is still away is no failure. Raises
    ConfigError.
    """
    log = log_there(warn)
    told = _Told(as_json=arguments.json)
    left: tuple[Waiting, ...] = ()
    if log is not None:
        async with log:
            while True:
                left = await _round(arguments, source, log, told)
                if arguments.once or not _known(source, left):
                    break
                source = anew()
    if arguments.json:
        emit_json({"ran": told.ran, "waiting": sorted({str(each.target) for each in left})})
    elif left:
        complain(f"waited for still: {fold_names(str(each.target) for each in left)}")
    elif not told.ran:
        complain("nothing waits")
    return exit_status_of(each for each in told.results if not is_away(each.outcome, begun=False))


async def _round(
    arguments: Arguments, source: FleetSource, log: JobStore, told: _Told
) -> tuple[Waiting, ...]:  # fmt: skip
    """Connect to the hosts for which something waits, and run it; what waits afterwards, for others too."""
    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), "jobs away")
    policy = Policy(read_only=arguments.read_only, asks=True)
    engine = Engine(source, policy=policy, audit=audit, log=log)
    engine.pick_ups.look_each = LOOK_EACH
    waiting = await log.waiting(engine.pick_ups.fleet)
    wanted = {each.target.host for each in waiting}
    known = _known(source, waiting)
    if not known:
        return waiting
    async with engine.running(watch=not arguments.once, select=partial(_those, wanted)):
        hearing = asyncio.create_task(told.news(engine))
        try:
            if arguments.once:
                await _first_attempts(engine, known)
                await engine.pick_ups.look(log)
            else:
                await _until_others(engine, log, wanted)
            await engine.pick_ups.all_told()
            await asyncio.gather(*told.following)
            told.following.clear()
        finally:
            for task in (hearing, *told.following):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    return await log.waiting(engine.pick_ups.fleet)


def _known(source: FleetSource, waiting: Iterable[Waiting]) -> list[HostInfo]:
    """The hosts of hosts.toml for which something waits."""
    wanted = {each.target.host for each in waiting}
    return [host for host in source.config.hosts if host.id in wanted]


def _those(wanted: set[str], hosts: Iterable[HostInfo]) -> tuple[HostInfo, ...]:
    return tuple(host for host in hosts if host.id in wanted)


async def _first_attempts(engine: Engine, hosts: Iterable[HostInfo]) -> None:
    """Wait until each host is connected, or was tried in vain, for as long as an attempt may take."""
    limit = _GATE + max(limit_of(host, engine.source.config.transport) for host in hosts)
    with suppress(TimeoutError):
        async with asyncio.timeout(limit):
            while any(  # noqa: ASYNC110 - a state is looked at, which has no event of its own
                engine.manager.host_state(host.id).state in _STARTING for host in hosts
            ):
                await asyncio.sleep(0.05)


async def _until_others(engine: Engine, log: JobStore, wanted: set[str]) -> None:
    """Wait until nothing waits for these hosts any more, or something does for others that can be reached."""
    while True:
        waiting = {each.target.host for each in await log.waiting(engine.pick_ups.fleet)}
        at_work = engine.pick_ups.is_looking or not all(job.done for job in engine.jobs.jobs)
        known = {host.id for host in engine.source.config.hosts}
        if not at_work and (not waiting & wanted or (waiting - wanted) & known):
            return
        await asyncio.sleep(LOOK_EACH)
