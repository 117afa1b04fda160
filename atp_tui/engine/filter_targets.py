"""Expressions of targets in the filters of the screen: monitor.host_filter.Expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from ..model.connection import ConnectionState
from ..model.errors import ConfigError
from ..model.host import ALL, HostInfo
from ..model.sets import moving_in, names_job, reached
from ..monitor.fleet import HostRow
from .targets import CurrentTargets

_SEVERAL = re.compile(r"[,!&^\[\]*?]")


class FilterTargets(CurrentTargets):
    """Over all hosts that are shown, those that are disabled among them: what is found is looked at, and nothing more.

    Of a disabled host no state and no figure is known.
    """

    def passing(self, expression: str) -> Callable[[str], bool]:
        """As Expressions.passing. What changes with the hosts is found out anew when rows have."""
        ids, sets = self._meant(expression), self.sets()
        if moving_in(expression, sets, {tag for host in self._hosts for tag in host.tags}, jobs=False) is None:
            return ids.__contains__
        rows = self._view.rows()

        def passes(host_id: str) -> bool:
            nonlocal ids, rows
            now = self._view.rows()
            if now is not rows:
                rows = now
                with suppress(ConfigError):  # else it is told when the filter is read again
                    ids = self._meant(expression)
            return host_id in ids

        return passes

    def is_one(self, word: str) -> bool:
        """As Expressions.is_one."""
        name = word.casefold()
        return (
            _SEVERAL.search(word) is not None
            or word in dict(self.sets())
            or name == ALL
            or names_job(f"@{word}")
        )  # fmt: skip

    def version(self, filter: str) -> object:
        """As Expressions.version. Asked for each page: jobs that have been read before are read anew by it."""
        texts = reached(filter.split(), self.sets())
        return self._manager.list_hosts(), self.sets(), self._earlier.newest_read(texts)

    def _meant(self, expression: str) -> frozenset[str]:
        """Raises ConfigError, of two mistakes that of the reading as a tag: `@kvm[01-04]` names hosts too."""
        earlier = self._earlier.of(reached((expression,), self.sets()), before=True)
        targets = self._now(earlier)
        try:
            return frozenset(targets.decide(expression).ids)
        except ConfigError as error:
            if error.column != 1:
                raise
            with suppress(ConfigError):
                return frozenset(targets.decide(expression.removeprefix("@")).ids)
            raise

    def _watched(self, rows: Sequence[HostRow], hosts: Sequence[HostInfo]) -> tuple[Sequence[HostRow], set[str]]:
        return rows, {row.id for row in rows if row.state is ConnectionState.DISABLED}
