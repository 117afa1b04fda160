"""What the agent inside a VM says of it. Plain data; all texts are the guest's own words, and hostile."""

from __future__ import annotations

from typing import NamedTuple

from .data_class import dataclass
from .problem import Problem


class GuestUser(NamedTuple):
    """Somebody who is logged in, and since which second since 1970, where that is told."""

    name: str
    since: float | None


class GuestFileSystem(NamedTuple):
    """A file system that is mounted. `total` and `used` are bytes; None: not told."""

    mounted_at: str
    kind: str
    total: int | None
    used: int | None

    @property
    def share(self) -> float | None:
        """The used share, 0 to 1."""
        return None if self.total is None or self.used is None or self.total <= 0 else self.used / self.total


class GuestInterface(NamedTuple):
    """A network interface, with its addresses as `192.0.2.7/24`."""

    name: str
    hardware: str
    addresses: tuple[str, ...]


class GuestInfo(NamedTuple):
    """What the agent has told; what it has not is empty. `system` is the system's name for people (`Debian GNU/Linux 12
    (bookworm)`), `offset` the seconds by which its time zone is ahead of UTC."""

    hostname: str = ""
    system: str = ""
    kernel: str = ""
    zone: str = ""
    offset: int | None = None
    users: tuple[GuestUser, ...] = ()
    file_systems: tuple[GuestFileSystem, ...] = ()
    interfaces: tuple[GuestInterface, ...] = ()


@dataclass(frozen=True, slots=True)
class GuestSaid:
    """The answer to a question to a guest, and the moment of it on the fleet's clock; none where `problem` says why."""

    at: float
    info: GuestInfo | None = None
    problem: Problem | None = None
