"""`atp-tui run` and `atp-tui follow`: a command on hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ..actions.action import Invocation, Value
from ..actions.policy import Policy
from ..engine.engine import Engine
from ..engine.fleet import Fleet
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..engine.targets import Reading, needed
from ..executor.carrying import check
from ..executor.log import JobLog
from ..executor.outcome import exit_status_of
from ..executor.waves import Progress
from ..model.data_class import dataclass
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ActionFailed
from ..model.host import HostInfo
from ..model.outcome import CommandResult
from ..model.settings import CommandGuard, SshSettings
from ..model.target import on_hosts
from ..storage.audit import audit_of
from . import waves
from .agreeing import agreed, passes
from .arguments import Arguments
from .asked import NOT_ALL, read, settled
from .delivering import delivered, with_named
from .interrupt import Interrupt
from .job_log import opened, user_log, warn
from .log_in import person_at_terminal
from .output import ReaderGone, complain, standard_output, unwritable
from .ring import EndOfRun
from .showing.choice import showing_of
from .showing.running import Running, Showing
from .standard_input import LateInput

STREAMED_KEPT = 64 << 10
"""Bytes of each stream of a host that the log of jobs keeps where output is written as it comes. To keep a megabyte of
a hundred hosts would cost as much as the run itself."""

USAGE = 2
"""The exit status where the program was not used as it can be."""


async def run(arguments: Arguments, source: FleetSource, interrupt: Interrupt) -> int:
    """Run the command and show what comes back, or with --dry-run what would be done; the exit status.

    Raises ConfigError for the targets, ActionFailed where standard output takes nothing, standard input has data that
    nobody asked for, or the door lets nothing pass, and ReaderGone where nobody reads any more.
    """
    standard_output()  # before anything runs whose answer nobody would see
    log = user_log(warn)
    end = EndOfRun(source.config, wanted=arguments.ring)
    async with opened(log):
        reading, gone = await read(arguments, source.config, log)
        arguments = with_named(arguments, source.config.commands)
        async with delivered(arguments.delivering, source.config.path) as delivery:
            check(arguments.command, delivery, [each for each in source.config.hosts if each.id in set(reading.ids)])
            status = await carried_out(arguments, source, interrupt, reading, log, delivery=delivery, end=end)
    status = status or (NOT_ALL if gone else 0)
    await end.ring(status, interrupt)
    return status


async def carried_out(
    arguments: Arguments,
    source: FleetSource,
    interrupt: Interrupt,
    reading: Reading,
    log: JobLog | None,
    options: Mapping[str, Value] | None = None,
    delivery: Delivery = NOTHING_MORE,
    end: EndOfRun | None = None,
    of: Invocation | None = None,
) -> int:
    """As `run`, on the hosts of a reading; the job is kept in a log that is open. `options` are more of those that the
    action takes. `end` is told how the job ended. `of` is what is asked for in place of a command, without targets."""
    showing = showing_of(arguments)
    more = dict(options or {}) if arguments.following is not None else {"streamed": showing.streamed, **(options or {})}
    if source.config.jobs.spill and arguments.following is None:
        more["spill"] = True

    def invocation(targets: tuple[str, ...]) -> Invocation:
        if of is not None:
            return replace(of, targets=on_hosts(*targets))
        return replace(_invocation(arguments, more, targets), delivery=delivery)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        meant = map(_unguarded, hosts) if arguments.no_guard else hosts
        return needed(reading, meant, source.config.transport)

    via = "jobs rerun" if arguments.verb == "jobs" else arguments.verb
    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), via)
    engine = Engine(source, policy=Policy(read_only=arguments.read_only, asks=True), audit=audit, log=log)
    in_waves = waves.checked(invocation(()), reading, source.config.hosts, source.config.sets)
    if arguments.dry_run:
        from .dry_run import dry_run

        return await dry_run(arguments, engine, reading, invocation(()), select, in_waves)
    showing.ready()
    await passes(engine, reading, invocation(()), yes=arguments.yes)  # before any host is asked anything
    async with engine.running(watch=False, select=select), person_at_terminal(engine, batch=arguments.batch):
        targets, left_out = await settled(engine.fleet, reading)
        wanted = await agreed(engine, invocation(targets), yes=arguments.yes)
        if wanted is None:
            return USAGE
        ended = await _shown(engine.fleet, wanted, showing, interrupt)
        if end is not None:
            number = await engine.fleet.job_number(ended.job)
            end.ended(number, ended.results, ended.progress, cancelled=interrupt.number is not None)
    if ended.gone is not None:
        raise _unread(ended.gone) from ended.gone
    shown = showing.last(ended.results)
    if log is not None and "when_back" in wanted.arguments:
        from .away import tell_waiting

        await tell_waiting(log, ended.job)
    if ended.late.came:
        complain(ended.late.words)
    status = waves.status_of(exit_status_of(ended.results), ended.progress)
    return status or shown or (USAGE if ended.late.came else NOT_ALL if left_out else 0)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A job that is over: how its waves stand, why nobody could be shown more, and whether input came that it had not
    asked for."""

    job: str
    results: tuple[CommandResult, ...]
    progress: Progress | None
    gone: OSError | None
    late: LateInput


async def _shown(fleet: Fleet, wanted: Invocation, showing: Showing, interrupt: Interrupt) -> _Ended:
    """Start the job, and show it to its end. Raises ActionFailed where the door lets it not pass any more."""
    performed = await fleet.perform(wanted)
    if performed.job is None:
        assert performed.problem is not None, "run starts a job"
        raise ActionFailed(performed.problem.reason)
    job = performed.job.id
    cancel = interrupt.cancel = partial(fleet.cancel, job)
    running = Running(fleet, job, tuple(map(str, wanted.targets)), cancel, interrupt)
    with LateInput().watched() as late:
        gone = await showing.meanwhile(running)
        results = await fleet.results(job)
        progress = fleet.waves(job)
        await waves.undone(fleet, job, results)
    await showing.over(running)
    return _Ended(job, results, progress, gone, late)


def _unguarded(host: HostInfo) -> HostInfo:
    return replace(host, ssh=replace(host.ssh or SshSettings(), command_guard=CommandGuard.NONE))


def _unread(gone: OSError) -> Exception:
    """What is raised where the lines of a run could not be written."""
    if isinstance(gone, BrokenPipeError):  # the run was cut short, and no host is to blame
        return ReaderGone("nobody reads standard output")
    return unwritable(gone)


def _invocation(arguments: Arguments, options: Mapping[str, Value], targets: tuple[str, ...]) -> Invocation:
    if (words := arguments.following) is not None:
        told: dict[str, Value] = {"command": arguments.command, **({"restart": True} if words.restart else {})}
        told |= dict(arguments.job_options)
        return Invocation("follow", on_hosts(*targets), told, user_name())
    asked: dict[str, Value] = {"command": arguments.command, "fanout": arguments.fanout}
    if options.get("streamed"):
        asked["kept"] = STREAMED_KEPT
    if arguments.timeout is not None:
        asked["timeout"] = arguments.timeout
    return Invocation("run", on_hosts(*targets), {**asked, **dict(arguments.job_options), **options}, user_name())
