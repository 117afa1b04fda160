"""Where each cell of the heat map stands. Pure: groups of ids and a width in, rows of shelves out.

rack1  ▁▃▂▁▁▇      rack2  ▂▂✕▁▁▁      rack3  ▃▃▂▁
rack4  ▁▁▂▁        rack5  ▂▂▁▁▁▁

Where there is room for all hosts, each cell has the host's name and its figure, too:

rack1  ▁ kvm01   9 %   ▃ kvm02  41 %
rack2  ▂ kvm07  23 %   ✕ kvm08
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ....model.data_class import dataclass
from ...text import safe, width_of

CELL = 2
"""Columns of the terminal that a host takes: its sign, and the sign of a mark."""

LONGEST_LABEL = 16
LEAST_IN_ROW = 6
GAP = 2
"""Columns between two shelves."""

MARGIN = 1

FIGURE = 9
"""Columns of a figure beside its name, with the blank before it: `12000 ms` is the widest."""

LONGEST_NAME = 20


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some hosts of a group, side by side. `label` is empty where they go on from the shelf before."""

    label: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One row of the screen: shelves, each at its column (that of its label)."""

    key: str
    shelves: tuple[tuple[int, Shelf], ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """All rows. `label` is the width of the labels with the blank behind them, 0 for none; `cell` that of a cell, and
    `name` that of the name in it, 0 where a cell is a sign alone.

    `places` has the row and the column of each host's sign.
    """

    rows: tuple[HeatRow, ...]
    label: int
    cell: int
    name: int
    order: tuple[str, ...]
    places: dict[str, tuple[int, int]]

    def beside(self, host_id: str, step: int) -> str | None:
        """The host so many places further on; the last one where there are no more. None without hosts."""
        if not self.order:
            return None
        at = self.order.index(host_id) if host_id in self.places else 0
        return self.order[max(0, min(at + step, len(self.order) - 1))]

    def below(self, host_id: str, rows: int) -> str | None:
        """The host nearest to its column so many rows further down (or up, below 0)."""
        if not self.order:
            return None
        row, column = self.places.get(host_id, (0, 0))
        return self.nearest(max(0, min(row + rows, len(self.rows) - 1)), column)

    def nearest(self, row: int, column: int) -> str | None:
        """The host of a row whose sign is nearest to a column; None beyond the last row."""
        if not 0 <= row < len(self.rows):
            return None
        found = [
            (abs(self.places[each][1] - column), each) for _, shelf in self.rows[row].shelves for each in shelf.ids
        ]
        return min(found)[1] if found else None

    def at(self, row: int, column: int) -> str | None:
        """The host whose cell is there."""
        if not 0 <= row < len(self.rows):
            return None
        shelves = self.rows[row].shelves
        number = bisect_right([start for start, _ in shelves], column) - 1
        if number < 0:
            return None
        start, shelf = shelves[number]
        place = (column - start - self.label) // self.cell
        return shelf.ids[place] if column >= start + self.label and place < len(shelf.ids) else None


def lay_out(groups: Sequence[tuple[str, Sequence[str]]], width: int, height: int = 0) -> HeatMap:
    """The rows of these groups (label, ids) in `width` columns. A single group without a label fills whole rows. Cells
    have names and figures where all rows of such cells stand in `height` rows."""
    hosts = sum(len(ids) for _, ids in groups)
    if 0 < hosts <= height * (width // (CELL + FIGURE + GAP)):  # or they could not stand there
        name = min(max(width_of(safe(each)) for _, ids in groups for each in ids), LONGEST_NAME)
        cell = CELL + name + FIGURE + GAP
        with_names = _place(groups, width, cell, name)
        if len(with_names.rows) <= height and with_names.label + cell <= width - 2 * MARGIN:
            return with_names
    return _place(groups, width, CELL, 0)


def _place(groups: Sequence[tuple[str, Sequence[str]]], width: int, cell: int, name_width: int) -> HeatMap:
    label = min(max((width_of(name) for name, _ in groups), default=0), LONGEST_LABEL)
    label = label + 1 if label else 0
    room = max(1, (width - 2 * MARGIN - label) // cell)
    sizes = sorted(len(ids) for _, ids in groups)
    # a group that is far larger than the usual one takes several shelves: it must not cost all others their place
    usual = sizes[(4 * (len(sizes) - 1)) // 5] if sizes else 0
    in_shelf = room if not label else max(1, min(room, sizes[-1] if name_width else max(usual, LEAST_IN_ROW)))
    wide = label + in_shelf * cell + GAP
    in_row = max(1, (width - 2 * MARGIN + GAP) // wide) if label else 1
    shelves = [
        Shelf(name if start == 0 else "", tuple(ids[start : start + in_shelf]))
        for name, ids in groups
        for start in range(0, len(ids), in_shelf)
    ]
    rows, places, order = [], {}, []
    for number, first in enumerate(range(0, len(shelves), in_row)):
        row = tuple((MARGIN + place * wide, shelf) for place, shelf in enumerate(shelves[first : first + in_row]))
        rows.append(HeatRow(f"row {number}", row))
        for start, shelf in row:
            for place, host_id in enumerate(shelf.ids):
                places[host_id] = number, start + label + place * cell
                order.append(host_id)
    return HeatMap(tuple(rows), label, cell, name_width, tuple(order), places)
