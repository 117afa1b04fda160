"""What the tests of files share: what is asked for, a sink that keeps what is told, and the outcome in words."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path

from atp_tui.drivers.ssh.moving.link import MovingLink
from atp_tui.model.errors import FileFailed
from atp_tui.model.moving import AS_USUAL, Moved, MoveRules, NearFile, Pull, Push
from atp_tui.model.outcome import Stream
from atp_tui.model.say import Say

_LOOKS = itertools.count()

HANG = 30.0
"""Seconds after which something hangs."""


class Sink:
    """Keeps what a transfer tells."""

    def __init__(self) -> None:
        self.out = ""
        self.err = ""
        self.moves: list[Moved] = []

    def __call__(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self.out += data.decode()
        else:
            self.err += data.decode()

    def moved(self, moved: Moved) -> None:
        self.moves.append(moved)


def near(path: Path) -> NearFile:
    status = path.stat()
    if path.is_dir():
        return NearFile(str(path), True, changed=next(_LOOKS))
    return NearFile(str(path), False, status.st_size, status.st_mtime_ns, status.st_ino)


async def push(link: MovingLink, *paths: Path, to: object, rules: MoveRules = AS_USUAL) -> Sink:
    """Send files; all that was told."""
    sink = Sink()
    async with asyncio.timeout(HANG):
        assert (await link.move(Push(tuple(map(near, paths)), str(to), rules), sink)).status == 0
    return sink


async def pull(link: MovingLink, path: object, into: Path, rules: MoveRules = AS_USUAL) -> Sink:
    """Fetch files; all that was told."""
    sink = Sink()
    async with asyncio.timeout(HANG):
        assert (await link.move(Pull(str(path), str(into), rules), sink)).status == 0
    return sink


async def failure(link: MovingLink, asked: Push | Pull) -> tuple[Say, str, str]:
    """What was not to be: its id, its sentence, and what was told beside it."""
    sink = Sink()
    async with asyncio.timeout(HANG):
        try:
            await link.move(asked, sink)
        except FileFailed as error:
            return error.reason.id, error.message, sink.err
    raise AssertionError("it went well")


def names(folder: Path) -> list[str]:
    """All that is in a folder, hidden names too."""
    return sorted(os.listdir(folder))
