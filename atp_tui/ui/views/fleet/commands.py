"""What the commands of the fleet's view do with the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ....engine.fleet import Fleet
from ...targeting import Targeting
from ...text import safe
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
            "group": lambda text: self._clearly(self._group, text),
            "columns": lambda text: self._clearly(self._columns, text),
            "mark": lambda text: self._mark(text, marks=True),
            "unmark": lambda text: self._mark(text, marks=False),
        }

    def _clearly(self, command: Callable[[str], None], text: str) -> None:
        try:
            command(text.strip())
        except Unclear as error:
            self._tell(error.sentence, True)

    def _sort(self, text: str) -> None:
        self._hosts.sort = order_named(text)

    def _group(self, text: str) -> None:
        self._hosts.grouping = grouping_named(text, self._fleet.fields())

    def _columns(self, text: str) -> None:
        self._hosts.columns = columns_named(text)

    def _mark(self, expression: str, *, marks: bool) -> None:
        found = Targeting(self._fleet).named(expression)
        if found.problem is not None:
            self._tell(safe(found.problem.sentence), True)
            return
        before = self._hosts.asked.marked
        self._hosts.mark_as_person(before.union(found.ids) if marks else before.difference(found.ids))
        number = len(self._hosts.asked.marked ^ before)
        word = "marked" if marks else "unmarked"
        self._tell(f"{number} host{'s' * (number != 1)} {word}" if number else f"all of them are {word} already", False)
