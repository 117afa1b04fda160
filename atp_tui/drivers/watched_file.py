"""A configuration file that others write while it is used: each version of it that stands still, as it is read."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from ..config.fleet import FleetConfig
from ..model.errors import ConfigError
from .aside import off_loop

LOOK_EACH = 1.0
"""Seconds between two looks at the file. It is read once two of them have found the same: who writes it in place may
have written half of it."""

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


async def versions(path: Path, load: Callable[[Path], FleetConfig], known: Signature) -> AsyncIterator[Version]:
    """Each version after the one with the signature `known`. Does not end by itself.

    `load` raises ConfigError. All of it happens on threads: a file system that hangs holds up nothing else.
    """
    before = known
    while True:
        await asyncio.sleep(LOOK_EACH)
        now = await off_loop("watch", partial(signature_of, path))
        if now == known:
            before = known  # somebody has put it back
        elif now == before:
            known = now
            yield await off_loop("load", partial(_loaded, path, load, now))
        else:
            before = now


def _loaded(path: Path, load: Callable[[Path], FleetConfig], signature: Signature) -> Version:
    if isinstance(signature, str):
        return ConfigError(f"has gone: {signature}", file=path, hint="put it back, or quit")
    if not stat.S_ISREG(signature[-1]) and not stat.S_ISDIR(signature[-1]):
        return ConfigError("is no regular file now", file=path, hint="put the file back, or quit")
    if signature[1] == 0:
        # an editor that found the disk full leaves this; to let all hosts go is no answer to it
        return ConfigError("is empty now", file=path, hint="write the hosts again; where none is meant, a comment")
    try:
        return load(path)
    except ConfigError as error:
        return error
