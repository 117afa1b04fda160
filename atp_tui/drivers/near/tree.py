"""What is in a near folder, listed once for all hosts that are sent it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from enum import StrEnum

from ...model.data_class import dataclass

MOST_ENTRIES = 1_000_000
"""Entries of a folder that is sent; each is kept, 300 bytes of it."""

MOST_DEEP = 128
"""Folders within folders."""


class What(StrEnum):
    """What an entry is."""

    FOLDER = "a folder"
    FILE = "a file"
    LINK = "a symlink"
    SOCKET = "a socket"
    PIPE = "a pipe"
    DEVICE = "a device"
    LOOP = "a symlink that leads round"
    BROKEN = "a symlink that leads nowhere"
    DEEP = "too deep"
    UNREAD = "not to be read"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry by its path below the folder, b"" for that itself. `leads` is what a symlink says, or why it was not
    read."""

    path: bytes
    what: What
    size: int = 0
    mode: int = 0
    times: tuple[int, int] = (0, 0)
    leads: bytes = b""


def kind_of(mode: int) -> What:
    """What a mode says that a path is."""
    if stat.S_ISREG(mode):
        return What.FILE
    if stat.S_ISDIR(mode):
        return What.FOLDER
    if stat.S_ISLNK(mode):
        return What.LINK
    if stat.S_ISSOCK(mode):
        return What.SOCKET
    return What.PIPE if stat.S_ISFIFO(mode) else What.DEVICE


class TooMany(OSError):
    """A folder with more than is taken."""


def listed(folder: bytes, *, follow: bool) -> tuple[Entry, ...]:
    """All that is in a folder: parents before what is in them, names in order. Blocks on the disk.

    Raises OSError where the folder itself cannot be read, TooMany.
    """
    found: list[Entry] = []
    for entry in _walk(folder, b"", follow=follow, above=()):
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise TooMany(f"more than {MOST_ENTRIES:,} entries")
    return tuple(found)


def _walk(folder: bytes, below: bytes, *, follow: bool, above: tuple[tuple[int, int], ...]) -> Iterator[Entry]:
    status = os.stat(folder)
    here = (status.st_dev, status.st_ino)
    yield _entry(below, What.FOLDER, status)
    with os.scandir(folder) as each:
        names = sorted(entry.name for entry in each)
    for name in names:
        path, inner = os.path.join(folder, name), os.path.join(below, name)
        try:
            status = os.lstat(path)
            what = kind_of(status.st_mode)
            if what is What.LINK and follow:
                status = os.stat(path)
                what = kind_of(status.st_mode)
            if what is What.FOLDER and (status.st_dev, status.st_ino) in (*above, here):
                yield Entry(inner, What.LOOP)
            elif what is What.FOLDER and len(above) >= MOST_DEEP:
                yield Entry(inner, What.DEEP)
            elif what is What.FOLDER:
                yield from _walk(path, inner, follow=follow, above=(*above, here))
            elif what is What.LINK:
                yield Entry(inner, what, leads=os.readlink(path))
            else:
                yield _entry(inner, what, status)
        except FileNotFoundError:
            yield Entry(inner, What.BROKEN)
        except TooMany:
            raise
        except OSError as error:
            yield Entry(inner, What.UNREAD, leads=(error.strerror or "").encode())


def _entry(path: bytes, what: What, status: os.stat_result) -> Entry:
    times = int(status.st_atime), int(status.st_mtime)
    return Entry(path, what, status.st_size if what is What.FILE else 0, stat.S_IMODE(status.st_mode), times)
