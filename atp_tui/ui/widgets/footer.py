"""The line at the bottom: the keys of the region that has the focus, and right of them what has just happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ..keymap import OWN, Keymap
from ..shown import styled, together
from ..text import Safe, cut, safe, width_of

NOTICE_SECONDS = 4.0
WRONG_SECONDS = 8.0
"""How long a notice stands; one that says what went wrong is longer to read."""

Keys = tuple[tuple[str, str], ...]
Fitted = Callable[[int], Safe]
"""What is said in so many cells. It may be cut where even that is too long."""


class Spared(NamedTuple):
    """Signs of keys whose hints stay: as long as there is room for them, and those that stay at any width."""

    matters: frozenset[str]
    always: frozenset[str]


def spared(keys: Keymap) -> Spared:
    """How to learn all other keys and to leave stays always; how to run and to find while there is room."""
    leave = ("screen.help", "screen.quit", "fleet.back", "pane.leave")
    always = frozenset(keys.sign(id) for id in leave)
    return Spared(always | {keys.sign("action.run"), keys.sign("screen.filter")}, always)


USUAL = spared(OWN)

GAP = 3
"""Cells between two hints."""


class KeyLine(Widget):
    """Shows (key, meaning) pairs; `calls` are those that hosts wait for. A notice stands right of them for a while."""

    keys: reactive[Keys] = reactive(())
    calls: reactive[Keys] = reactive(())
    notice: reactive[tuple[str, bool]] = reactive(("", False))

    def __init__(self, keys: Keymap = OWN, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spared = spared(keys)
        self._since = 0.0
        self._fitted: Fitted | None = None

    def tell(self, text: str, now: float, *, wrong: bool = False, fitted: Fitted | None = None) -> None:
        """Show a notice from moment `now` on. `fitted` is how it is said where there is less room."""
        self._since, self._fitted = now, fitted
        self.notice = (safe(text), wrong)

    def tick(self, now: float) -> None:
        """Take a notice away that has stood long enough."""
        text, wrong = self.notice
        if text and now - self._since > (WRONG_SECONDS if wrong else NOTICE_SECONDS):
            self.notice = ("", False)

    def render(self) -> Content:
        width = self.size.width - 1
        text, wrong = self.notice
        least = _width(_only(self.keys, self._spared.always if wrong else self._spared.matters))
        most = max(width - least - GAP - 1, 0)
        text = cut(self._fitted(most) if self._fitted is not None else safe(text), most) if text else ""
        room = width - (width_of(text) + GAP + 1 if text else 0)
        calls, keys = fitting(() if text else self.calls, self.keys, room, self._spared)
        parts = [styled(" ")]
        for pairs, style in ((calls, "$failed"), (keys, "$dim")):
            for key, meaning in pairs:
                parts += [styled(key, "bold"), styled(f" {meaning}{' ' * GAP}", style)]
        hints = together(*parts)
        if text:
            gap = max(0, width - width_of(text) - hints.cell_length)
            hints = together(hints, styled(" " * gap), styled(text, "$failed" if wrong else "$title-focus"))
        return hints.truncate(width + 1)


SHORTEST_CALL = 16
"""Cells of a call that still say something: `K kvm03: key CH…`."""


def fitting(calls: Keys, keys: Keys, width: int, stay: Spared = USUAL) -> tuple[Keys, Keys]:
    """What fits of the calls and keys. Where it is narrow, hints go before calls, the last ones first; those that
    matter stay until a call cannot be cut any further, those of `always` stay for good."""
    for kept, room in ((stay.matters, width - _width(calls) - GAP), (stay.always, width - SHORTEST_CALL - GAP)):
        keys = _without(keys, kept, room if calls else width)
        shorter = _shorter(calls, width - _width(keys) - GAP)
        if _width((*shorter, *keys)) <= width and (shorter or not calls):
            break
    return shorter, keys


def _without(keys: Keys, spared: frozenset[str], width: int) -> Keys:
    """The keys, without the last ones that are not spared, until they fit."""
    kept = list(keys)
    for pair in reversed(keys):
        if _width(tuple(kept)) > width and pair[0] not in spared:
            kept.remove(pair)
    return tuple(kept)


def _shorter(calls: Keys, width: int) -> Keys:
    """The calls in `width` cells: the later ones go first, then the only one is cut, and at last goes too."""
    kept = calls
    while len(kept) > 1 and _width(kept) > width:
        kept = kept[:-1]
    if kept and _width(kept) > width:
        (key, meaning), *_ = kept
        kept = ((key, _cut_call(meaning, width - width_of(key) - 1)),) if width >= SHORTEST_CALL else ()
    return kept


def _cut_call(meaning: str, width: int) -> str:
    """`a-very-lon…: key CHANGED`: the name is cut before what is the matter with it."""
    name, between, what = meaning.rpartition(": ")
    room = width - width_of(between + what)
    return cut(safe(name), room) + between + what if room >= 4 else cut(safe(meaning), width)


def _only(keys: Keys, names: frozenset[str]) -> Keys:
    return tuple(pair for pair in keys if pair[0] in names)


def _width(pairs: Keys) -> int:
    return max(0, sum(width_of(key) + 1 + width_of(meaning) + GAP for key, meaning in pairs) - GAP)
