"""How the cells of the heat map look, and the scale that says what they mean. Pure.

A sign says the figure without any colour: the blocks of a sparkline by their height, the sign of its state for a host
that is not connected. The colour says it once more, from warm on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

from ....model.connection import ConnectionState
from ....model.data_class import dataclass
from ....monitor.cells import Cell
from ....monitor.metrics import Form, Metric
from ...format import WRITE
from ...glyphs import Glyphs
from ...spark import ASCII_BLOCKS, BLOCKS
from ...text import cut, fit, safe
from ...widgets.lines import Piece, Spans, drawn
from .layout import FIGURE, GAP, HeatMap, HeatRow

WARM, HOT = 0.75, 0.9
"""Shares of the scale from which a figure is told from the others by its colour."""

NO_FIGURE = "·"
NO_FIGURE_ASCII = "?"

_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """From 0 to `top`, in the base unit of the metric."""

    top: float

    def share(self, figure: float) -> float:
        """Where a figure stands, 0 to 1."""
        return min(1.0, max(0.0, figure / self.top)) if self.top > 0 else 0.0


def scale_for(metric: Metric, figures: Iterable[float], before: Scale | None = None) -> Scale:
    """A share's scale is fixed. That of another figure ends at the next 1, 2 or 5 above the largest one, and stays as
    it was `before` while the largest one is in the upper half of it: cells must not change because one host did."""
    if metric.form is Form.SHARE:
        return Scale(1.0)
    largest = max(figures, default=0.0)
    if before is not None and before.top / 3 <= largest <= before.top:
        return before
    if largest < 1e-9:  # below all that is written of any figure
        return before or Scale(1.0)
    power = 10.0 ** math.floor(math.log10(largest))
    return Scale(power * next(step for step in _STEPS if step * power >= largest * (1 - 1e-9)))


def legend(metric: Metric, scale: Scale, glyphs: Glyphs) -> str:
    """`▁ 0 % … █ 100 %`: what the lowest and the highest sign mean."""
    blocks = ASCII_BLOCKS if glyphs.ascii_only else BLOCKS
    low, high = WRITE[metric.form](0.0).strip(), WRITE[metric.form](scale.top).strip()
    return f"{low} {blocks} {high}"


def sign_of(cell: Cell, scale: Scale, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of a host, and the role of its colour."""
    if cell.state is not ConnectionState.CONNECTED:
        return glyphs.state(cell.state), cell.state.value
    if cell.figure is None:
        return (NO_FIGURE_ASCII if glyphs.ascii_only else NO_FIGURE), "dim"
    share = scale.share(cell.figure)
    blocks = ASCII_BLOCKS if glyphs.ascii_only else BLOCKS
    sign = blocks[round((len(blocks) - 1) * share)]
    if not cell.fresh:
        return sign, "dim"
    return sign, "failed" if share >= HOT else "reconnecting" if share >= WARM else "chart"


def draw_row(
    row: HeatRow,
    heat: HeatMap,
    cells: Mapping[str, Cell],
    scale: Scale,
    form: Form,
    marked: Collection[str],
    at: str | None,
    glyphs: Glyphs,
) -> Spans:
    """One row of cells; the one of the host `at` is that under the cursor."""
    pieces: list[Piece] = []
    column = 0
    for start, shelf in row.shelves:
        pieces.append((" " * (start - column), "text"))
        if heat.label:
            name = cut(safe(shelf.label), heat.label - 1, glyphs.ellipsis)
            pieces.append((fit(name, heat.label), "title"))
        for host_id in shelf.ids:
            cell = cells.get(host_id)
            sign, role = (" ", "text") if cell is None else sign_of(cell, scale, glyphs)
            pieces.append((sign, "cell" if host_id == at else role))
            pieces.append(("*", "mark") if host_id in marked else (" ", "text"))
            if heat.name:
                name, figure = fit(cut(safe(host_id), heat.name, glyphs.ellipsis), heat.name), figure_of(cell, form)
                pieces.append((name, "cell" if host_id == at else "text"))
                fresh = cell is not None and cell.fresh
                pieces.append((figure.rjust(FIGURE) + " " * GAP, role if role != "chart" and fresh else "dim"))
        column = start + heat.label + len(shelf.ids) * heat.cell
    return drawn(*_joined(pieces))


def figure_of(cell: Cell | None, form: Form) -> str:
    """The figure of a host that is connected, else nothing: its sign says what it is."""
    if cell is None or cell.figure is None or cell.state is not ConnectionState.CONNECTED:
        return ""
    return WRITE[form](cell.figure).strip()


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one role as one piece: a row of fifty hosts is a handful of segments then."""
    found: list[Piece] = []
    for text, role in pieces:
        if not text:
            continue
        if found and (found[-1][1] == role or (text.isspace() and found[-1][1] != "cell")):
            found[-1] = found[-1][0] + text, found[-1][1]
        else:
            found.append((text, role))
    return found
