"""The view that the program begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..marking import MARKING
from ..spec import ViewCommand, ViewSpec
from ..turning import REVERSE
from .choices import columns_offered, groupings_offered, orders_offered
from .keys import HOSTS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import FleetView

    return FleetView(services)


COMMANDS = (
    ViewCommand("sort", "sort by", "order by: sort cpu; turned round: sort cpu -", orders_offered, asks=True),
    REVERSE,
    ViewCommand(
        "group", "group by", "group by tag, state, keys of the metadata, beginnings of tags: group site,rack",
        groupings_offered, several=True, asks=True,
    ),
    ViewCommand(
        "columns", "columns", "choose the columns, in their order: columns cpu,rtt; alone: all of them",
        columns_offered, several=True,
    ),
    *MARKING,
    ViewCommand(
        "split", "split at", "give the list so much of the width: split 40, in percent",
        lambda _: map(str, range(30, 80, 10)),
    ),
    ViewCommand("panel", "panel", "show the panel beside the list, or hide it: panel off", lambda _: ("on", "off")),
)  # fmt: skip

FLEET = ViewSpec(
    "fleet",
    "hosts",
    "1",
    "all hosts under their groups, and the one under the cursor",
    _make,
    HOSTS,
    filters="host",
    commands=COMMANDS,
)
