"""What can be typed and pressed: the actions on hosts and the screen's own commands, in one list.

The keys, the `:` command line, its completion, the palette and the help screen are all made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .services import ActionInfo


@dataclass(frozen=True, slots=True)
class ScreenCommand:
    """One command of the screen. `key` is a Textual key name, None where it has none."""

    name: str
    title: str
    key: str | None
    help: str
    needs_hosts: bool = False
    on_screen: bool = True
    """Whether the screen does it itself; False: an action of the registry."""


OWN = (
    ScreenCommand("filter", "filter", "slash", "show only hosts that match: a name, a tag, state:failed, cpu>80"),
    ScreenCommand("command", "command", "colon", "type a command of this list"),
    ScreenCommand("run", "run", "exclamation_mark", "go to the command line; @tag as the first word picks other hosts"),
    ScreenCommand("rerun", "rerun failed", None, "run the last command again where it failed"),
    ScreenCommand("cancel", "cancel job", None, "end the running job"),
    ScreenCommand("clear", "clear answers", None, "close the answers"),
    ScreenCommand("jump", "jump to host", None, "put the cursor on a host: jump kvm07"),
    ScreenCommand(
        "trust-key", "host key", "K", "look at an SSH host key that was refused, and trust it", needs_hosts=True
    ),
    ScreenCommand("log-in", "log in", "P", "type the password that a host wants", needs_hosts=True),
    ScreenCommand("theme", "theme", "t", "choose the colours: theme dark; without a name, the next one"),
    ScreenCommand("help", "help", "question_mark", "this page"),
    ScreenCommand("quit", "quit", "q", "leave; asks first while a job runs"),
)

_KEY_NAMES = {
    "/": "slash", ":": "colon", "?": "question_mark", "!": "exclamation_mark", " ": "space",
}  # fmt: skip
_KEY_SHOWN = {name: sign for sign, name in _KEY_NAMES.items()} | {"space": "space"}


def key_name(key: str | None) -> str | None:
    """Textual's name of a key that the registry gives as a sign."""
    return _KEY_NAMES.get(key, key) if key else None


def key_shown(key: str | None) -> str:
    """How a person reads a key."""
    return _KEY_SHOWN.get(key, key) if key else ""


def all_commands(actions: Iterable[ActionInfo]) -> tuple[ScreenCommand, ...]:
    """The screen's own commands and the registry's actions; the screen's own come first where both know a name."""
    own = {command.name for command in OWN}
    taken = {command.key for command in OWN}
    listed = list(OWN)
    for action in actions:
        if action.name not in own:
            key = key_name(action.key)
            key = None if key in taken else key
            taken.add(key)
            title = action.title.rstrip(".").lower()
            listed.append(ScreenCommand(action.name, title, key, action.help, action.needs_hosts, on_screen=False))
    return tuple(listed)


def find(commands: Sequence[ScreenCommand], name: str) -> ScreenCommand | None:
    """The command of that name, or the only one that begins so."""
    exact = next((command for command in commands if command.name == name), None)
    near = [command for command in commands if name and command.name.startswith(name)]
    return exact or (near[0] if len(near) == 1 else None)
