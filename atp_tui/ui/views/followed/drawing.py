"""How a followed line looks in a given width. Pure: a line in, spans out.

kvm07  Nov 30 15:46:55 kvm07 libvirtd[812]: …
-- kvm12: lost 15:46:55, begun anew 15:47:10: lines may be missing --
"""

from __future__ import annotations

from ....executor.followed import Followed, Line, Mark, MarkKind
from ...glyphs import Glyphs
from ...roles import output_role
from ...text import Safe, cut_middle, fit, safe
from ...widgets.answers import clip
from ...widgets.lines import Spans, drawn
from ...widgets.output_line import shown_line, shown_spans
from ...words import sentence

LONGEST_ID = 24
"""Cells of a host's name."""

_COLOURS = tuple(
    output_role(colour, bold=False, underline=False, reverse=False) for colour in ("cyan", "green", "magenta", "blue")
)
"""Hosts take them in turns; yellow is that of marks, red of what is wrong. The name tells hosts apart, colours help."""

_MARKS = {
    MarkKind.AWAY: "failed",
    MarkKind.LOST: "failed",
    MarkKind.BACK: "reconnecting",
    MarkKind.REACHED: "connected",
    MarkKind.ENDED: "strong",
    MarkKind.UNREADABLE: "failed",
}


def draw_followed(said: Followed, width: int, place: int, longest: int, glyphs: Glyphs) -> Spans:
    """A line or a mark. `place` is that of its host, `longest` the width of the longest name."""
    if isinstance(said, Mark):
        return clip(drawn((f" {mark_text(said)}", _MARKS[said.kind])), width)
    room = min(longest, LONGEST_ID, max(4, width // 3))
    name = fit(cut_middle(safe(said.host), room, glyphs.ellipsis), room)
    head = drawn((" ", "text"), (name, _COLOURS[place % len(_COLOURS)]), ("  ", "text"))
    more = drawn((f" {glyphs.ellipsis} {said.cut:,} bytes more", "dim")) if said.cut else ()
    return clip((*head, *shown_spans(said.said), *more), width)


def mark_text(mark: Mark) -> Safe:
    """A mark, in one line."""
    return safe(f"-- {sentence(mark.message)} --")


def whole_text(said: Followed) -> Safe:
    """A line with its host, as it is copied and saved."""
    return safe(f"{said.host}: {shown_line(said.said)}") if isinstance(said, Line) else mark_text(said)
