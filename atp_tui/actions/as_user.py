"""As whom a command runs: what its action does about it."""

from __future__ import annotations

from dataclasses import replace

from ..model.delivery import Delivery, check_user
from ..model.errors import ActionFailed
from ..model.message import told
from ..model.say import Say
from .action import Context, Invocation


def as_user(
    context: Context, invocation: Invocation, delivery: Delivery, user: str, *, waits: bool = False
) -> Delivery:
    """The same for a command that runs as `user` by sudo; "": as `delivery` says.

    Raises ActionFailed for what is no name, for a command on a terminal, and for one that is to wait for hosts that are
    away (`waits`).
    """
    delivery = replace(delivery, sudo=user) if user else delivery
    if not delivery.sudo:
        return delivery
    try:
        check_user(delivery.sudo)
        if delivery.tty:
            raise ValueError("sudo is given its password on standard input, which a terminal is not: leave out --tty")
        if waits:
            raise ValueError("sudo may ask for a password, and nobody is there when a host comes back")
    except ValueError as error:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=str(error))) from error
    context.desk.attend(invocation.hosts)  # who asks for the command is there to be asked
    return delivery
