"""`atp-tui run`: a command on hosts."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..actions.action import Invocation, Value
from ..actions.policy import Policy
from ..drivers.live_output import LiveOutput
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..engine.targets import Reading, needed
from ..executor.carrying import check
from ..executor.folding import fold_names
from ..executor.log import JobLog
from ..executor.outcome import exit_status_of
from ..executor.reader import JobEvent, TargetEnded, TargetOutput
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ActionFailed
from ..model.fence import Fence
from ..model.host import HostInfo
from ..model.outcome import CommandResult, Outcome, Stream
from ..model.settings import CommandGuard, SshSettings
from ..model.target import on_hosts
from ..storage.audit import audit_of
from .agreeing import agreed, passes
from .arguments import Arguments
from .ask_hosts import NOT_ALL
from .asked import read, settled
from .delivering import delivered
from .dry_run import dry_run
from .encode import valid
from .gather import gathered
from .interrupt import Interrupt
from .job_log import opened, user_log, warn
from .lines import HostLines
from .output import Each, ReaderGone, complain, emit, emit_json, line_of, standard_output, unwritable
from .standard_input import LateInput
from .words import ending, sentence

_log = logging.getLogger(__name__)

_UNTOLD = "what %s has said cannot be told"

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
    async with opened(log):
        reading, gone = await read(arguments.targets, source.config.hosts, log)
        async with delivered(arguments.delivering, source.config.path) as delivery:
            check(arguments.command, delivery, [each for each in source.config.hosts if each.id in set(reading.ids)])
            status = await carried_out(arguments, source, interrupt, reading, log, delivery=delivery)
    return status or (NOT_ALL if gone else 0)


async def carried_out(
    arguments: Arguments,
    source: FleetSource,
    interrupt: Interrupt,
    reading: Reading,
    log: JobLog | None,
    options: Mapping[str, Value] | None = None,
    delivery: Delivery = NOTHING_MORE,
) -> int:
    """As `run`, on the hosts of a reading; the job is kept in a log that is open. `options` are more of those that the
    action takes."""

    def invocation(targets: tuple[str, ...]) -> Invocation:
        return replace(_invocation(arguments, options or {}, targets), delivery=delivery)

    def guarded(host: HostInfo) -> HostInfo:
        if not arguments.no_guard:
            return host
        return replace(host, ssh=replace(host.ssh or SshSettings(), command_guard=CommandGuard.NONE))

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return needed(reading, map(guarded, hosts), source.config.transport)

    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"))
    engine = Engine(source, policy=Policy(read_only=arguments.read_only, asks=True), audit=audit, log=log)
    if arguments.dry_run:
        return await dry_run(arguments, engine, reading, invocation(()), select)
    await passes(engine, reading, invocation(()), yes=arguments.yes)  # before any host is asked anything
    async with engine.running(watch=False, select=select):
        targets, left_out = await settled(engine.fleet, reading)
        wanted = await agreed(engine, invocation(targets), yes=arguments.yes)
        if wanted is None:
            return USAGE
        performed = await engine.fleet.perform(wanted)
        if performed.job is None:
            assert performed.problem is not None, "run starts a job"
            raise ActionFailed(performed.problem.reason)
        job = performed.job.id
        cancel = interrupt.cancel = partial(engine.fleet.cancel, job)
        with LateInput().watched() as late:
            gone = await _show(engine.fleet.events(job), cancel, interrupt) if _is_streamed(arguments) else None
            results = await engine.fleet.results(job)
        groups = await gathered(engine.fleet, job) if arguments.gather else ()
    if gone is not None:
        if isinstance(gone, BrokenPipeError):  # the run was cut short, and no host is to blame
            raise ReaderGone("nobody reads standard output") from gone
        raise unwritable(gone) from gone
    cut = [result.host for result in results if result.truncated]
    for group in groups:
        emit(group)
    if arguments.json:
        emit_json({"results": Each(partial(encoded, Fence(_log)), results), "truncated": bool(cut)})
    if cut:
        option = "--json" if arguments.json else "--gather"
        complain(f"output was cut on {fold_names(cut)}: without {option} all of it comes")
    if late.came:
        complain(late.words)
    return exit_status_of(results) or (USAGE if late.came else NOT_ALL if left_out else 0)


def _is_streamed(arguments: Arguments) -> bool:
    """Whether output is shown as it comes, and none is kept."""
    return not (arguments.json or arguments.gather)


def _invocation(arguments: Arguments, options: Mapping[str, Value], targets: tuple[str, ...]) -> Invocation:
    asked: dict[str, Value] = {
        "command": arguments.command,
        "fanout": arguments.fanout,
        "streamed": _is_streamed(arguments),
    }
    if _is_streamed(arguments):
        asked["kept"] = STREAMED_KEPT
    if arguments.timeout is not None:
        asked["timeout"] = arguments.timeout
    return Invocation("run", on_hosts(*targets), {**asked, **dict(arguments.job_options), **options}, user_name())


def encode(result: CommandResult) -> dict[str, Any]:
    """One entry of "results". Output is text: bytes that are not UTF-8 become U+FFFD.

    Where that has happened to one of the two, all of it stands beside the text as "stdout_base64" or "stderr_base64"
    (RFC 4648), so that the bytes can be had as they came.
    """
    entry = {
        "host": result.host,
        "outcome": str(result.outcome),
        "exit_status": result.exit_status,
        "signal": result.signal,
        **_text_of("stdout", result.stdout),
        **_text_of("stderr", result.stderr),
        "truncated": result.truncated,
        "may_still_run": result.may_still_run,
        "duration": round(result.duration, 6),
        "error": None if result.error is None else sentence(result.error),
    }
    return valid(entry)


def encoded(fence: Fence, result: CommandResult) -> dict[str, Any]:
    """As `encode`; an answer that cannot be told is an error of that host."""
    try:
        return encode(result)
    except Exception as error:  # noqa: BLE001 - it costs that host its answer, not the others theirs
        why = fence.caught(error, _UNTOLD, result.host)
        return encode(CommandResult(result.host, Outcome.ERROR, None, b"", b"", 0.0, why))


def _text_of(stream: Stream, output: bytes) -> dict[str, str]:
    try:
        return {stream: output.decode()}
    except UnicodeDecodeError:
        return {stream: output.decode("utf-8", "replace"), f"{stream}_base64": base64.b64encode(output).decode()}


async def _show(events: AsyncIterator[JobEvent], cancel: Callable[[], None], interrupt: Interrupt) -> OSError | None:
    """Lines as they are complete, each with its host; how a host ended where that was not well.

    The job is a streamed one: a slow reader holds the commands up. What kept the lines from being written,
    where something did: the job was then ended by `cancel`.
    """
    async with LiveOutput(cancel) as live:

        def leave() -> None:
            cancel()
            live.hurry()

        interrupt.cancel = leave
        fence = Fence(_log)
        lines = {"stdout": HostLines(live.out), "stderr": HostLines(live.err)}
        async for event in events:
            match event:
                case TargetOutput(target=target, stream=stream, data=data):
                    try:
                        lines[stream].add(str(target), data)
                    except Exception as error:  # noqa: BLE001 - as above
                        why = fence.caught(error, _UNTOLD, str(target))
                        live.err(line_of(f"atp-tui: {target}", sentence(why)))
                    await live.room()
                case TargetEnded(result=result):
                    for each in lines.values():
                        each.end(result.host)
                    if live.gone is None and result.outcome is not Outcome.OK:
                        live.err(line_of(f"atp-tui: {result.host}", ending(result)))
                case _:
                    pass
    return live.gone
