"""A command's standard input: what is short is written at once, a file in pieces, as the far side takes them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncssh

from ...model.outcome import Command
from .sessions import CommandSession

PIECE = 64 << 10
"""Bytes. asyncssh asks for a pause at as many that wait, so a host has two pieces in memory."""


Feed = Callable[[asyncssh.SSHClientChannel[bytes], CommandSession], AbstractAsyncContextManager[None]]
"""Writes the input of a command while a block runs."""


@asynccontextmanager
async def fed(
    channel: asyncssh.SSHClientChannel[bytes], session: CommandSession, command: Command
) -> AsyncIterator[None]:
    """Write a command's input while the block runs; what is not taken by its end stays unsent."""
    if not channel.is_closing() and command.stdin:
        channel.write(command.stdin)
    if command.source is None:
        if not channel.is_closing():
            channel.write_eof()
        yield
        return
    feeding = asyncio.create_task(_feed(channel, session, command.source))
    try:
        yield
    finally:
        feeding.cancel()


async def _feed(channel: asyncssh.SSHClientChannel[bytes], session: CommandSession, source: int) -> None:
    at = 0
    while not channel.is_closing():
        await session.room.wait()
        try:
            piece = os.pread(source, PIECE, at)
        except OSError as error:  # an end of file would have the command take a part for the whole
            session.failure = error
            session.ended.set()
            return
        if channel.is_closing():
            return
        if not piece:
            channel.write_eof()
            return
        channel.write(piece)
        at += len(piece)
        await asyncio.sleep(0)  # 200 hosts take turns
