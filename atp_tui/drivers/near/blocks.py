"""A near file that many hosts are sent: read once while they keep together, and kept in a bounded number of pieces.

A host that has fallen behind reads its pieces anew, by itself: it makes no memory grow, and holds up no other.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import stat
from collections import OrderedDict
from dataclasses import field

from ...model.data_class import dataclass
from ...model.moving import NearFile
from .thread import FileThread

PIECE = 1020 * 1024
"""Bytes that are read at a time: four blocks of the largest kind that a server takes."""

KEPT = 32 << 20
"""Bytes of all files together that are kept for hosts that come later."""

MOST_EXTENTS = 4096
"""Parts with data of a sparse file; one with more is sent as if it had no holes."""


_Key = tuple[bytes, bool, NearFile]


class NotAFile(OSError):
    """A near path that is no file."""


@dataclass(eq=False, slots=True)
class OpenFile:
    """A near file that is open. `holes` are ranges without data, in order."""

    path: bytes
    descriptor: int
    status: os.stat_result
    holes: tuple[tuple[int, int], ...]
    users: int = 0
    digest: asyncio.Future[str] | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Bytes, as it was opened."""
        return self.status.st_size

    @property
    def identity(self) -> tuple[int, int]:
        """What tells its content from any other, as far as size and time of change do."""
        return self.status.st_size, self.status.st_mtime_ns

    def is_hole(self, begin: int, end: int) -> bool:
        """Whether there is no data between two places."""
        return any(first <= begin and end <= last for first, last in self.holes)


class NearFiles:
    """The near files that are being sent, of all hosts and jobs of a driver. `kept` is in bytes."""

    def __init__(self, kept: int = KEPT) -> None:
        self.thread = FileThread("near files")
        self.reads = 0
        """Pieces that were read: no more than a file has, where all hosts keep together."""
        self._kept = kept
        self._held = 0
        self._files: dict[_Key, OpenFile] = {}
        self._opening: dict[_Key, asyncio.Future[OpenFile]] = {}
        self._pieces: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._reading: dict[tuple[int, int], asyncio.Future[bytes]] = {}

    async def open(self, path: bytes, asked: NearFile, *, follow: bool) -> OpenFile:
        """The file, to be given back by `close`. `asked` is what it was when it was asked for, or the folder that was.

        It is shared by those that ask for the same: a file that a job still has open may be another one by now.
        Raises OSError, with ESTALE where it is another one than was asked for; NotAFile.
        """
        key = path, follow, asked
        opened = self._files.get(key)
        while opened is None:
            opening = self._opening.get(key)
            if opening is None:
                opening = self._opening[key] = self.thread.begin(lambda: _opened(path, follow=follow))
                opening.add_done_callback(lambda done: self._is_open(key, done))
            await asyncio.wait([opening])
            opened = opening.result() if self._files.get(key) is None and opening.exception() else self._files.get(key)
        opened.users += 1
        if not asked.is_folder and not _is(opened.status, asked):
            self.close(opened)
            raise OSError(errno.ESTALE, "it has changed since it was asked for", path)
        return opened

    def _is_open(self, key: _Key, done: asyncio.Future[OpenFile]) -> None:
        del self._opening[key]
        if not done.cancelled() and done.exception() is None:
            self._files[key] = done.result()

    def close(self, file: OpenFile) -> None:
        """Give a file back; what is kept of it is forgotten with its last user."""
        file.users -= 1
        if file.users:
            return
        self._files = {key: each for key, each in self._files.items() if each is not file}
        for key in [key for key in self._pieces if key[0] == file.descriptor]:
            self._held -= len(self._pieces.pop(key))
        for key in [key for key in self._reading if key[0] == file.descriptor]:
            del self._reading[key]
        self.thread.later(lambda: os.close(file.descriptor))

    async def piece(self, file: OpenFile, number: int) -> bytes:
        """Bytes from `number` times PIECE on; fewer at its end. Raises OSError."""
        found = self._pieces.get((file.descriptor, number))
        if found is None:
            found = await self._read(file, number)
        if (number + 1) * PIECE < file.size:
            self._read(file, number + 1)
        return found

    def _read(self, file: OpenFile, number: int) -> asyncio.Future[bytes]:
        key = file.descriptor, number
        reading = self._reading.get(key)
        if reading is not None:
            return reading
        if (found := self._pieces.get(key)) is not None:
            reading = asyncio.get_running_loop().create_future()
            reading.set_result(found)
            return reading
        self.reads += 1
        descriptor = file.descriptor
        reading = self._reading[key] = self.thread.begin(lambda: os.pread(descriptor, PIECE, number * PIECE))
        reading.add_done_callback(lambda done: self._was_read(file, key, done))
        return reading

    def _was_read(self, file: OpenFile, key: tuple[int, int], done: asyncio.Future[bytes]) -> None:
        if self._reading.get(key) is not done:
            return
        del self._reading[key]
        if done.cancelled() or done.exception() is not None or not file.users:
            return
        self._pieces[key] = done.result()
        self._held += len(done.result())
        while self._held > self._kept and len(self._pieces) > 1:
            _, oldest = self._pieces.popitem(last=False)
            self._held -= len(oldest)

    async def is_as_opened(self, file: OpenFile) -> bool:
        """Whether it has not changed since it was opened, as far as size and time of change tell."""
        now = await self.thread.begin(lambda: os.fstat(file.descriptor))
        return (now.st_size, now.st_mtime_ns) == file.identity

    @staticmethod
    def digest_of(descriptor: int, size: int) -> str:
        """The SHA-256 of the first bytes of a file in hexadecimal digits. Blocks on the disk, raises OSError."""
        return _digest(descriptor, size)

    async def digest(self, file: OpenFile, size: int | None = None) -> str:
        """The SHA-256 of its first `size` bytes in hexadecimal digits; of all of it once for all hosts."""
        if size is not None and size != file.size:
            return await self.thread.begin(lambda: _digest(file.descriptor, size))
        if file.digest is None:
            file.digest = self.thread.begin(lambda: _digest(file.descriptor, file.size))
        return await asyncio.shield(file.digest)


