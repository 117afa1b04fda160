"""How a line of what has happened looks in a given width. Pure.

14:03:12 ▸ 41 hosts      ◐ reconnecting   behind jump-2: connection lost · kvm01, kvm02 …
14:02:58   kvm07         ✕ failed         libvirt: port refused … · was reconnecting for 20 s · attempt 6
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ....monitor.happening import AnyLine, DayLine, DomainMoved, Gathered, GatheredLine, HappeningLine
from ...format import clock, day
from ...glyphs import Glyphs
from ...text import cut, cut_middle, fit, safe, width_of
from ...widgets.happening_words import VERB_WIDTH, details, gathered_details, gathered_what, what_of
from ...widgets.lines import Piece, Spans, drawn

TIME = len(" 14:03:12")
FOLD = 3
"""Cells of the sign of a line that unfolds, with what parts it from its neighbours."""

WHAT = VERB_WIDTH + 4
LONGEST_ID = 24
LEAST_ID = len("1,000 hosts")
INSIDE = "  "


class Columns(NamedTuple):
    """Widths in cells of the host's id and of the rest of the line."""

    id: int
    rest: int


def columns(width: int, longest: int) -> Columns:
    """Share `width` cells out. `longest` is the length of the longest id."""
    room = max(LEAST_ID, min(longest + len(INSIDE), LONGEST_ID, width // 5))
    return Columns(room, max(0, width - TIME - FOLD - room - WHAT - 1))


def draw_event(line: HappeningLine | GatheredLine, width: int, longest: int, glyphs: Glyphs) -> Spans:
    """Time, host, what has happened, and why."""
    at = columns(width, longest)
    if isinstance(line, GatheredLine):
        sign = glyphs.unfolded if line.unfolded else glyphs.folded
        told, rest = gathered_what(line, glyphs), gathered_details(line, at.rest, glyphs)
        name, moment = _whom(line), line.last.at
    else:
        happening = line.happening
        sign, name, moment = " ", (INSIDE if line.inside else "") + happening.host, happening.at
        told, rest = what_of(happening.what, glyphs), details(happening, at.rest, glyphs)
    shown = fit(cut_middle(safe(name), at.id, glyphs.ellipsis), at.id, glyphs.ellipsis)
    word = fit(safe(f" {told.sign} {told.word}"), WHAT, glyphs.ellipsis)
    pieces = (
        (f" {clock(moment)}", "dim"),
        (f" {sign} ", "text"),
        (shown, "text"),
        (word, told.role),
        (f" {rest}", "text"),
    )
    return _cut_to(width, pieces, glyphs)


def _whom(line: GatheredLine) -> str:
    if line.why is Gathered.FLAPPING or isinstance(line.last.what, DomainMoved):
        return line.last.host
    return f"{len(line.hosts):,} hosts"


def _cut_to(width: int, pieces: Iterable[Piece], glyphs: Glyphs) -> Spans:
    """The pieces in `width` cells; in a list that is too narrow for its columns the last ones are cut."""
    found: list[Piece] = []
    for text, role in pieces:
        piece = cut(safe(text), width, glyphs.ellipsis)
        found.append((piece, role))
        width -= width_of(piece)
    return drawn(*found)


def draw_day(line: DayLine, width: int, glyphs: Glyphs) -> Spans:
    """`── Saturday 28 November 2026 ───`: what is below it happened on that day."""
    words, rule = f" {day(line.at)} ", glyphs.rule
    pieces = ((f" {rule * 2}", "rule"), (words, "dim"), (rule * max(0, width - len(words) - 4), "rule"))
    return _cut_to(width, pieces, glyphs)


def draw_line(line: AnyLine, width: int, longest: int, glyphs: Glyphs) -> Spans:
    """Any line of the list."""
    return draw_day(line, width, glyphs) if isinstance(line, DayLine) else draw_event(line, width, longest, glyphs)
