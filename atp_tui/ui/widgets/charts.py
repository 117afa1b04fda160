"""Charts with their scale: what is drawn of a figure over time, of a host and of a VM. Pure: values in, lines out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..glyphs import Glyphs
from ..spark import area
from ..text import Safe, fit, safe
from .lines import Piece, Spans, drawn

LABEL = 15
"""Cells left of a chart of several rows: its name, the newest figure, the largest, and what its top stands for."""

FLAT_LABEL = 18
"""Those left of a chart of one row: its name with the newest figure beside it."""

TWO_ABREAST = 56
"""Cells from which on two charts stand side by side."""

NARROWEST = 22
"""Cells below which there is no chart."""

HIGHEST = 30
"""Rows of a chart at most: it shows no more of a figure in a higher one."""

GAP = 2
"""Cells right of a chart."""


class Chart(NamedTuple):
    """One figure over time: its name, its values oldest first (NaN: not known), how one is written, and its top (None:
    the largest that is shown)."""

    name: str
    values: Sequence[float]
    write: Callable[[float | None], str]
    top: float | None = None


def bands(charts: int, width: int) -> int:
    """How many rows of charts so many of them make in `width` cells; 0 where there is no room for any."""
    abreast = _abreast(width)
    return 0 if (width - 1) // abreast < NARROWEST else math.ceil(charts / abreast)


def samples_shown(width: int, height: int, remembered: int, glyphs: Glyphs) -> int:
    """How many of the last samples a chart shows, where so many are `remembered`."""
    return min(remembered, _columns((width - 1) // _abreast(width), height, glyphs))


def chart_rows(
    charts: Sequence[Chart], width: int, height: int, remembered: int, glyphs: Glyphs, *, stale: bool
) -> list[Spans]:
    """The charts of the last `remembered` samples, each `height` rows high, two abreast where there is room; dim where
    they are `stale`."""
    if not bands(len(charts), width):
        return []
    abreast = _abreast(width)
    each = (width - 1) // abreast
    rows: list[Spans] = []
    for start in range(0, len(charts), abreast):
        drawings = [_chart(chart, each, height, remembered, glyphs, stale) for chart in charts[start : start + abreast]]
        rows += [drawn(*(piece for drawing in drawings for piece in drawing[row])) for row in range(height)]
    return rows


def _abreast(width: int) -> int:
    return 2 if width >= TWO_ABREAST else 1


def _room(width: int, height: int) -> int:
    return max(1, width - (FLAT_LABEL if height == 1 else LABEL) - GAP)


def _columns(width: int, height: int, glyphs: Glyphs) -> int:
    """Values side by side in a chart of `width` cells."""
    return _room(width, height) * (1 if glyphs.ascii_only else 2)


def _chart(chart: Chart, width: int, height: int, remembered: int, glyphs: Glyphs, stale: bool) -> list[list[Piece]]:
    """Its labels, and what is drawn beside them: the newest figure that is known, and where it is high enough what the
    largest one is and what the top stands for."""
    values = _stretched(chart.values, _columns(width, height, glyphs), remembered)
    known = [value for value in values if not math.isnan(value)]
    figure, role = chart.write(known[-1] if known else None).strip(), "dim" if stale else "strong"
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
    plot = area(values, _room(width, height), height, high=chart.top, ascii_only=glyphs.ascii_only)
    return [
        [*label, (row, "dim" if stale else "chart"), (" " * GAP, "text")]
        for label, row in zip(labels, plot, strict=True)
    ]


def _stretched(values: Sequence[float], columns: int, remembered: int) -> Sequence[float]:
    """All that is remembered over the whole room, at the same scale from the first sample on: the newest at the right,
    nothing where there was none yet. Of less room than that the newest, each with its column: none is left out."""
    if columns <= remembered:
        return values[-columns:]
    whole = [*[math.nan] * (remembered - len(values)), *values[-remembered:]]
    return [whole[column * remembered // columns] for column in range(columns)]


def _right(text: str, width: int) -> Safe:
    return fit(safe(text), width, right=True)
