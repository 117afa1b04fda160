"""The keys of the tree of hosts."""

from __future__ import annotations

from textual.binding import Binding

from ...binding import FOLDS, MARKS, bind

STEPS = Binding.Group("next problem, problem before; with a filter next match, match before")
SPLIT = Binding.Group("a narrower list, a wider list; the line between list and panel can be dragged, too")
SORTS = Binding.Group("sort by trouble, by name, then by each figure; turn the order round")

HOSTS = (
    bind("hosts.mark", "space", "toggle_mark", "mark", "mark the host, or all of a group or a cause", shown=True),
    bind("hosts.open", "enter", "open", "open", "open the host, fold the group or the cause", shown=True),
    bind("hosts.mark-shown", "a,asterisk", "mark_shown", "mark all", group=MARKS),
    bind("hosts.unmark", "u", "unmark", "unmark all", group=MARKS),
    bind("hosts.range", "v", "range", "range", "begin a range, which moving marks; once more or Esc ends it"),
    bind("hosts.invert", "i", "invert", "invert", "mark what is shown and unmarked, and the other way round"),
    bind("hosts.next", "n", "step(1)", "next problem", group=STEPS),
    bind("hosts.previous", "N", "step(-1)", "problem before", group=STEPS),
    bind("hosts.fold", "left,h", "fold", "fold", group=FOLDS),
    bind("hosts.unfold", "right,l", "unfold", "unfold", "unfold the group, the cause, the VMs of a host", group=FOLDS),
    bind("hosts.group", "g", "group", "group", "group by tag, by each key of the metadata, by state, or not at all"),
    bind("hosts.sort", "s", "sort", "sort", group=SORTS),
    bind("hosts.reverse", "S", "reverse", "turn round", group=SORTS),
    bind("hosts.panel", "p", "panel", "panel", "hide the panel beside the list, or show it again"),
    bind("hosts.narrower", "left_square_bracket", "split(-1)", "narrower", group=SPLIT),
    bind("hosts.wider", "right_square_bracket", "split(1)", "wider", group=SPLIT),
)
