"""The keys of the list of what has happened."""

from __future__ import annotations

from ...binding import FOLDS, bind

EVENTS = (
    bind("events.open", "enter", "open", "to the host", "go to the host, unfold the line", shown=True),
    bind("events.fold", "left,h", "fold", "fold", group=FOLDS),
    bind("events.unfold", "right,l", "unfold", "unfold", group=FOLDS),
    bind("events.order", "s", "turn", "order", "the newest first, or last", shown=True),
)
