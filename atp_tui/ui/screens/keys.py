"""The keys that the bottom line shows for each region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from ...monitor.fleet import HostRow
from ..commands import ScreenCommand, key_shown
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandInput, Mode
from ..widgets.footer import Keys
from ..widgets.host_tree import HostTree

_TREE: Keys = (("space", "mark"), ("enter", "open"))
_LINES: dict[Mode, Keys] = {
    Mode.RUN: (
        ("enter", "run"),
        ("@tag", "other hosts"),
        ("↑ ↓", "history"),
        ("→", "complete"),
        ("esc", "cancel job, back"),
        ("tab", "next"),
    ),
    Mode.FILTER: (("enter", "keep it"), ("esc", "clear it"), ("tab", "next")),
    Mode.COMMAND: (("enter", "do it"), ("↑ ↓", "history"), ("tab →", "complete"), ("esc", "back")),
}
_ANSWERS: Keys = (("enter", "fold"), ("a", "fold all"), ("r", "rerun failed"), ("y", "copy"), ("esc", "back"))
_PANEL: Keys = (("↑ ↓", "move"), ("esc", "back"))

_IN_TREE = ("filter", "command", "run", "retry", "theme", "help", "quit")
_EVERYWHERE = ("command", "run", "help", "quit")


def keys_of(focused: Widget | None, commands: Sequence[ScreenCommand]) -> Keys:
    """What the focused region's keys do, then those that work everywhere."""
    match focused:
        case CommandInput(mode=mode):
            return _LINES[mode]
        case Answers():
            return (*_ANSWERS, *_of(commands, _EVERYWHERE))
        case HostTree():
            return (*_TREE, *_of(commands, _IN_TREE))
        case _:
            return (*_PANEL, *_of(commands, _EVERYWHERE))


def _of(commands: Sequence[ScreenCommand], names: tuple[str, ...]) -> Keys:
    known = {command.name: command for command in commands}
    found = (known[name] for name in names if name in known)
    return tuple((key_shown(command.key), command.title) for command in found if command.key)


def calling_keys(rows: Iterable[HostRow]) -> Keys:
    """What hosts that were refused wait for a person to press."""
    found: dict[str, str] = {}
    for row in rows:
        if row.error_class == "HostKeyRejected":
            found.setdefault("K", f"the host key of {row.id} was refused")
        elif row.error_class == "CredentialWanted":
            found.setdefault("P", f"{row.id} wants a password")
    return tuple(sorted(found.items()))


HELP_KEYS = (
    (
        "hosts",
        (
            ("space", "mark the host, or all of a group"),
            ("a  u", "mark all that are shown; unmark all"),
            ("enter", "open the host, fold the group"),
            ("← →", "fold, unfold"),
            ("s", "sort by trouble or by name"),
        ),
    ),
    (
        "command line",
        (
            ("enter", "run on the hosts that the line names; above 20 it asks for their number"),
            ("@rack1 …", "other hosts: tags and node sets with & ! , and state:failed, cpu>80"),
            ("↑ ↓ →", "what was typed before; take over the grey completion"),
            ("esc ctrl+c", "cancel the running job; once more leaves the line"),
            ("a space first", "keeps the line out of the history, as does what looks like a password"),
        ),
    ),
    (
        "answers",
        (
            ("enter a", "fold or unfold one, or all"),
            ("r", "run again where it failed"),
            ("y", "copy to the clipboard"),
        ),
    ),
    (
        "everywhere",
        (
            ("tab", "next region"),
            ("ctrl+p", "find a command, a host or a theme"),
            ("esc", "back to the hosts"),
            ("ctrl+z", "back to the shell; its fg brings the screen back"),
        ),
    ),
)
