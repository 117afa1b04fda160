"""A file replaced in one step: a reader, and a crash, see what it was or what it is to be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .paths import private_dir

PRIVATE = 0o600
"""The mode of a new file."""


def replace_file(
    path: Path,
    data: bytes,
    *,
    new: bool = False,
    mode: int | None = None,
    durable: bool = True,
    check: Callable[[], object] = bool,
) -> None:
    """Put `data` in the place of what `path` holds. A link stays one: the file that it points to is replaced.

    Mode and owner stay as they were, the owner as far as the system lets us; a new file is PRIVATE, and directories
    that are missing are made for the user alone. `mode` sets another one. `new`: there must be no file yet. `durable`:
    it is on the disk when this returns, which blocks for as long as the disk takes. `check` is called in the last
    moment, and what it raises keeps the file as it is.
    Raises OSError (FileExistsError for `new`); the file is then what it was, and nothing is left beside it.
    """
    target = path if new else Path(os.path.realpath(path))
    private_dir(target.parent)
    handle, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            _dress(file.fileno(), None if new else target, mode)
            if durable:
                os.fsync(file.fileno())
        check()
        if new:
            os.link(beside, target)  # unlike a rename it fails where somebody else has just written one
        else:
            os.rename(beside, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    if durable:
        _sync_directory(target.parent)


def _dress(handle: int, target: Path | None, mode: int | None) -> None:
    """Give the new file the mode and the owner of the one that it replaces."""
    try:
        before = None if target is None else target.stat()
    except FileNotFoundError:
        before = None
    if before is not None and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):  # only root may give a file back to its owner
            os.fchown(handle, before.st_uid, before.st_gid)
    if mode is None:
        mode = PRIVATE if before is None else before.st_mode & 0o7777
    os.fchmod(handle, mode)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
