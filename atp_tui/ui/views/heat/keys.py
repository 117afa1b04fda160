"""The keys of the heat map."""

from __future__ import annotations

from textual.binding import Binding

from ...binding import bind

SIDEWAYS = Binding.Group("host to the left, to the right")
MARKS = Binding.Group("mark all that are shown; unmark all")

HEAT = (
    bind("heat.mark", "space", "toggle_mark", "mark", "mark the host", shown=True),
    bind("heat.open", "enter", "open", "open", "open the host", shown=True),
    bind("heat.figure", "f", "figure", "figure", "colour by the next figure", shown=True),
    bind("heat.sort", "s", "sort", "worst first", "the worst first, or by group", shown=True),
    bind("heat.left", "left,h", "sideways(-1)", "left", group=SIDEWAYS),
    bind("heat.right", "right,l", "sideways(1)", "right", group=SIDEWAYS),
    bind("heat.mark-shown", "a,asterisk", "mark_shown", "mark all", group=MARKS),
    bind("heat.unmark", "u", "unmark", "unmark all", group=MARKS),
    bind("heat.invert", "i", "invert", "invert", "mark what is shown and unmarked, and the other way round"),
)
