"""The hosts that a person has marked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..engine.fleet import Fleet


@dataclass
class Marks:
    """One set for all views: what is marked in one is marked in the others. Only the list of domains has marks of its
    own, which are of domains; as long as there are some, commands go to the hosts of these."""

    hosts: frozenset[str] = frozenset()

    def toggle(self, hosts: Collection[str]) -> None:
        """Mark all of these, or unmark them where all are marked."""
        self.hosts = self.hosts.difference(hosts) if self.hosts.issuperset(hosts) else self.hosts.union(hosts)

    def known(self, fleet: Fleet) -> tuple[str, ...]:
        """The marked hosts that there are, in the fleet's order; those that have gone lose their marks."""
        known = fleet.known(self.hosts)
        if len(known) != len(self.hosts):
            self.hosts = frozenset(known)
        return known
