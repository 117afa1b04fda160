"""What the bottom line and the help say of keys, made from the bindings and the commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding
from textual.widget import Widget

from ...monitor.tally import Waiting
from ..bindings import ANSWERS, APP, FLEET, LINES, PAGER, PANE
from ..keymap import OWN, Keymap
from ..text import safe
from ..views.registry import VIEWS
from ..views.spec import ViewSpec
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandInput, Mode
from ..widgets.footer import Keys
from ..widgets.help_page import Section
from ..widgets.host_words import PRESSED, brief_of
from ..widgets.lines import LinesView

_SENTENCE = ("@tag", "other hosts")
_FILTERS: Mapping[tuple[str, ...], str] = {
    ("pane.enter",): "keep it", ("pane.leave",): "clear it", ("pane.complete",): "next",
}  # fmt: skip
_COMMANDS: Mapping[tuple[str, ...], str] = {
    ("pane.enter",): "run it", ("pane.older", "pane.newer"): "history",
    ("pane.complete", "pane.accept"): "complete", ("pane.leave",): "back",
}  # fmt: skip
_SEARCH: Mapping[tuple[str, ...], str] = {
    ("pane.search",): "further back", ("pane.enter",): "take it into the line", ("pane.leave",): "back",
}  # fmt: skip
"""What the keys of the command line do while it is not for running; its bindings tell the rest."""

_IN_VIEW = (
    "screen.filter",
    "screen.command",
    "action.run",
    "action.retry",
    "screen.theme",
    "screen.help",
    "screen.quit",
)
_EVERYWHERE = ("screen.command", "action.run", "screen.help", "screen.quit")


def keys_of(focused: Widget | None, view: ViewSpec, keys: Keymap) -> Keys:
    """What the focused region's keys do, then those that work everywhere."""
    match focused:
        case CommandInput(mode=Mode.RUN):
            first, *others = _hints(PANE, keys)
            return (first, _SENTENCE, *others)
        case CommandInput(mode=mode):
            words = {Mode.FILTER: _FILTERS, Mode.LINES: _FILTERS, Mode.SEARCH: _SEARCH}.get(mode, _COMMANDS)
            return tuple((keys.sign(*ids), meaning) for ids, meaning in words.items())
        case Answers():
            return (*_hints(ANSWERS, keys), *_hints(FLEET, keys), *_commands(_EVERYWHERE, keys))
        case LinesView(BINDINGS=bound) if view.keys and view.keys[0] in bound:
            own = {key for each in view.keys for key in keys.keys(each.id or "")}
            left = [id for id in _IN_VIEW if own.isdisjoint(keys.keys(id)) and (view.searched or id != "screen.filter")]
            return (*_hints(view.keys, keys), *_commands(left, keys))
        case _:
            return (*_hints(LINES, keys), *_hints(FLEET, keys), *_commands(_EVERYWHERE, keys))


def _hints(part: Iterable[Binding], keys: Keymap) -> Keys:
    """The bindings that are shown, those of one group together."""
    return tuple(
        (keys.sign(*(each.id or "" for each in row)), row[0].group.description if row[0].group else row[0].description)
        for row in _rows(each for each in part if each.show)
    )


def _commands(ids: Iterable[str], keys: Keymap) -> Keys:
    titles = {command.id: command.title for command in keys.commands}
    return tuple((keys.sign(id), titles[id]) for id in ids if id in titles and keys.keys(id))


def _rows(part: Iterable[Binding]) -> list[list[Binding]]:
    rows: list[list[Binding]] = []
    for binding in part:
        if rows and binding.group is not None and rows[-1][0].group is binding.group:
            rows[-1].append(binding)
        else:
            rows.append([binding])
    return rows


def calling_keys(calls: Sequence[Waiting], keys: Keymap = OWN) -> Keys:
    """What hosts that were refused wait for a person to press: for each key the most dangerous question."""
    told = ((keys.sign(PRESSED[call.trouble.remedy]), call) for call in calls)
    return tuple((key, f"{safe(call.host_id)}: {brief_of(call)}") for key, call in told if key)


_LINES_TYPED = (
    ("@rack1 …", "other hosts: tags and node sets with & ! , and state:failed, cpu>80"),
    (":20  :+5  :-5", "go to that line of the list, or so many on or back"),
    ("a space first", "keeps the line out of the history, as does what looks like a password"),
)
"""What the help tells of the command line beside its keys."""


def help_keys(keys: Keymap) -> tuple[Section, ...]:
    """What the keys do that are no commands', region by region."""
    return (
        *((view.title, _told(view.keys, keys)) for view in VIEWS if view.keys),
        ("command line", (*_told(PANE, keys), *_LINES_TYPED)),
        ("answers", _told(ANSWERS, keys)),
        ("one host's answer", _told(PAGER, keys)),
        ("everywhere", _told((*(each for each in LINES if each.group), *FLEET, *APP), keys)),
    )


def _told(part: Iterable[Binding], keys: Keymap) -> tuple[tuple[str, str], ...]:
    """All keys of a binding; of a group the first of each, and what the first one says, or else the group."""
    rows = []
    for row in _rows(part):
        (first, *others), ids = row, [each.id or "" for each in row]
        words = first.tooltip or (first.group.description if first.group else first.description)
        rows.append((keys.sign(*ids) if others else keys.signs(*ids), words))
    return tuple(rows)
