"""The freezes of a hosts.toml, read and written beside the event loop: `actions.action.Freezes`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..config.freeze_file import change_frozen, freeze_file, read_frozen
from ..model.errors import ConfigError
from ..model.freeze import Freeze, Frozen
from .aside import off_loop

ANSWER_LIMIT = 5.0
"""Seconds until a disk that does not answer counts as a freeze that cannot be read."""


CHANGE_LIMIT = 15.0
"""Seconds that a change waits for the disk: longer than for the lock on its folder, which another program may hold."""


class FreezesAside:
    """Those of one hosts.toml. They are read as this is made, which blocks as the reading of that file does."""

    def __init__(self, hosts_toml: Path) -> None:
        self._hosts_toml = hosts_toml
        self.path = freeze_file(hosts_toml)
        self.now = read_frozen(self.path)

    async def look(self) -> Frozen:
        """As actions.action.Freezes."""
        try:
            async with asyncio.timeout(ANSWER_LIMIT):
                self.now = await off_loop("freezes", partial(read_frozen, self.path))
        except TimeoutError:
            self.now = Frozen(unreadable=f"{self.path}: the disk does not answer")
        except RuntimeError:
            self.now = Frozen(unreadable=f"{self.path}: the system has no thread left to read it")
        return self.now

    async def change(self, change: Callable[[Frozen], tuple[Freeze, ...]]) -> None:
        """As actions.action.Freezes. Raises ConfigError too where the disk does not answer in CHANGE_LIMIT seconds:
        what it does later is seen by the next look."""
        try:
            async with asyncio.timeout(CHANGE_LIMIT):
                await off_loop("freezes", partial(change_frozen, self.path, self._hosts_toml, change))
        except TimeoutError:
            self.now = Frozen(unreadable=f"{self.path}: the disk does not answer")
            hint = "look at what is frozen once it does: it may be written yet"
            raise ConfigError("the disk does not answer", file=self.path, hint=hint) from None
        except RuntimeError as error:
            raise ConfigError("the system has no thread left to write it", file=self.path) from error
        await self.look()
