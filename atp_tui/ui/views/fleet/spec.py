"""The view that the program begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import HOSTS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import FleetView

    return FleetView(services)


FLEET = ViewSpec("fleet", "hosts", "1", "all hosts under their groups, and the one under the cursor", _make, HOSTS)
