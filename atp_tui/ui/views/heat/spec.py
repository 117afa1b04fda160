"""The view of all hosts as cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ....engine.fleet import Fleet
from ....monitor.metrics import METRICS
from ..marking import MARKING
from ..spec import ViewCommand, ViewSpec
from .keys import HEAT as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import HeatView

    return HeatView(services)


def _figures(_fleet: Fleet) -> Iterable[str]:
    return (metric.name for metric in METRICS)


FIGURE = ViewCommand("figure", "colour by", "colour the heat map by a figure: figure rtt", _figures, asks=True)

HEAT = ViewSpec(
    "heat",
    "heat",
    "3",
    "every host as a cell, coloured by CPU or another figure",
    _make,
    KEYS,
    filters="host",
    commands=(FIGURE, *MARKING),
)
