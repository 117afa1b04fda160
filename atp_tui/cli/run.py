"""`atp-tui run`: a command on hosts."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

from ..executor.job import HostEnded, HostOutput, Job
from ..executor.outcome import exit_status_of
from ..executor.targets import Targets
from ..model.host import HostInfo
from ..model.outcome import Command, CommandResult, Outcome, Stream
from ..model.settings import CommandGuard, SshSettings
from .arguments import Arguments
from .engine import Engine, connects_on_demand
from .fleet_source import FleetSource
from .interrupt import Interrupt
from .output import LiveOutput, emit, line_of, standard_output, unwritable

BROKEN_PIPE = 128 + signal.SIGPIPE
"""What a shell says of a program whose reader has gone (`| head`): the run was cut short, and no host is to blame."""


async def run(arguments: Arguments, source: FleetSource, interrupt: Interrupt) -> int:
    """Run the command and show what comes back; the exit status.

    Raises ConfigError for the targets, ActionFailed where standard output takes nothing.
    """
    standard_output()  # before anything runs whose answer nobody would see
    targets = Targets(source.config.hosts).resolve(arguments.targets)
    wanted = set(targets)

    def guarded(host: HostInfo) -> HostInfo:
        if not arguments.no_guard:
            return host
        return replace(host, ssh=replace(host.ssh or SshSettings(), command_guard=CommandGuard.NONE))

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return connects_on_demand((guarded(host) for host in hosts if host.id in wanted), source.config.transport)

    async with Engine(source).running(watch=False, select=select) as engine:
        job = engine.jobs.start(targets, Command(arguments.command), timeout=arguments.timeout, fanout=arguments.fanout)
        interrupt.cancel = job.cancel
        gone = None if arguments.json else await _show(job, interrupt)
        results = await job.wait()
    if gone is not None:
        if isinstance(gone, BrokenPipeError):
            return BROKEN_PIPE
        raise unwritable(gone) from gone
    if arguments.json:
        emit(json.dumps({"results": [encode(result) for result in results]}, indent=2) + "\n")
    return exit_status_of(results)


def encode(result: CommandResult) -> dict[str, Any]:
    """One entry of "results". Output is text: bytes that are not UTF-8 become U+FFFD."""
    return {
        "host": result.host,
        "outcome": str(result.outcome),
        "exit_status": result.exit_status,
        "signal": result.signal,
        "stdout": result.stdout.decode("utf-8", "replace"),
        "stderr": result.stderr.decode("utf-8", "replace"),
        "truncated": result.truncated,
        "duration": round(result.duration, 6),
        "error": result.error,
    }


async def _show(job: Job, interrupt: Interrupt) -> OSError | None:
    """Lines as they are complete, each with its host; how a host ended where that was not well.

    What kept them from being written, where something did: the job was then cancelled.
    """
    rest: dict[tuple[str, Stream], bytes] = {}
    async with LiveOutput(job.cancel) as live:

        def leave() -> None:
            job.cancel()
            live.hurry()

        interrupt.cancel = leave
        write = {"stdout": live.out, "stderr": live.err}
        async for event in job:
            match event:
                case HostOutput(host=host, stream=stream, data=data):
                    *lines, rest[host, stream] = (rest.get((host, stream), b"") + data).split(b"\n")
                    write[stream]("".join(line_of(host, _text(line)) for line in lines))
                case HostEnded(result=result):
                    for stream in ("stdout", "stderr"):
                        last = rest.pop((result.host, stream), b"")
                        if last:
                            write[stream](line_of(result.host, _text(last)))
                    if live.gone is None and (result.outcome is not Outcome.OK or result.truncated):
                        live.err("atp-tui: " + line_of(result.host, ending(result)))
                case _:
                    pass
    return live.gone


def ending(result: CommandResult) -> str:
    """How a host ended, in words."""
    if result.signal is not None:
        words = f"killed by SIG{result.signal}"
    elif result.outcome is Outcome.FAILED:
        words = f"exit status {result.exit_status}"
    elif result.error is not None and result.outcome is not Outcome.CANCELLED:
        words = f"{result.outcome}: {result.error}"
    else:
        words = str(result.outcome)
    return f"{words}; its output was cut" if result.truncated else words


def _text(line: bytes) -> str:
    # one that ends its lines with CR LF means no harm by it
    return line.removesuffix(b"\r").decode("utf-8", "replace")
