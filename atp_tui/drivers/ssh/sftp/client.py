"""What is asked of an SFTP server. Each method sends at once and waits for its answer; any number may be under way."""

from __future__ import annotations

import asyncio
import contextlib
import struct

from .session import Reply, SftpSession, extensions_of
from .wire import NO_ATTRS, Attrs, Fields, Kind, Malformed, Open, Space, Status, string

BLOCK = 255 * 1024
"""Bytes of a read or write where the server takes as many: OpenSSH's limit."""

SAFE_BLOCK = 32 * 1024
"""Bytes that any server takes."""

_LEAST_BLOCK = 4096

GOODBYE = 2.0
"""Seconds that the requests which clean up may take after a transfer was given up."""


class Refused(Exception):
    """The server's answer is an error. `words` are its own, and hostile."""

    def __init__(self, status: int, words: bytes = b"") -> None:
        super().__init__(status, words)
        self.status = status
        self.words = words


class Sftp:
    """An SFTP session that has begun. All methods raise Refused, and Ended where the session is over."""

    def __init__(self, session: SftpSession, extensions: frozenset[bytes]) -> None:
        self.session = session
        self.extensions = extensions
        self.read_block = self.write_block = SAFE_BLOCK

    @classmethod
    async def begun(cls, session: SftpSession) -> Sftp:
        """Greet the server, and learn what it can. Raises Ended, Malformed."""
        client = cls(session, extensions_of(await session.begin()))
        if b"limits@openssh.com" in client.extensions:
            # nobody waits for it: it is answered before the first file is open
            session.ask(Kind.EXTENDED, string(b"limits@openssh.com")).add_done_callback(client.take_limits)
        return client

    def take_limits(self, answer: asyncio.Future[Reply]) -> None:
        """What a server takes at most; where it says nothing that can be read, what any server takes."""
        if answer.cancelled() or answer.exception() is not None or answer.result()[0] != Kind.EXTENDED_REPLY:
            return
        with contextlib.suppress(Malformed):
            said = Fields(answer.result()[1])
            _, read, write = said.large(), said.large(), said.large()
            self.read_block = min(BLOCK, max(_LEAST_BLOCK, read or BLOCK))
            self.write_block = min(BLOCK, max(_LEAST_BLOCK, write or BLOCK))

    def close(self) -> None:
        """End the session."""
        self.session.close()

    # -- files ---------------------------------------------------------------------------------------------------

    async def open(self, path: bytes, flags: Open, attrs: Attrs = NO_ATTRS) -> bytes:
        """The handle of a file."""
        return self._handle(
            await self.session.ask(Kind.OPEN, string(path), struct.pack(">I", flags), attrs.encode()),
        )

    def read(self, handle: bytes, at: int, size: int) -> asyncio.Future[Reply]:
        """The future of bytes of a file, for `data_of`."""
        return self.session.ask(Kind.READ, string(handle), struct.pack(">QI", at, size))

    def write(self, handle: bytes, at: int, data: bytes) -> asyncio.Future[Reply]:
        """The future of an answer for `done`."""
        return self.session.ask(Kind.WRITE, string(handle), struct.pack(">QI", at, len(data)), data)

    def closing(self, handle: bytes) -> asyncio.Future[Reply]:
        """Close a handle; the future of an answer for `done`."""
        return self.session.ask(Kind.CLOSE, string(handle))

    def forget(self, handle: bytes) -> None:
        """Close a handle, whatever comes of it."""
        self.closing(handle).add_done_callback(lambda answer: answer.cancelled() or answer.exception())

    def looking(self, handle: bytes) -> asyncio.Future[Reply]:
        """Ask what is said of an open file; the future of an answer for `attrs_of`."""
        return self.session.ask(Kind.FSTAT, string(handle))

    async def fstat(self, handle: bytes) -> Attrs:
        """What is said of an open file."""
        return attrs_of(await self.looking(handle))

    def setting(self, handle: bytes, attrs: Attrs) -> asyncio.Future[Reply]:
        """Change what is said of an open file; the future of an answer for `done`."""
        return self.session.ask(Kind.FSETSTAT, string(handle), attrs.encode())

    async def fsync(self, handle: bytes) -> None:
        """Have an open file on the disk. A server that knows no such request says OP_UNSUPPORTED."""
        await self._extended(b"fsync@openssh.com", string(handle))

    # -- paths ---------------------------------------------------------------------------------------------------

    async def lstat(self, path: bytes) -> Attrs:
        """What is said of a path itself."""
        return attrs_of(await self.session.ask(Kind.LSTAT, string(path)))

    async def stat(self, path: bytes) -> Attrs:
        """What is said of that to which a path leads."""
        return attrs_of(await self.session.ask(Kind.STAT, string(path)))

    async def there(self, path: bytes) -> Attrs | None:
        """As lstat; None where there is nothing."""
        try:
            return await self.lstat(path)
        except Refused as error:
            if error.status == Status.NO_SUCH_FILE:
                return None
            raise

    async def setstat(self, path: bytes, attrs: Attrs) -> None:
        """Change what is said of that to which a path leads."""
        done(await self.session.ask(Kind.SETSTAT, string(path), attrs.encode()))

    async def mkdir(self, path: bytes, mode: int) -> None:
        """Make a folder."""
        done(await self.session.ask(Kind.MKDIR, string(path), Attrs(mode=mode).encode()))

    async def remove(self, path: bytes) -> None:
        """Take a file away."""
        done(await self.session.ask(Kind.REMOVE, string(path)))

    async def rename(self, old: bytes, new: bytes, *, replace: bool) -> None:
        """Give a file another name. `replace`: in the place of what is there, in one step where the server can."""
        if replace and b"posix-rename@openssh.com" in self.extensions:
            await self._extended(b"posix-rename@openssh.com", string(old), string(new))
            return
        if replace and await self.there(new) is not None:
            await self.remove(new)
        done(await self.session.ask(Kind.RENAME, string(old), string(new)))

    async def readlink(self, path: bytes) -> bytes:
        """What a symlink says."""
        return _one_name(await self.session.ask(Kind.READLINK, string(path)))

    async def symlink(self, path: bytes, target: bytes) -> None:
        """Make a symlink at `path`. OpenSSH and what is made after it have the target first (PROTOCOL, 4.1)."""
        done(await self.session.ask(Kind.SYMLINK, string(target), string(path)))

    async def realpath(self, path: bytes) -> bytes:
        """A path without links and dots."""
        return _one_name(await self.session.ask(Kind.REALPATH, string(path)))

    async def opendir(self, path: bytes) -> bytes:
        """The handle of a folder."""
        return self._handle(await self.session.ask(Kind.OPENDIR, string(path)))

    async def readdir(self, handle: bytes) -> list[tuple[bytes, Attrs]] | None:
        """The next names of a folder; None after the last."""
        kind, body = await self.session.ask(Kind.READDIR, string(handle))
        if kind == Kind.NAME:
            return Fields(body).names()
        error = _error(kind, body)
        if error.status == Status.EOF:
            return None
        raise error

    async def space(self, path: bytes) -> Space | None:
        """What is free where a path stands; None where the server does not say."""
        try:
            return Fields(await self._extended(b"statvfs@openssh.com", string(path))).space()
        except Refused:
            return None

    async def _extended(self, name: bytes, *parts: bytes) -> bytes:
        if name not in self.extensions:
            raise Refused(Status.OP_UNSUPPORTED)
        kind, body = await self.session.ask(Kind.EXTENDED, string(name), *parts)
        if kind == Kind.EXTENDED_REPLY:
            return body
        done((kind, body))
        return b""

    @staticmethod
    def _handle(reply: Reply) -> bytes:
        kind, body = reply
        if kind != Kind.HANDLE:
            raise _error(kind, body)
        return Fields(body).string()


def done(reply: Reply) -> None:
    """Raise Refused for an answer that is an error."""
    kind, body = reply
    error = _error(kind, body)
    if error.status != Status.OK:
        raise error


def data_of(reply: Reply) -> bytes:
    """The bytes of an answer to a read; none at the end of the file."""
    kind, body = reply
    if kind == Kind.DATA:
        return Fields(body).string()
    error = _error(kind, body)
    if error.status == Status.EOF:
        return b""
    raise error


def attrs_of(reply: Reply) -> Attrs:
    """What an answer says of a file. Raises Refused for an answer that is an error."""
    kind, body = reply
    if kind != Kind.ATTRS:
        raise _error(kind, body)
    return Fields(body).attrs()


def _one_name(reply: Reply) -> bytes:
    kind, body = reply
    if kind != Kind.NAME:
        raise _error(kind, body)
    names = Fields(body).names()
    if len(names) != 1:
        raise Malformed("more or fewer names than one")
    return names[0][0]


def _error(kind: int, body: bytes) -> Refused:
    if kind != Kind.STATUS:
        raise Malformed(f"an answer of the kind {kind}")
    fields = Fields(body)
    status = fields.number()
    return Refused(status, fields.string() if fields else b"")
