"""SFTP's packets as bytes and back: draft-ietf-secsh-filexfer-02, and PROTOCOL of OpenSSH. Pure."""

from __future__ import annotations

import stat
import struct
from enum import IntEnum, IntFlag

from ....model.data_class import dataclass

VERSION = 3


class Kind(IntEnum):
    """What a packet is."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(IntEnum):
    """What a server answers with that has nothing else to say."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    OP_UNSUPPORTED = 8


class Open(IntFlag):
    """How a file is opened."""

    READ = 1
    WRITE = 2
    CREATE = 8
    TRUNCATE = 16
    EXCLUSIVE = 32


_SIZE, _OWNER, _MODE, _TIMES, _EXTENDED = 1, 2, 4, 8, 1 << 31


class Malformed(ValueError):
    """A packet that says something else than its kind allows."""


@dataclass(frozen=True, slots=True)
class Attrs:
    """What is said of a file; None: nothing. Times are in seconds since 1970."""

    size: int | None = None
    owner: tuple[int, int] | None = None
    mode: int | None = None
    times: tuple[int, int] | None = None

    @property
    def kind(self) -> int:
        """Its type as stat.S_IFMT gives it; 0: not known."""
        return stat.S_IFMT(self.mode or 0)

    def encode(self) -> bytes:
        """Its bytes."""
        flags, parts = 0, []
        if self.size is not None:
            flags |= _SIZE
            parts.append(struct.pack(">Q", self.size))
        if self.owner is not None:
            flags |= _OWNER
            parts.append(struct.pack(">II", *self.owner))
        if self.mode is not None:
            flags |= _MODE
            parts.append(struct.pack(">I", self.mode))
        if self.times is not None:
            flags |= _TIMES
            parts.append(struct.pack(">II", *(max(0, min(each, 0xFFFFFFFF)) for each in self.times)))
        return struct.pack(">I", flags) + b"".join(parts)


NO_ATTRS = Attrs()


@dataclass(frozen=True, slots=True)
class Space:
    """What statvfs says of a file system: `free` bytes for this user, free inodes, whether it is read-only."""

    free: int
    inodes: int
    read_only: bool


def string(data: bytes) -> bytes:
    """A string as SSH has it."""
    return struct.pack(">I", len(data)) + data


class Fields:
    """A packet's payload, read from its beginning. All of it raises Malformed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def number(self) -> int:
        """The next uint32."""
        return int.from_bytes(self._take(4), "big")

    def large(self) -> int:
        """The next uint64."""
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        """The next string."""
        return self._take(self.number())

    def attrs(self) -> Attrs:
        """The next attributes."""
        flags = self.number()
        size = self.large() if flags & _SIZE else None
        owner = (self.number(), self.number()) if flags & _OWNER else None
        mode = self.number() if flags & _MODE else None
        times = (self.number(), self.number()) if flags & _TIMES else None
        if flags & _EXTENDED:
            for _ in range(self.number()):
                self.string(), self.string()
        return Attrs(size, owner, mode, times)

    def names(self) -> list[tuple[bytes, Attrs]]:
        """A list of names, without what `ls -l` would say of each."""
        found = []
        for _ in range(self.number()):
            name = self.string()
            self.string()
            found.append((name, self.attrs()))
        return found

    def space(self) -> Space:
        """The answer to statvfs@openssh.com."""
        size, fragment, _, _, available, _, _, inodes, _, flags, _ = (self.large() for _ in range(11))
        return Space(available * (fragment or size), inodes, bool(flags & 1))

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise Malformed("a packet is shorter than it says")
        taken = self._data[self._at : end]
        self._at = end
        return taken
