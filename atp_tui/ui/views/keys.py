"""All keys and commands together: those of the regions and screens, and those of every view."""

from __future__ import annotations

from collections.abc import Iterable

from ...actions.action import Action
from ...actions.registry import ACTIONS
from .. import bindings
from ..commands import ScreenCommand, all_commands
from ..keymap import Keymap
from .registry import VIEWS
from .spec import ViewCommand, ViewSpec

CHAINS = (*((view.keys, bindings.LINES, bindings.FLEET, bindings.APP) for view in VIEWS), *bindings.CHAINS)
"""As bindings.CHAINS."""

CHANGEABLE = {each.id: each for view in VIEWS for each in view.keys if each.id} | bindings.CHANGEABLE
"""As bindings.CHANGEABLE."""

OPENING = tuple(ScreenCommand(each.name, each.title, each.key, each.help, view=each.name) for each in VIEWS)
"""The commands that open a view."""


def performing(here: ViewSpec) -> dict[str, tuple[ViewSpec, ViewCommand]]:
    """By name, the commands that views perform, each with its view: the one in sight, else the first that has it."""
    found: dict[str, tuple[ViewSpec, ViewCommand]] = {}
    for view in (here, *VIEWS):
        for each in view.commands:
            found.setdefault(each.name, (view, each))
    return found


IN_VIEWS = tuple(
    ScreenCommand(each.name, each.title, None, each.help, in_view=True) for _, each in performing(VIEWS[0]).values()
)
"""The commands that views perform."""


def commands_of(actions: Iterable[Action]) -> tuple[ScreenCommand, ...]:
    """Everything that can be typed after `:`, with these actions of the registry."""
    return all_commands(actions, (*OPENING, *IN_VIEWS))


WHOLE = Keymap(commands_of(ACTIONS), bindings=CHANGEABLE)
"""All as the program has it, where no person has said otherwise."""
