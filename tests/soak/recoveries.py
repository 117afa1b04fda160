"""Who has come back after which fault, and how soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


class Recoveries:
    """A host has recovered when work that was begun after its daemons were back has succeeded.

    `behind` says which hosts stand behind which daemon. Moments are monotonic seconds.
    """

    def __init__(self, behind: Mapping[str, Iterable[str]], limit: float) -> None:
        self.faults: Counter[str] = Counter()
        self.times: list[float] = []
        self.overdue: dict[str, float] = {}
        self._behind = {daemon: tuple(hosts) for daemon, hosts in behind.items()}
        self._limit = limit
        self._down: set[str] = set()
        self._since: dict[str, float] = {}

    def broken(self, daemon: str, fault: str) -> None:
        """A daemon is being broken; its hosts are not expected to answer."""
        self.faults[f"{fault} {daemon.rstrip('0123456789')}"] += 1
        self._down.add(daemon)
        for host in self._behind[daemon]:
            self._since.pop(host, None)

    def healed(self, daemon: str, at: float) -> None:
        """A daemon answers again; the hosts that stand behind no other broken daemon must come back."""
        self._down.discard(daemon)
        out = {host for broken in self._down for host in self._behind[broken]}
        for host in self._behind[daemon]:
            if host not in out:
                self._since[host] = at

    def answered(self, host: str, begun: float, now: float) -> None:
        """Work on a host has succeeded."""
        since = self._since.get(host)
        if since is not None and begun >= since:
            del self._since[host]
            self.times.append(now - since)

    def check(self, now: float) -> None:
        """Put the hosts that should have been back long ago into `overdue`, with the seconds they were waited for."""
        for host, since in self._since.items():
            if now - since > self._limit:
                self.overdue[host] = now - since

    @property
    def missing(self) -> int:
        """How many hosts are still to come back."""
        return len(self._since)
