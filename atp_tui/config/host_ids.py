"""Ids for hosts that somebody else has named."""

from __future__ import annotations

import re


class HostIds:
    """Gives out ids that node sets can hold, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name made fit, with a number behind it where that id is taken; "" for one without a letter or digit.

        It stays free until it is `take`n.
        """
        base = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-")
        host_id, number = base, self._next.get(base, 1)
        while host_id in self._taken:
            number += 1
            host_id = f"{base}-{number}"
        self._next[base] = number  # those below are taken for good
        return host_id

    def take(self, host_id: str) -> bool:
        """Give that id to a host; False where another one has it."""
        if host_id in self._taken:
            return False
        self._taken.add(host_id)
        return True
