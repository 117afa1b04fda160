"""What a peer says before it says that it speaks SSH: that tells a web server, or an sshd that turns us away."""

from __future__ import annotations

from collections.abc import Callable

import asyncssh

_MOST = 200
"""Bytes of it that are kept."""

_SHOWN = 60
"""Characters of its first line that a message repeats."""


class Greeting:
    """Listens in until the SSH version comes. Lines may stand before it (RFC 4253, 4.2): asyncssh passes over them and
    tells nobody. `heard` is called once it has come, with that version."""

    def __init__(self, connection: asyncssh.SSHClientConnection, heard: Callable[[str], None]) -> None:
        self._connection = connection
        self._receive = connection.data_received
        self._said = b""
        self._heard = heard
        connection.data_received = self._listen  # type: ignore[method-assign]

    @property
    def came(self) -> bool:
        """Whether the peer has said that it speaks SSH."""
        return self._connection.get_extra_info("server_version") is not None

    @property
    def line(self) -> str:
        """The first line of what it has said instead, quoted; empty where it has said nothing."""
        lines = (line.strip() for line in self._said.decode("utf-8", "replace").splitlines())
        return next((repr(line[:_SHOWN]) for line in lines if line), "")

    def _listen(self, data: bytes, datatype: int | None = None) -> None:
        self._said = (self._said + data)[:_MOST]
        self._receive(data, datatype)
        if self.came:
            self._connection.data_received = self._receive  # type: ignore[method-assign]
            self._heard(str(self._connection.get_extra_info("server_version")))
