"""The view that the program begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....monitor.query import orders
from ..spec import ViewCommand, ViewSpec
from .keys import HOSTS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import FleetView

    return FleetView(services)


COMMANDS = (ViewCommand("sort", "sort by", "put the lines in another order: sort cpu", lambda _: orders(), asks=True),)

FLEET = ViewSpec(
    "fleet", "hosts", "1", "all hosts under their groups, and the one under the cursor", _make, HOSTS, commands=COMMANDS
)
