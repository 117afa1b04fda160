"""All actions, once: keys, `:` command line, palette, help and headless verbs are made from this list."""

from __future__ import annotations

from ..executor.job import Job
from ..model.errors import ActionFailed
from .action import Action, Context, Invocation
from .connections import CONNECT, DISCONNECT, RETRY
from .run import RUN
from .trust_key import TRUST_KEY

ACTIONS: tuple[Action, ...] = (RETRY, CONNECT, DISCONNECT, RUN, TRUST_KEY)


def find(name: str) -> Action:
    """The action of that name. Raises ActionFailed."""
    for action in ACTIONS:
        if action.name == name:
            return action
    raise ActionFailed(f"there is no action {name!r}; there are " + ", ".join(action.name for action in ACTIONS))


async def perform(context: Context, invocation: Invocation) -> Job | None:
    """Carry an invocation out; gives the job it has started, if it did.

    Raises ActionFailed for an unknown action or missing hosts, and whatever AtpError the action ends with.
    """
    action = find(invocation.action)
    if action.needs_hosts and not invocation.targets:
        raise ActionFailed(f"{action.name} needs hosts")
    return await action.run(context, invocation)
