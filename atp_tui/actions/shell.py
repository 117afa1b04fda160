"""Shell: a session on a host for the person at this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from .action import Action, Argument, Context, Invocation, Subject

if TYPE_CHECKING:
    from ..transport.connection import HostConnection


async def _shell(context: Context, invocation: Invocation) -> None:
    terminal = context.terminal
    if terminal is None:
        raise ActionFailed(told(Say.NO_TERMINAL_HERE))
    asked = terminal.asked(invocation.text("command"))
    (host,) = invocation.hosts

    async def lent(connection: HostConnection) -> None:
        await terminal.lend(host, asked, connection.shell)

    await context.manager.execute_on_host(host, lent, channel="ssh", fail_fast=True)


SHELL = Action(
    "shell",
    "shell",
    "$",
    "open a shell on the host under the cursor: shell @kvm01 top",
    Subject.HOSTS,
    changes=True,
    run=_shell,
    arguments=(Argument("command", "a command line, such as shell top", required=False, rest=True),),
    prompts=True,
    single=True,
)
