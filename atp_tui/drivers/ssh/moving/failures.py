"""What an SFTP server's refusal means: it says "Failure" for most of them, so that more is asked of it."""

from __future__ import annotations

import errno
import stat

from ....model.errors import FileFailed
from ....model.far_paths import parent_of, shown
from ....model.message import Message, told
from ....model.say import Say
from ..causes import said
from ..sftp.client import BLOCK, Refused, Sftp
from ..sftp.wire import Status

_SPECIAL = {
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


def special(kind: int) -> str:
    """What an entry is that is neither file, folder nor symlink."""
    return _SPECIAL.get(kind, "something else")


async def refusal(sftp: Sftp, error: Refused, path: bytes, *, writes: bool = False) -> FileFailed:
    """What a refusal about a path means. `writes`: something was to be written there."""
    name = shown(path)
    try:
        match error.status:
            case Status.NO_SUCH_FILE:
                return FileFailed(await _missing(sftp, path))
            case Status.PERMISSION_DENIED:
                return FileFailed(told(Say.FILE_DENIED, path=name))
            case Status.FAILURE if writes:
                space = await sftp.space(parent_of(path))
                if space is not None and space.read_only:
                    return FileFailed(told(Say.FILE_READ_ONLY, path=name))
                if space is not None and (space.free < BLOCK or not space.inodes):
                    return FileFailed(told(Say.FILE_FULL, path=name))
    except Refused:
        pass
    words = said(error.words.decode("utf-8", "replace")) or f"status {error.status}"
    return FileFailed(told(Say.FILE_REFUSED, path=name, why=words))


async def _missing(sftp: Sftp, path: bytes) -> Message:
    folder = parent_of(path)
    try:
        above = await sftp.stat(folder)
    except Refused:
        return told(Say.FILE_NO_FOLDER, path=shown(folder))
    if above.kind not in (0, stat.S_IFDIR):
        return told(Say.FILE_NOT_FOLDER, path=shown(folder))
    return told(Say.FILE_MISSING, path=shown(path))


async def raising(error: Exception) -> None:
    """Work that fails so, as it was found before it began."""
    raise error


def near_failure(error: OSError, path: bytes) -> FileFailed:
    """What went wrong with a file of this machine."""
    name = shown(path)
    if error.errno == errno.ESTALE:
        return FileFailed(told(Say.NEAR_FILE_STALE, path=name))
    if error.errno == errno.ENOSPC:
        return FileFailed(told(Say.NEAR_FILE_FAILED, path=name, why="disk full"))
    return FileFailed(told(Say.NEAR_FILE_FAILED, path=name, why=error.strerror or str(error)))
