"""The channel that SFTP runs on: requests go out with a number, answers come back by it, in bounded memory."""

from __future__ import annotations

import asyncio
import struct

import asyncssh

from .wire import VERSION, Fields, Kind, Malformed

LONGEST = 260 * 1024
"""Bytes of an answer: OpenSSH's have 256 KiB at most (SFTP_MAX_MSG_LENGTH in sftp-common.h). A text in place of the
first one would be taken for the length of a packet."""

Reply = tuple[int, bytes]
"""The kind of an answer, and what it says."""


class Ended(Exception):
    """There will be no answer. `why` is asyncssh's error, a Malformed, or None where the far side has ended it."""

    def __init__(self, why: Exception | None) -> None:
        super().__init__(str(why))
        self.why = why


class SftpSession(asyncssh.SSHClientSession[bytes]):
    """One channel. `came` is what came of a beginning that is no SFTP; `opened`: whether there was a channel at all.

    `room` is set while asyncssh takes more to be sent.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.greeting.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody waits
        self.room = asyncio.Event()
        self.room.set()
        self.opened = False
        self.came = b""
        self.status: int | None = None
        self._loop = loop
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._input = bytearray()
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._number = 0
        self._ended: Ended | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self.opened = True

    @property
    def is_over(self) -> bool:
        """Whether nothing is answered any more."""
        return self._ended is not None

    def begin(self) -> asyncio.Future[bytes]:
        """Say hello; the future of the server's answer to it. Raises Ended by the future."""
        if self._channel is not None and self._ended is None:
            self._channel.write(struct.pack(">IBI", 5, Kind.INIT, VERSION))
        return self.greeting

    def ask(self, kind: int, *parts: bytes) -> asyncio.Future[Reply]:
        """Send a request; the future of its answer. It raises Ended."""
        answer: asyncio.Future[Reply] = self._loop.create_future()
        channel = self._channel
        if self._ended is not None or channel is None or channel.is_closing():
            answer.set_exception(self._ended or Ended(None))
            return answer
        number = self._number = (self._number + 1) & 0xFFFFFFFF
        self._waiting[number] = answer
        size = 5 + sum(map(len, parts))
        channel.write(b"".join((struct.pack(">IBI", size, kind, number), *parts)))
        return answer

    def close(self) -> None:
        """End it, and all that it has not answered."""
        self._end(Ended(None))
        if self._channel is not None:
            self._channel.abort()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype or self._ended is not None:
            return  # what a server complains of is no answer
        self._input += data
        try:
            self._read()
        except Malformed as error:
            self._end(Ended(error))
            if self._channel is not None:
                self._channel.abort()

    def _read(self) -> None:
        at, held = 0, self._input
        while len(held) - at >= 4:
            size = int.from_bytes(held[at : at + 4], "big")
            if not 5 <= size <= LONGEST:
                if not self.greeting.done():
                    self.came = bytes(held[:200])
                raise Malformed(f"a packet of {size} bytes")
            if len(held) - at - 4 < size:
                break
            self._take(held, at + 4, at + 4 + size)
            at += 4 + size
        if at:
            del held[:at]

    def _take(self, held: bytearray, begin: int, end: int) -> None:
        kind = held[begin]
        if not self.greeting.done():
            if kind != Kind.VERSION:
                self.came = bytes(held[:200])
                raise Malformed("no SFTP")
            self.greeting.set_result(bytes(held[begin + 1 : end]))
            return
        answer = self._waiting.pop(int.from_bytes(held[begin + 1 : begin + 5], "big"), None)
        if answer is None:
            raise Malformed("an answer to nothing that was asked")
        if not answer.done():
            with memoryview(held) as whole:
                answer.set_result((kind, bytes(whole[begin + 5 : end])))

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Ended(exc))

    def pause_writing(self) -> None:
        self.room.clear()

    def resume_writing(self) -> None:
        self.room.set()

    def _end(self, ended: Ended) -> None:
        if self._ended is not None:
            return
        self._ended = ended
        self.room.set()
        if not self.greeting.done():
            self.came = self.came or bytes(self._input[:200])
            self.greeting.set_exception(ended)
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(ended)
        self._input.clear()


def extensions_of(greeting: bytes) -> frozenset[bytes]:
    """The names of what a server can do besides. Raises Malformed for a version before 3."""
    fields = Fields(greeting)
    if fields.number() < VERSION:
        raise Malformed("a version before 3")
    found = []
    while fields:
        found.append(fields.string())
        fields.string()
    return frozenset(found)
