"""The keys of the list of all domains."""

from __future__ import annotations

from ...binding import FOLDS, MARKS, bind

DOMAINS = (
    bind(
        "domains.mark",
        "space",
        "toggle_mark",
        "mark",
        "mark the VM, or all of a group, for its host",
        shown=True,
    ),
    bind("domains.open", "enter", "open", "open", "open the VM, fold the group", shown=True),
    bind("domains.mark-shown", "a,asterisk", "mark_shown", "mark all", group=MARKS),
    bind("domains.unmark", "u", "unmark", "unmark all", group=MARKS),
    bind("domains.fold", "left,h", "fold", "fold", group=FOLDS),
    bind("domains.unfold", "right,l", "unfold", "unfold", group=FOLDS),
    bind("domains.sort", "s", "sort", "sort", "sort by trouble, name, host, CPU, memory, disk, net", shown=True),
    bind("domains.reverse", "S", "reverse", "turn round", "turn the order round"),
    bind("domains.group", "g", "group", "group", "group by host, by tag, by state, or not at all", shown=True),
)
