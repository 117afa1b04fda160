"""Hosts that have flooded us: they are left alone for a while, and the wait after that grows as after any failure.

Each of them lets this program in before it floods, so that every attempt is a success by itself, and the next one would
follow at once.
"""

from __future__ import annotations

import asyncio

from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.message import told
from ...model.say import Say

REST = 60.0
"""Seconds after a flood before the host is spoken to again."""


class Floods:
    """Remembers which hosts have flooded us, by address and port. Moments are the event loop's: time asleep counts."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, int], float] = {}

    def note(self, name: str, port: int) -> None:
        """It has just happened."""
        self._since[name, port] = _now()

    def check(self, name: str, port: int) -> None:
        """Raise ConnectFailed where it has happened less than REST seconds ago."""
        since = self._since.get((name, port))
        if since is None:
            return
        passed = _now() - since
        if passed >= REST:
            del self._since[name, port]
            return
        raise ConnectFailed(
            told(Say.FLOODED_BEFORE, where=f"{name} port {port}", passed=passed, most=REST), kind=Cause.FLOODS
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
