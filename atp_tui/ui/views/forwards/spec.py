"""The view of the forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import FORWARDS as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import ForwardsView

    return ForwardsView(services)


FORWARDS = ViewSpec(
    "forwards",
    "forwards",
    None,
    "the forwards that are open, and what they have carried",
    _make,
    KEYS,
    searched=False,
)
