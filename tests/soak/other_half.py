"""The soak's end of the line to the process that owns the daemons (`daemons.py`)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

PATIENCE = 60.0
"""Seconds in which the other process must have stopped its daemons."""


class OtherHalf:
    """The process that owns the daemons, and the news it sends."""

    def __init__(self, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.daemons", str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = asyncio.StreamReader()

    async def connect(self) -> dict[str, Any]:
        """Wait for the daemons; their addresses."""
        assert self._process.stdout is not None
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._reader), self._process.stdout)
        daemons: dict[str, Any] = (await self.news())["daemons"]
        return daemons

    async def news(self) -> dict[str, Any]:
        """The next line."""
        line = await self._reader.readline()
        if not line:
            raise RuntimeError("the process with the daemons has ended")
        news: dict[str, Any] = json.loads(line)
        return news

    def tell(self, order: str) -> None:
        """Give it an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(order.encode() + b"\n")
        self._process.stdin.flush()

    async def end(self) -> None:
        """Let it stop its daemons, and wait for it."""
        with suppress(BrokenPipeError):
            self.tell("quit")
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._reader.read()  # to its end: the process has nothing more to say
        except TimeoutError:
            self._process.kill()
        self._process.wait()
