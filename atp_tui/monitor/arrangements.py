"""The arrangements that somebody looks at, kept up to date as long as they are in use: one for each filter, order and
grouping."""

from __future__ import annotations

from collections.abc import Collection

from .arrangement import Arrangement
from .host_filter import Expressions, version_of
from .placing import Rows
from .query import GroupSums, Page, Query

KEPT = 6
"""Filters, orders and groupings that are kept up to date: those of the views a person goes back and forth between."""


class Arrangements:
    """Answers queries over `source`. `note` says which hosts changed; reading takes that into account.

    `expressions` is what filters say by targets.
    """

    def __init__(self, source: Rows, expressions: Expressions | None = None) -> None:
        self._source = source
        self._expressions = expressions
        self._kept: dict[tuple[str, str, tuple[str, ...], bool], tuple[object, Arrangement]] = {}

    def note(self, hosts: Collection[str] | None) -> None:
        """As Arrangement.note."""
        for _, arrangement in self._kept.values():
            arrangement.note(hosts)

    def page(self, query: Query, now: float) -> Page:
        """The page that a query asks for, at the moment `now`."""
        return self.of(query).page(query, now)

    def place(self, query: Query, key: str) -> int | None:
        """As Arrangement.place."""
        return self.of(query).place(key, query)

    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]:
        """As Arrangement.hosts."""
        return self.of(query).hosts(group)

    def group_of(self, query: Query, host_id: str) -> str | None:
        """As Arrangement.group_of."""
        return self.of(query).group_of(host_id)

    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]:
        """As Arrangement.between."""
        return self.of(query).between(query, one, other)

    def following(self, query: Query, key: str, step: int) -> str | None:
        """As Arrangement.following."""
        return self.of(query).following(query, key, step)

    def sums(self, query: Query, key: str) -> GroupSums | None:
        """As Arrangement.sums."""
        return self.of(query).sums(key)

    def of(self, query: Query) -> Arrangement:
        """The arrangement for the filter, the order and the grouping of a query."""
        which = query.filter, query.sort, query.group, query.reverse
        version = version_of(self._expressions, query.filter)
        kept, arrangement = self._kept.pop(which, (None, None))
        if arrangement is None or kept != version:  # an expression may mean others, though no host has changed
            arrangement = Arrangement(self._source, *which, self._expressions)
        self._kept[which] = version, arrangement  # the last one in use at the end
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return arrangement

    def __len__(self) -> int:
        return len(self._kept)
