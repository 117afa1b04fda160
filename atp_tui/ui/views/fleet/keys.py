"""The keys of the tree of hosts."""

from __future__ import annotations

from ...binding import FOLDS, MARKS, bind

HOSTS = (
    bind("hosts.mark", "space", "toggle_mark", "mark", "mark the host, or all of a group", shown=True),
    bind("hosts.open", "enter", "open", "open", "open the host, fold the group", shown=True),
    bind("hosts.mark-shown", "a,asterisk", "mark_shown", "mark all", group=MARKS),
    bind("hosts.unmark", "u", "unmark", "unmark all", group=MARKS),
    bind("hosts.fold", "left,h", "fold", "fold", group=FOLDS),
    bind("hosts.unfold", "right,l", "unfold", "unfold", group=FOLDS),
    bind("hosts.sort", "s", "sort", "sort", "sort by trouble, by name, then by each figure"),
)
