"""The view of the domains of all hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....monitor.domain_query import DomainGroups, DomainSort
from ..spec import ViewCommand, ViewSpec
from ..turning import REVERSE
from .columns import NAMES
from .keys import DOMAINS as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import DomainsView

    return DomainsView(services)


COMMANDS = (
    ViewCommand(
        "sort",
        "sort by",
        "order by: sort cpu; turned round: sort cpu -",
        lambda _: DomainSort,
        asks=True,
    ),
    REVERSE,
    ViewCommand("group", "group by", "let VMs stand together by host, tag or state", lambda _: DomainGroups, asks=True),
    ViewCommand(
        "columns", "columns", "choose the columns: columns cpu,title,ip; alone: those there is room for",
        lambda _: NAMES, several=True,
    ),
)  # fmt: skip

DOMAINS = ViewSpec(
    "domains",
    "VMs",
    "2",
    "the VMs of all hosts in one list, those in trouble first",
    _make,
    KEYS,
    filters="domain",
    commands=COMMANDS,
)
