"""Work of the kinds "command" and "follow": a command line over SSH, on a host, run to its end or followed."""

from __future__ import annotations

from dataclasses import replace

from ..model.errors import Unsupported
from ..model.message import told
from ..model.outcome import ExitStatus, OutputSink
from ..model.say import Say
from ..model.target import TargetId
from ..transport.connection import HostConnection
from .carrying import carried
from .first_words import TELLING, FirstWords
from .kind import Kind
from .spec import CommandWork, FollowWork


async def _run(
    connection: HostConnection, target: TargetId, work: CommandWork | FollowWork, sink: OutputSink
) -> ExitStatus:
    if target.domain is not None:  # run on its host it would act on all of its domains
        raise Unsupported(told(Say.HOSTS_ONLY), host=target.host)
    if missing := work.delivery.missing:
        raise Unsupported(told(Say.DELIVERY_LOST, lost=", ".join(missing)), host=target.host)
    command = carried(work.command.line, work.delivery, connection.host_info)
    if work.command.stdin:
        command = replace(command, stdin=command.stdin + work.command.stdin)
    if work.delivery.tty:
        from .on_terminal import run_on_terminal  # loaded only where a command asks for it

        return await run_on_terminal(connection, command, sink)
    heard = FirstWords(sink)
    status = await connection.run(command, heard)
    if status.status in TELLING:
        from .explaining import explained

        return await explained(connection, work, status, heard)
    return status


COMMAND: Kind[CommandWork] = Kind("command", CommandWork, "ssh", _run)
FOLLOW: Kind[FollowWork] = Kind("follow", FollowWork, "ssh", _run)
