"""The bytes of a file, whatever the path turns out to be: it may be a pipe, or have no end; and who may write it."""

from __future__ import annotations

import grp
import os
import pwd
import select
import stat
import time
from pathlib import Path

LARGEST = 64 << 20
"""Bytes. A hundred thousand hosts take a tenth of it; /dev/zero takes all memory there is."""

WRITER_LIMIT = 5.0
"""Seconds that a pipe has to be opened by a writer: `--config <(…)` has one at once."""

_PIECE = 1 << 20


def read_bytes(path: Path, *, patience: float = WRITER_LIMIT, most: int = LARGEST) -> bytes:
    """All of a file or pipe, of `most` bytes at most.

    Raises OSError, and ValueError for one without an end and a pipe that nobody writes to.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        found = bytearray()
        give_up = time.monotonic() + patience
        while len(found) <= most:
            piece = _read(descriptor)
            if piece:
                found += piece
            elif found or not _is_pipe(descriptor):
                return bytes(found)
            elif time.monotonic() > give_up:
                raise ValueError(f"it is a pipe, and nothing came from it for {patience:g} s")
            else:
                time.sleep(0.01)  # no writer yet: poll() has nothing to wait for
    finally:
        os.close(descriptor)
    raise ValueError(f"it has more than {most >> 20} MiB")


def read_regular(path: Path) -> bytes:
    """All of a file of the program's own. /dev/null counts as one: a link to it turns off what is kept in the file.

    Raises OSError, and ValueError for a pipe, a directory, a device, or too much: none of them may hold the start up.
    """
    with open(path, "rb", opener=without_waiting) as file:
        require_regular(file.fileno())
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise ValueError(f"it has more than {LARGEST >> 20} MiB")
    return found


def without_waiting(path: str, flags: int) -> int:
    """An opener for `open` that waits for no other end of a pipe, and makes what is private."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o600)


def require_regular(descriptor: int) -> None:
    """Raises ValueError for what is neither a regular file nor /dev/null."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) and not os.path.samestat(status, os.stat(os.devnull)):
        raise ValueError("is no regular file")


def others_may_write(status: os.stat_result) -> bool:
    """Whether somebody else than this user and root may write it: OpenSSH's rule (SSHCONF_CHECKPERM in readconf.c)."""
    return status.st_uid not in (0, os.getuid()) or bool(status.st_mode & 0o022)


def strangers_may_write(status: os.stat_result) -> bool:
    """As `others_may_write`, but for this user's group of one, as Debian's OpenSSH has it: with such groups the umask
    is 002, and every file that is made is writable by its group."""
    return others_may_write(status) and (
        status.st_uid not in (0, os.getuid()) or bool(status.st_mode & 0o002) or not _is_group_of_one(status.st_gid)
    )


def _is_group_of_one(number: int) -> bool:
    """Whether a group is this user's alone. By its name: to ask each account for its group could take very long."""
    try:
        group, user = grp.getgrgid(number), pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return (group.gr_name, group.gr_gid) == (user.pw_name, user.pw_gid) and set(group.gr_mem) <= {user.pw_name}


def _read(descriptor: int) -> bytes:
    """The next piece, waited for while there is a writer; empty at the end, and where a pipe has no writer."""
    while True:
        try:
            return os.read(descriptor, _PIECE)
        except BlockingIOError:
            select.select([descriptor], [], [])


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
