"""The lines of hosts at work that match a person's regular expression: of the last ones of each, which are kept."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from ...executor.live_groups import LiveGroup
from .answer_filter import AnswerFilter, pauses_after
from .live_lines import Live

Row = tuple[bytes, str]
"""A line, and the role that it is drawn in."""

_EACH = 256
"""Lines that were looked at before, between two pauses."""


class LiveFilter:
    """What was found, by the place of the first host of a group. A line that stays is looked at once."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[tuple[str, bytes], tuple[Row, ...], str]] = {}
        self._matches: dict[int, dict[bytes, bool]] = {}

    def find(self, by: AnswerFilter, groups: Iterable[LiveGroup], live: list[Live]) -> Generator[None, None, None]:
        """Look through the groups that have said more; a pause may be made at each yield."""
        there = list(groups)
        for group in there:
            known = self._found.get(group.first)
            if (known is not None and known[0] == group.kind) or group.first >= len(live):
                continue
            before, now = self._matches.get(group.first, {}), dict[bytes, bool]()
            rows = live[group.first].rows()
            for number, (line, _) in enumerate(rows):
                if line in before:
                    now[line] = before[line]
                elif line not in now:
                    now[line] = by.matches(line)
                    if pauses_after(number, line):
                        yield
                if number % _EACH == _EACH - 1:
                    yield
            found = tuple(row for row in rows if now[row[0]])
            self._matches[group.first] = now
            self._found[group.first] = group.kind, found, f"{len(found)} of the last {len(rows)} lines"
            yield
        firsts = {group.first for group in there}
        for gone in self._found.keys() - firsts:
            del self._found[gone], self._matches[gone]

    def rows(self, group: LiveGroup) -> tuple[Row, ...]:
        """The lines of a group that match, as far as they were looked for."""
        return self._found[group.first][1] if group.first in self._found else ()

    def told(self, group: LiveGroup) -> str:
        """How many of how many lines match."""
        return self._found[group.first][2] if group.first in self._found else ""
