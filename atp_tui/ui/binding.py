"""How a binding of a widget is written: with the id that `[ui.keys]` knows it by, and what is said of it."""

from __future__ import annotations

from textual.binding import Binding

MOVE = Binding.Group("move")
PAGES = Binding.Group("page up, page down")
ENDS = Binding.Group("first line, last line")
MARKS = Binding.Group("mark all that are shown; unmark all")
FOLDS = Binding.Group("fold, unfold")
HISTORY = Binding.Group("history")
NEAR_JOBS = Binding.Group("newer job, older job")
REGIONS = Binding.Group("next region, region before")
"""Keys that one line of the help tells together."""


def bind(
    id: str,
    keys: str,
    action: str,
    words: str,
    told: str = "",
    *,
    shown: bool = False,
    priority: bool = False,
    group: Binding.Group | None = None,
) -> Binding:
    """A binding. `words` is what the bottom line says where `shown`, `told` what the help says where that needs more.

    Of several keys the first is the one that is shown.
    """
    return Binding(keys, action, words, show=shown, tooltip=told, id=id, priority=priority, group=group)
