"""The view of all hosts as cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import HEAT as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import HeatView

    return HeatView(services)


HEAT = ViewSpec("heat", "heat", "3", "every host as a cell, coloured by CPU or another figure", _make, KEYS)
