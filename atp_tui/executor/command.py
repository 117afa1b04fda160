"""Work of the kind "command": a command line over SSH, on a host."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable

from ..model.errors import Unsupported
from ..model.outcome import Command, ExitStatus, OutputSink
from ..model.target import TargetId, on_hosts
from ..transport.connection import HostConnection
from .kind import Kind
from .spec import CommandWork, JobOptions, JobSpec


async def _run(connection: HostConnection, target: TargetId, work: CommandWork, sink: OutputSink) -> ExitStatus:
    if target.domain is not None:  # run on its host it would act on all of its domains
        raise Unsupported("a command over SSH runs on a host, not on a domain", host=target.host)
    return await connection.run(work.command, sink)


COMMAND: Kind[CommandWork] = Kind("command", CommandWork, "ssh", _run)


def command_job(hosts: Iterable[str], command: Command, now: float, options: JobOptions | None = None) -> JobSpec:
    """The job of a command on hosts, asked for by the user of this process. `now` is a wall-clock moment.

    Raises ValueError for no hosts, and for one that stands there twice.
    """
    return JobSpec(on_hosts(*hosts), CommandWork(command), local_user(), now, options or JobOptions())


def local_user() -> str:
    """The login name of the person who runs this process; their user id where they have no account."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