def _is(status: os.stat_result, asked: NearFile) -> bool:
    return (status.st_size, status.st_mtime_ns, status.st_ino) == (asked.size, asked.changed, asked.inode)


def _opened(path: bytes, *, follow: bool) -> OpenFile:
    # a pipe would wait for its other end; a device is never read, which a look before could not promise
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    if not stat.S_ISREG(os.stat(path, follow_symlinks=follow).st_mode):
        raise NotAFile(errno.EINVAL, "it is no file", path)
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile(errno.EINVAL, "it is no file", path)
        return OpenFile(path, descriptor, status, _holes(descriptor, status))
    except BaseException:
        os.close(descriptor)
        raise


def _holes(descriptor: int, status: os.stat_result) -> tuple[tuple[int, int], ...]:
    if status.st_blocks * 512 >= status.st_size:
        return ()
    found: list[tuple[int, int]] = []
    at = 0
    for _ in range(MOST_EXTENTS):
        begin = _seek(descriptor, at, os.SEEK_HOLE)
        if begin is None or begin >= status.st_size:
            return tuple(found)
        data = _seek(descriptor, begin, os.SEEK_DATA)
        at = status.st_size if data is None else data
        found.append((begin, at))
        if data is None:
            return tuple(found)
    return ()


def _seek(descriptor: int, at: int, whence: int) -> int | None:
    try:
        return os.lseek(descriptor, at, whence)
    except OSError:
        return None


def _digest(descriptor: int, size: int) -> str:
    found, at = hashlib.sha256(), 0
    while at < size and (data := os.pread(descriptor, min(PIECE, size - at), at)):
        found.update(data)
        at += len(data)
    return found.hexdigest()
