"""A configuration that others write while it is used: each version of it that stands still, as it is read."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from ..config.fleet import FleetConfig
from ..config.includes import included_by, read_patterns
from ..config.load import read_document, read_text
from ..config.problems import Problems
from ..model.errors import ConfigError
from .aside import off_loop

LOOK_EACH = 1.0
"""Seconds between two looks at the file. It is read once two of them have found the same: who writes it in place may
have written half of it."""

EMPTY = "write the hosts again; where none is meant, a comment"
"""What would be right in the place of an empty file."""

Signature = tuple[int, ...] | str
"""What of a file differs once it was written or replaced, its mode last; in words, why it cannot be looked at."""

Version = FleetConfig | ConfigError
"""A configuration, or what is wrong with the file."""


def signature_of(path: Path) -> Signature:
    """Never raises: a file that has gone is another version too."""
    try:
        status = os.stat(path)
    except OSError as error:
        return error.strerror or str(error)
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev, status.st_mode


def is_empty(path: Path) -> bool:
    """Whether there is a file without a byte."""
    signature = signature_of(path)
    return not isinstance(signature, str) and signature[1] == 0


Look = tuple[Signature, tuple[tuple[Path, Signature], ...], int]
"""The signatures of hosts.toml and of each file that it includes, and the revision of what programs have answered."""


class WatchedFiles:
    """A hosts.toml and the files that it includes, from outside. `known` is how they looked when they were read.

    `revision` gives the number of what else the configuration is made of.
    """

    def __init__(self, config: FleetConfig, path: Path, revision: Callable[[], int]) -> None:
        self.path = path
        self._revision = revision
        self._include = config.include
        self._signature = signature_of(path)
        self.known = self.look()

    def look(self) -> Look:
        """How they look now. Never raises; blocks for the disk."""
        now = signature_of(self.path)
        if now != self._signature:
            self._signature, self._include = now, _patterns(self.path, now)
        included = included_by(self._include, self.path)
        return now, tuple((each.path, signature_of(each.path)) for each in included), self._revision()


def _patterns(path: Path, signature: Signature) -> tuple[str, ...]:
    """What a file includes, whether the included files are right or not: they are watched until they are mended."""
    if isinstance(signature, str) or not stat.S_ISREG(signature[-1]):
        return ()
    try:
        text = read_text(path)
        return read_patterns(read_document(text, path), Problems(path, text))
    except ConfigError:
        return ()  # it is read again once it is another one


async def versions(files: WatchedFiles, load: Callable[[Path], FleetConfig]) -> AsyncIterator[Version]:
    """Each version after the one that `files` knows. Does not end by itself.

    `load` raises ConfigError. All of it happens on threads: a file system that hangs holds up nothing else.
    """
    before = known = files.known
    while True:
        await asyncio.sleep(LOOK_EACH)
        now = await off_loop("watch", files.look)
        if now == known:
            before = known  # somebody has put it back
        elif now == before:
            known = now
            yield await off_loop("load", partial(_loaded, files.path, load, now[0]))
        else:
            before = now


def _loaded(path: Path, load: Callable[[Path], FleetConfig], signature: Signature) -> Version:
    if isinstance(signature, str):
        return ConfigError(f"has gone: {signature}", file=path, hint="put it back, or quit")
    if not stat.S_ISREG(signature[-1]) and not stat.S_ISDIR(signature[-1]):
        return ConfigError("is no regular file now", file=path, hint="put the file back, or quit")
    if signature[1] == 0:
        # an editor that found the disk full leaves this; to let all hosts go is no answer to it
        return ConfigError("is empty now", file=path, hint=EMPTY)
    try:
        return load(path)
    except ConfigError as error:
        return error
