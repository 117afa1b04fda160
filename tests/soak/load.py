"""The soak's load: calls and commands on every host, with time limits, and some of them cancelled half-way."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from atp_tui.model.errors import AtpError
from atp_tui.model.outcome import Command, Stream
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager

LIMIT = 3.0
"""Seconds that each piece of work gets."""
PAUSE = 0.2
"""At most so many seconds between two pieces of work of one worker."""
CANCELLED = 0.1
"""The share of work that is cancelled before its end."""

Work = Callable[[HostConnection], Awaitable[object]]

COMMANDS = ("true", "echo one; echo two >&2", "head -c 200000 /dev/zero", "sleep 60 | cat", "(sleep 60 & wait) | cat")
"""Those that sleep are there to be killed."""


class Load:
    """Counts what came of the work. `answered` is told of every success: the host, and when the work was begun."""

    def __init__(self, manager: TransportManager, rng: random.Random, answered: Callable[[str, float], None]) -> None:
        self.manager = manager
        self.outcomes: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.defects: list[str] = []
        self.overrun = 0.0
        self._rng = rng
        self._answered = answered

    async def keep_busy(self, host_id: str) -> None:
        """One worker of a host: one piece of work after the other until it is cancelled."""
        while True:
            await asyncio.sleep(self._rng.uniform(0, PAUSE))
            await self._one(host_id)

    async def keep_asking_all(self) -> None:
        """Now and then something on all hosts at once, as the program's sampler does."""
        while True:
            await asyncio.sleep(self._rng.uniform(0.5, 2))
            results = await self.manager.execute_on_all_hosts(self._any_work, timeout=LIMIT, overall=2 * LIMIT)
            for result in results:
                self._note(result.error)

    async def _one(self, host_id: str) -> None:
        begun = time.monotonic()
        task = asyncio.ensure_future(self.manager.execute_on_host(host_id, self._any_work, timeout=LIMIT))
        try:
            if self._rng.random() < CANCELLED:
                await asyncio.wait([task], timeout=self._rng.uniform(0, 0.1))
                task.cancel()
            await asyncio.wait([task])
        finally:
            task.cancel()
            await asyncio.wait([task])  # a cancelled command waits until its end is confirmed
        self.overrun = max(self.overrun, time.monotonic() - begun - LIMIT)
        if task.cancelled():
            self.outcomes["cancelled"] += 1
        else:
            self._note(task.exception())
            if task.exception() is None:
                self._answered(host_id, begun)

    def _note(self, error: BaseException | None) -> None:
        if error is None:
            self.outcomes["done"] += 1
        elif isinstance(error, AtpError):
            self.outcomes["failed"] += 1
            self.errors[type(error).__name__] += 1
        else:
            self.defects.append("".join(traceback.format_exception(error)))

    async def _any_work(self, connection: HostConnection) -> object:
        if connection.channel == "virt":
            return await connection.call(self._rng.choice((_version, _domains, _statistics)))
        line = self._rng.choice(COMMANDS)
        if "sleep" not in line:
            return await connection.run(Command(line), _drop)
        try:
            return await connection.run(Command(line), _drop, timeout=self._rng.uniform(0.05, 0.3))
        except AtpError as error:
            if type(error).__name__ == "CallTimeout":
                return None  # as meant
            raise


def _drop(stream: Stream, data: bytes) -> None:
    """Output is nobody's business here."""


def _version(virt: Any) -> int:
    version: int = virt.getLibVersion()
    return version


def _domains(virt: Any) -> list[str]:
    return [domain.name() for domain in virt.listAllDomains()]


def _statistics(virt: Any) -> int:
    return sum(len(figures) for _, figures in virt.getAllDomainStats())
