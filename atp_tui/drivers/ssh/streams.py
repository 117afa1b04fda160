"""A channel as the stream that the transport takes."""

from __future__ import annotations

from collections.abc import Callable

import asyncssh


class SshStream:
    """transport.driver.RawStream over a channel. All methods are harmless after its end."""

    def __init__(self, channel: asyncssh.SSHClientChannel[bytes], end: Callable[[], None]) -> None:
        self._channel = channel
        self._end = end
        self._aborted = False

    def write(self, data: bytes) -> None:
        if not self._channel.is_closing():
            self._channel.write(data)

    def write_eof(self) -> None:
        self._channel.write_eof()

    def pause_reading(self) -> None:
        self._channel.pause_reading()

    def resume_reading(self) -> None:
        self._channel.resume_reading()

    def abort(self) -> None:
        if not self._aborted:
            self._aborted = True
            self._channel.write_eof()
            self._end()
