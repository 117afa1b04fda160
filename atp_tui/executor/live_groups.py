"""Hosts that have not ended yet, in groups: those of the same state that have said the same so far. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ..model.data_class import dataclass

_Kind = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class LiveGroup:
    """`hosts` are places in the order of the job, the first in front; `word` says what they are doing.

    `kind` differs once they say more, or do something else.
    """

    word: str
    hosts: tuple[int, ...]
    kind: tuple[str, bytes]

    @property
    def first(self) -> int:
        """The place of its first host, by which the group is known: that stays as others come and go."""
        return self.hosts[0]


class LiveGroups:
    """What comes of a host costs its hashing; groups are made when they are looked at, of what has changed."""

    def __init__(self, count: int) -> None:
        self._words = ["waiting"] * count
        self._said: dict[int, Any] = {}
        self._members: dict[_Kind, set[int]] = {("waiting", b""): set(range(count))} if count else {}
        self._kinds: dict[int, _Kind] = dict.fromkeys(range(count), ("waiting", b""))
        self._changed: set[int] = set()
        self._made: dict[_Kind, LiveGroup] = {}

    def begin(self, host: int) -> None:
        """The work has begun, perhaps once more: what was said before is void."""
        self._said.pop(host, None)
        self._become(host, "running")

    def stop(self, host: int) -> None:
        """Its end was asked for."""
        self._become(host, "cancelling")

    def take(self, host: int, stream: str, data: bytes) -> None:
        """It has said more."""
        said = self._said.get(host)
        if said is None:
            said = self._said[host] = {}
        if stream not in said:
            said[stream] = hashlib.sha256()
        said[stream].update(data)
        self._changed.add(host)

    def end(self, host: int) -> None:
        """It is none of these any more."""
        self._changed.discard(host)
        self._said.pop(host, None)
        kind = self._kinds.pop(host, None)
        if kind is not None:
            self._leave(host, kind)

    def groups(self) -> Sequence[LiveGroup]:
        """The groups as they are now, in the order of their first hosts."""
        for host in self._changed:
            kind = self._kinds.get(host)
            now = (self._words[host], self._digest(host))
            if kind is None or kind == now:
                continue
            self._leave(host, kind)
            self._kinds[host] = now
            self._members.setdefault(now, set()).add(host)
            self._made.pop(now, None)
        self._changed.clear()
        for kind, hosts in self._members.items():
            if kind not in self._made:
                self._made[kind] = LiveGroup(kind[0], tuple(sorted(hosts)), kind)
        return sorted(self._made.values(), key=lambda group: group.first)

    def _digest(self, host: int) -> bytes:
        said = self._said.get(host, {})
        return b"\0".join(stream.encode() + said[stream].digest() for stream in sorted(said))

    def _leave(self, host: int, kind: _Kind) -> None:
        self._made.pop(kind, None)
        members = self._members[kind]
        members.discard(host)
        if not members:
            del self._members[kind]

    def _become(self, host: int, word: str) -> None:
        self._words[host] = word
        self._changed.add(host)
