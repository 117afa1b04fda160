"""A host as a cell of the heat map: its state and one figure. Thousands are asked for at once, so no row is made."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from ..model.connection import ConnectionState
from .metrics import Metric, find_metric
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


class Cells:
    """The cells of the metric that was asked for last. `look` gives what is known of a host; it is asked only for hosts
    that have changed, as `note` says, since their cells were made."""

    def __init__(self, look: Callable[[str], Known | None]) -> None:
        self._look = look
        self._metric: Metric | None = None
        self._made: dict[str, Cell] = {}

    def note(self, hosts: Collection[str] | None) -> None:
        """As Arrangement.note."""
        if hosts is None:
            self._made.clear()
        elif self._made:
            for host_id in hosts:
                self._made.pop(host_id, None)

    def of(self, ids: Collection[str], metric: str) -> tuple[Cell, ...]:
        """The cells of these hosts, in this order; hosts that are not there are left out."""
        wanted = find_metric(metric)
        if wanted is not self._metric:
            self._metric = wanted
            self._made.clear()
        made = self._made
        for host_id in ids:
            if host_id not in made and (known := self._look(host_id)) is not None:
                made[host_id] = cell_of(known, wanted)
        return tuple([made[host_id] for host_id in ids if host_id in made])
