"""A libvirtd whose answers can be made too long: real ones, handed on message by message.

A message begins with its own length in four bytes, most significant first: https://libvirt.org/kbase/internals/rpc.html.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

LENGTH = 100_000_004
"""Bytes of a message that is too long, its length included."""

_PIECE = bytes(65536)

Spoiling = Literal["announced", "sent"]
"""What becomes of an answer: its length says 100 MB and no more comes than before; or they really come."""


class Spoiler:
    """Between clients and a daemon on a port of 127.0.0.1. `spoiling` holds for every answer, until it is None again;
    with `once` for one. `hits` counts. `greeting` goes before all else, as libvirtd's does over TLS.
    """

    def __init__(self, port: int, greeting: bytes = b"") -> None:
        self._port = port
        self._greeting = greeting
        self.spoiling: Spoiling | None = None
        self.once = False
        self.hits = 0
        self.sent = 0
        self.talks: set[asyncio.Task[None]] = set()

    def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client; for asyncio.start_server and start_unix_server."""
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self.talks.add(task)
        task.add_done_callback(self.talks.discard)

    async def close(self) -> None:
        """End what still goes on."""
        for task in tuple(self.talks):
            task.cancel()
            await asyncio.wait([task])

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends, tasks = [writer], []
        try:
            from_daemon, to_daemon = await asyncio.open_connection("127.0.0.1", self._port)
            ends.append(to_daemon)
            writer.write(self._greeting)
            tasks = [
                asyncio.create_task(_hand_on(reader, to_daemon)),
                asyncio.create_task(self._answers(from_daemon, writer)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for end in ends:
                end.transport.abort()
            await asyncio.gather(*tasks, *(end.wait_closed() for end in ends), return_exceptions=True)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(head, "big") - 4)
                spoiling = self.spoiling
                if spoiling is None:
                    writer.write(head + body)
                    await writer.drain()
                    continue
                self.hits += 1
                self.spoiling = None if self.once else spoiling
                writer.write(LENGTH.to_bytes(4, "big") + body)
                while spoiling == "sent" and self.sent < LENGTH:
                    writer.write(_PIECE)
                    await writer.drain()
                    self.sent += len(_PIECE)


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
