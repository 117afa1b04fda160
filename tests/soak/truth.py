"""What the screen says of each host, against what is known of its daemons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_ROW = re.compile(r"^[▌ ] +[✓ ]?([●◔◐✕○◌]) ([\w-]+) +(.*?)(?:│|$)")
"""A host's line of the tree: its sign, its id, the rest of it."""
_VMS = re.compile(r"\b(\d+)/(\d+)\b")


@dataclass(frozen=True)
class Shown:
    """A host as the screen shows it: whether it is connected, and its virtual machines where a number stands there."""

    connected: bool
    vms: int | None


def shown_hosts(text: str, is_old: Callable[[int, int], bool]) -> dict[str, Shown]:
    """The hosts in the tree of a screen, by id. `is_old` says of the figure at a row and column whether it is grey."""
    found: dict[str, Shown] = {}
    for y, line in enumerate(text.split("\n")):
        if row := _ROW.match(line):
            vms = _VMS.search(line, row.start(3), row.end(3))
            claims = vms is not None and row[1] == "●" and not is_old(y, vms.start())
            found[row[2]] = Shown(row[1] == "●", int(vms[2]) if vms and claims else None)
    return found


@dataclass
class Compared:
    """How often a kind of statement was seen wrong, and how long at most: seconds, and of which host."""

    seen: int = 0
    longest: float = 0.0
    host: str = ""

    def wrong(self, host: str, seconds: float) -> None:
        """It was seen to be wrong, for so long by now."""
        self.seen += 1
        if seconds > self.longest:
            self.longest, self.host = seconds, host


class Truth:
    """Which daemons are up since when, and how long the screen said something else.

    `behind` names the daemons that each host needs. Moments are monotonic seconds. A statement counts as wrong from the
    moment at which the truth changed, or from when it was last seen right, where that was later.
    """

    def __init__(self, behind: Mapping[str, tuple[str, ...]]) -> None:
        self.alive = Compared()
        """Said to be connected, and its daemon was down."""
        self.away = Compared()
        """Said to be away, and its daemons were up."""
        self.counts = Compared()
        """Connected, with another number of virtual machines than its daemon had."""
        self._behind = dict(behind)
        self._down: set[str] = set()
        self._vms: dict[str, int] = {}
        self._right: dict[tuple[str, str], float] = {}
        """When each statement was last right, or the truth changed."""

    def broken(self, daemon: str, at: float) -> None:
        """A daemon answers no more."""
        self._down.add(daemon)
        self._has_changed("state", daemon, at)

    def healed(self, daemon: str, at: float) -> None:
        """A daemon answers again."""
        self._down.discard(daemon)
        self._has_changed("state", daemon, at)
        self._has_changed("vms", daemon, at)

    def has(self, daemon: str, vms: int, at: float) -> None:
        """A libvirtd has so many virtual machines from now on."""
        self._vms[daemon] = vms
        self._has_changed("vms", daemon, at)

    def is_up(self, host: str) -> bool:
        """Whether all that a host needs answers."""
        return not self._down.intersection(self._behind[host])

    def compare(self, shown: Mapping[str, Shown], at: float) -> None:
        """Take note of a screen. A host that is not on it is left out."""
        for host, says in shown.items():
            up = self.is_up(host)
            kind = None if says.connected is up else self.alive if says.connected else self.away
            self._note(("state", host), kind, at)
            true = next((self._vms[one] for one in self._behind[host] if one in self._vms), None)
            wrong = up and says.vms is not None and says.vms != true
            self._note(("vms", host), self.counts if wrong else None, at)

    def _note(self, about: tuple[str, str], kind: Compared | None, at: float) -> None:
        if kind is None:
            self._right[about] = at
        else:
            kind.wrong(about[1], at - self._right.setdefault(about, at))

    def _has_changed(self, subject: str, daemon: str, at: float) -> None:
        for host, needs in self._behind.items():
            if daemon in needs:
                self._right[(subject, host)] = at
