"""Charts with their scale: what is drawn of a figure over time. Pure: values in, lines out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ....monitor.domain_history import DOMAIN_HISTORY
from ...glyphs import Glyphs
from ...spark import area
from ...text import Safe, fit, safe
from ...widgets.lines import Piece, Spans, drawn

LABEL = 15
"""Cells left of a chart of several rows: its name, the newest figure, the largest, and what its top stands for."""

FLAT_LABEL = 18
"""Those left of a chart of one row: its name with the newest figure beside it."""

TWO_ABREAST = 72
"""Cells from which on two charts stand side by side."""


NARROWEST = 22
"""Cells below which there is no chart."""


class Chart(NamedTuple):
    """One figure over time: its name, its values oldest first (NaN: not known), how one is written, and its top (None:
    the largest that is shown)."""

    name: str
    values: Sequence[float]
    write: Callable[[float | None], str]
    top: float | None = None


def chart_rows(charts: Sequence[Chart], width: int, height: int, glyphs: Glyphs, *, stale: bool) -> list[Spans]:
    """The charts, each `height` rows high, two abreast where there is room; dim where they are `stale`."""
    abreast = 2 if width >= TWO_ABREAST else 1
    each = (width - 1) // abreast
    if each < NARROWEST:
        return []
    rows: list[Spans] = []
    for start in range(0, len(charts), abreast):
        drawings = [_chart(chart, each, height, glyphs, stale) for chart in charts[start : start + abreast]]
        rows += [drawn(*(piece for drawing in drawings for piece in drawing[row])) for row in range(height)]
    return rows


def _chart(chart: Chart, width: int, height: int, glyphs: Glyphs, stale: bool) -> list[list[Piece]]:
    known = [value for value in chart.values if not math.isnan(value)]
    newest = chart.values[-1] if chart.values and not math.isnan(chart.values[-1]) else None
    figure, role = chart.write(newest).strip(), "dim" if stale else "strong"
    room = max(1, width - (FLAT_LABEL if height == 1 else LABEL) - 2)
    if height == 1:
        labels: list[list[Piece]] = [
            [(f" {chart.name}", "dim"), (_right(figure, FLAT_LABEL - len(chart.name) - 2), role), (" ", "text")]
        ]
    else:
        told = [f"max {chart.write(max(known)).strip()}"] if known else []
        told += [f"of {chart.write(chart.top).strip()}"] if chart.top is not None else []  # else the largest is the top
        lines = [(chart.name, "dim"), (figure, role), *((words, "dim") for words in told)][:height]
        lines += [("", "dim")] * (height - len(lines))
        labels = [[(fit(safe(f" {words}"), LABEL), role)] for words, role in lines]
    values = _stretched(chart.values, room if glyphs.ascii_only else 2 * room)
    plot = area(values, room, height, high=chart.top, ascii_only=glyphs.ascii_only)
    return [
        [*label, (row, "dim" if stale else "chart"), ("  ", "text")] for label, row in zip(labels, plot, strict=True)
    ]


def _stretched(values: Sequence[float], columns: int) -> list[float]:
    """All that is remembered over the whole room, at the same scale from the first sample on: the newest at the right,
    nothing where there was none yet."""
    whole = [*[math.nan] * (DOMAIN_HISTORY - len(values)), *values[-DOMAIN_HISTORY:]]
    return [whole[column * DOMAIN_HISTORY // columns] for column in range(columns)]


def _right(text: str, width: int) -> Safe:
    return fit(safe(text), width, right=True)
