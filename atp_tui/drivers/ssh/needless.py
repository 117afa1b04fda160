"""What asyncssh does with each packet, and nobody needs: a fifth of the processor time of a connection.

It words each packet for a log that is off, and before each packet that it sends it sends an empty one. Those guard the
chained blocks of CBC against guesses (RFC 4251, 9.3.1), and a cipher that proves its packets has no such chain; OpenSSH
sends none. With each read it cancels its keepalive timer and makes another one.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asyncssh.connection import SSHConnection
from asyncssh.constants import MSG_IGNORE
from asyncssh.logging import SSHLogger
from asyncssh.packet import SSHPacketLogger

from .packets import Sealing

EARLY = 0.001
"""Seconds by which a timer may come too early, which is no reason to set it again."""

_PACKETS = 3
"""asyncssh's own level of debugging from which on packets are in its log."""

_OURS = ("send_packet", "_reset_keepalive_timer", "_keepalive_timer_callback")
"""Methods of asyncssh's connection that are replaced."""

_log = SSHLogger.log
_log_packet = SSHPacketLogger._log_packet


def _log_if_heard(self: SSHLogger, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
    if self.isEnabledFor(level):
        _log(self, level, msg, *args, **kwargs)


def _log_packet_if_heard(
    self: SSHPacketLogger, msg: str, pkttype: int, pktid: int | None, packet: Any, note: str
) -> None:
    if SSHLogger._debug_level >= _PACKETS and self.logger.isEnabledFor(logging.DEBUG):
        _log_packet(self, msg, pkttype, pktid, packet, note)


def word_what_is_heard() -> None:
    """Have asyncssh word for its log only what somebody hears. Once more does no harm."""
    SSHLogger.log = _log_if_heard  # type: ignore[method-assign]
    SSHPacketLogger._log_packet = _log_packet_if_heard  # type: ignore[method-assign]


class Spared:
    """One connection that is spared the rest of it."""

    def __init__(self, connection: SSHConnection) -> None:
        self._connection: Any = connection
        self._loop = asyncio.get_running_loop()
        self._heard_at = 0.0
        vars(connection).update(zip(_OURS, (self._send, self._heard, self._keepalive_due), strict=True))

    def let_go(self) -> None:
        """The connection has ended: each has the other until here, and nobody waits for the collector of cycles."""
        connection, self._connection = self._connection, None
        for name in _OURS:
            vars(connection).pop(name, None)

    def _send(self, kind: int, *parts: bytes, **more: Any) -> None:
        connection = self._connection
        if kind != MSG_IGNORE or type(connection._send_encryption) is not Sealing:
            SSHConnection.send_packet(connection, kind, *parts, **more)

    def _heard(self) -> None:
        self._heard_at = self._loop.time()

    def _keepalive_due(self) -> None:
        """The timer has come, which was set before the last that was heard, perhaps."""
        connection = self._connection
        left = self._heard_at + connection._keepalive_interval - self._loop.time()
        if left > EARLY:
            connection._keepalive_timer = self._loop.call_later(left, self._keepalive_due)
        else:
            SSHConnection._keepalive_timer_callback(connection)
