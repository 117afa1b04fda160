"""The keys that the bottom line shows for each region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from ...model.causes import Cause, Remedy
from ...monitor.fleet import HostRow
from ..commands import ScreenCommand, key_shown
from ..text import safe
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandInput, Mode
from ..widgets.footer import Keys
from ..widgets.host_tree import HostTree
from ..widgets.host_words import brief_of

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
    Mode.COMMAND: (("enter", "run it"), ("↑ ↓", "history"), ("tab →", "complete"), ("esc", "back")),
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


_CALLS = (("K", Remedy.TRUST_KEY), ("P", Remedy.LOG_IN))
_DANGER = (Cause.KEY_REVOKED, Cause.KEY_CHANGED, Cause.KEY_UNKNOWN, Cause.PASSWORD_REFUSED, Cause.WANTS_PASSWORD)
"""What a person should look at first: a changed key may be somebody in between, a new one rarely is."""


def waiting(rows: Iterable[HostRow], remedy: Remedy) -> list[HostRow]:
    """The hosts that wait for a person to do that, the most dangerous cause first."""
    found = [(row.trouble.cause, row) for row in rows if row.trouble is not None and row.trouble.remedy is remedy]
    return [row for _, row in sorted(found, key=lambda each: _DANGER.index(each[0]))]


def calling_keys(rows: Sequence[HostRow]) -> Keys:
    """What hosts that were refused wait for a person to press: for each key the most dangerous question."""
    calls = []
    for key, remedy in _CALLS:
        hosts = waiting(rows, remedy)
        if hosts:
            calls.append((key, f"{safe(hosts[0].id)}: {brief_of(hosts[0])}"))
    return tuple(calls)


HELP_KEYS = (
    (
        "hosts",
        (
            ("space", "mark the host, or all of a group"),
            ("a  u", "mark all that are shown; unmark all"),
            ("enter", "open the host, fold the group"),
            ("← →", "fold, unfold"),
            ("s", "sort by trouble, by name, then by each figure"),
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
