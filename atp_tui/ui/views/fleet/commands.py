"""What the commands of the fleet's view do with the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ....engine.fleet import Fleet
from ..marking import mark_named
from ..turning import UNCLEAR, turned_by
from .choices import Unclear, columns_named, grouping_named, order_named
from .tree import HostTree


class FleetCommands:
    """`by_name` performs each with the text behind it. `tell` says what went wrong, where the second is true."""

    def __init__(self, fleet: Fleet, hosts: HostTree, tell: Callable[[str, bool], None]) -> None:
        self._fleet = fleet
        self._hosts = hosts
        self._tell = tell
        self.by_name: Mapping[str, Callable[[str], object]] = {
            "sort": lambda text: self._clearly(self._sort, text),
            "reverse": self._reverse,
            "group": lambda text: self._clearly(self._group, text),
            "columns": lambda text: self._clearly(self._columns, text),
            "mark": lambda text: mark_named(fleet, text, hosts, tell, marks=True),
            "unmark": lambda text: mark_named(fleet, text, hosts, tell, marks=False),
        }

    def _clearly(self, command: Callable[[str], None], text: str) -> None:
        try:
            command(text.strip())
        except Unclear as error:
            self._tell(error.sentence, True)

    def _sort(self, text: str) -> None:
        self._hosts.order = order_named(text)

    def _reverse(self, text: str) -> None:
        turned = turned_by(text, now=self._hosts.order[1])
        if turned is None:
            self._tell(UNCLEAR, True)
        else:
            self._hosts.order = self._hosts.sort, turned

    def _group(self, text: str) -> None:
        self._hosts.grouping = grouping_named(text, self._fleet.fields())

    def _columns(self, text: str) -> None:
        self._hosts.columns = columns_named(text)
