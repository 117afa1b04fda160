"""The words over the tree of hosts, in the room that the heads of the columns leave them. Pure."""

from __future__ import annotations

from ....model.data_class import dataclass
from ....monitor.metrics import find_metric
from ....monitor.orders import Sort
from ....monitor.query import Page, Query
from ...glyphs import Glyphs
from ...text import Safe, cut, safe, width_of


@dataclass(frozen=True, slots=True)
class At:
    """Where the cursor is: on line `row` of `rows`, counted from 1; 0 of an empty tree. `ranging`: a range is open."""

    row: int
    rows: int
    ranging: bool = False


def title_words(query: Query, head: Page, at: At, room: int, glyphs: Glyphs) -> Safe:
    """What is unusual, in `room` cells with a blank around it: the filter matters most, then a range that is open, what
    the filter hides, the order, the marks, the row."""
    wanted = f" / {query.filter}" if query.filter else ""
    ranging = ["range"] if at.ranging else []
    left_out = head.shown < head.known and head.problem is None
    found = [f"{head.shown:,} of {head.known:,} shown"] if left_out else []
    chosen = len(query.marked)
    marks = [f"{chosen} marked"] if chosen else []
    hidden = chosen - head.marked
    hides = [f"+{hidden} mark{'s' * (hidden != 1)} hidden"] if hidden and head.problem is None else []
    row = f"row {at.row:,} of {at.rows:,}" if at.rows else ""
    rows = [row] if row else []
    by_order = _order(query)
    between = f" {glyphs.separator} "

    def words(subject: str, *parts: list[str]) -> str:
        return between.join(part for part in (subject, *(part for some in parts for part in some)) if part)

    choices: tuple[str, ...] = (
        words(f"Hosts{by_order}{wanted}", ranging, rows, found, marks, hides),
        words(f"Hosts{by_order}{wanted}", ranging, found, marks, hides),
        words(f"Hosts{by_order}{wanted}", ranging, found, hides),
        words(f"Hosts{wanted}", ranging, found, hides),
        words(f"Hosts{wanted}", ranging, found),
        words(f"Hosts{wanted}", ranging),
        words(wanted.strip(), ranging),
    )
    if row and not (by_order or wanted or ranging or marks):
        choices = (words("Hosts", rows), row, f"{at.row:,} of {at.rows:,}", "Hosts")
    fitting = (choice for choice in choices if choice and width_of(safe(choice)) + 2 <= room)
    return safe(f" {cut(safe(next(fitting, wanted.strip() or 'Hosts')), max(room - 2, 0), glyphs.ellipsis)} ")


def _order(query: Query) -> str:
    metric = find_metric(query.sort)
    order = query.sort if metric is None else metric.head
    turned = ", turned round" if query.reverse else ""
    return f" by {order}{turned}" if turned or order != Sort.TROUBLE else ""
