"""The view of what has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import EVENTS as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import EventsView

    return EventsView(services)


EVENTS = ViewSpec(
    "events", "events", "4", "what has happened: states, refusals, VMs, hosts, each with its time", _make, KEYS
)
