"""Which near files are meant, looked at before anything is sent."""

from __future__ import annotations

import errno
import glob
import os
import stat
import time
from collections.abc import Sequence

from ...model.errors import ActionFailed
from ...model.far_paths import shown, to_bytes
from ...model.message import told
from ...model.moving import NearFile
from ...model.say import Say
from ..aside import off_loop

MOST = 10_000
"""Files that are named, or meant by a pattern; a folder has more."""


class NearLook:
    """As actions.action.NearFiles."""

    async def looked(self, paths: Sequence[str]) -> tuple[tuple[NearFile, ...], ...]:
        """The files that each absolute path means: itself, or what matches it. On a thread: a disk may hang."""
        return await off_loop("near files", lambda: tuple(map(_meant, paths)))


def _meant(path: str) -> tuple[NearFile, ...]:
    try:
        return (_looked(path),)
    except FileNotFoundError as error:
        found = sorted(glob.glob(path))[: MOST + 1] if glob.has_magic(path) else []
        if not found:
            raise _failure(path, error) from error
        if len(found) > MOST:
            raise ActionFailed(told(Say.FILE_TOO_MANY, path=shown(to_bytes(path)), number=MOST)) from error
        return tuple(map(_or_failure, found))
    except OSError as error:
        raise _failure(path, error) from error


def _or_failure(path: str) -> NearFile:
    try:
        return _looked(path)
    except OSError as error:
        raise _failure(path, error) from error


def _looked(path: str) -> NearFile:
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return NearFile(path, True, changed=time.time_ns())
    if not stat.S_ISREG(status.st_mode):
        raise ActionFailed(told(Say.NEAR_NOT_A_FILE, path=shown(to_bytes(path))))
    if not os.access(path, os.R_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
    return NearFile(path, False, status.st_size, status.st_mtime_ns, status.st_ino)


def _failure(path: str, error: OSError) -> ActionFailed:
    return ActionFailed(told(Say.NEAR_FILE_FAILED, path=shown(to_bytes(path)), why=error.strerror or str(error)))
