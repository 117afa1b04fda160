"""Forwards: ports and sockets of this machine that lead to those which a host can reach."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from .action import Action, Argument, Context, Forwards, Invocation, Subject

if TYPE_CHECKING:
    from ..model.forward import ForwardSpec


async def _forward(context: Context, invocation: Invocation) -> None:
    specs = specs_of(invocation)
    forwards = _forwards(context, invocation)
    context.desk.attend(invocation.hosts)
    await forwards.open(invocation.hosts[0], specs)


async def _close_forward(context: Context, invocation: Invocation) -> None:
    await _forwards(context, invocation).shut(int(invocation.text("number")))


def _forwards(context: Context, invocation: Invocation) -> Forwards:
    if context.forwards is None:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why="nothing is listened on here"))
    return context.forwards


def specs_of(invocation: Invocation) -> Sequence[ForwardSpec]:
    """What a forward is asked for. Raises ActionFailed."""
    from ..model.forward import parse_forward  # late: --help loads what stands here

    try:
        return [parse_forward(each) for each in shlex.split(invocation.text("specs"))]
    except ValueError as error:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=str(error))) from error


FORWARD = Action(
    "forward",
    "forward",
    None,
    "a port here leads to one there: forward 8080:localhost:80",
    Subject.HOSTS,
    # what goes through it is seen by nobody here: as far as read-only, freezes and the audit go, it may be a change
    changes=True,
    run=_forward,
    arguments=(Argument("specs", "[BIND:]PORT:TARGET:PORT, or paths of sockets in their places", rest=True),),
    prompts=True,
    single=True,
)

CLOSE_FORWARD = Action(
    "close-forward",
    "close forward",
    None,
    "close a forward, and cut what goes through it: close-forward 2",
    Subject.NOTHING,
    changes=False,
    run=_close_forward,
    arguments=(Argument("number", "the number of a forward, such as close-forward 2", kind=int),),
)
