"""A host as a cell of the heat map: its state and one figure. Thousands are asked for at once, so no row is made."""

from __future__ import annotations

from typing import NamedTuple

from ..model.connection import ConnectionState
from .metrics import Metric
from .rows import Known


class Cell(NamedTuple):
    """`state` is the one that the host shows; `figure` is in the metric's base unit, None where it is not known.

    `fresh`: it is a figure of now.
    """

    id: str
    state: ConnectionState
    figure: float | None
    fresh: bool


def cell_of(known: Known, metric: Metric | None) -> Cell:
    """The cell of a host for a metric; without one it has no figure."""
    figure = None if metric is None else metric.read(known)
    return Cell(known.id, known.shown_state, figure, known.fresh)
