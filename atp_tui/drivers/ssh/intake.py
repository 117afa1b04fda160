"""What a peer's packets may take: of each turn of the event loop a share, of this program's memory a bounded part.

asyncssh works through all packets of a read at once: of 256 KiB, which may be 8,000 packets, and it copies what is left
of them for each. That is half a second in which no key is answered, and a peer can have one such read follow the other.
Nor does it bound what it queues: requests that it answers one a turn, answers that the peer does not take, what comes
while a packet is still being worked on. A connection that goes beyond what is here is ended, with a Flood.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import asyncssh
from asyncssh.connection import SSHConnection
from asyncssh.constants import (
    DISC_BY_APPLICATION,
    MSG_CHANNEL_OPEN,
    MSG_DEBUG,
    MSG_GLOBAL_REQUEST,
    MSG_UNIMPLEMENTED,
    MSG_USERAUTH_BANNER,
)
from asyncssh.packet import SSHPacket

from ...model.message import Message, told
from ...model.say import Say
from .needless import Spared
from .packets import Unread, take_packet
from .turns import TurnTransport

SHARE = 0.001
"""Seconds of a turn of the event loop that one connection's packets may take. What is left waits for the next turn, and
the connection is not read meanwhile."""

TURN = 0.001
"""Seconds of a turn that all connections may take together which have used their share: a key takes some ten turns."""

READ = 256 * 1024
"""Bytes that are read at a time: two of SSH's largest packets of data."""

MOST_HELD = 512 * 1024
"""Bytes that wait while asyncssh is still at the packet before them; a packet has 256 KiB at most."""

MOST_UNASKED = 1000
"""Packets that nobody here has asked for. A server has reason to send some at the login, and to ask now and then
whether this side is alive."""

UNASKED_A_SECOND = 10
"""So many of them a second are not counted."""

MOST_UNTAKEN = 8 << 20
"""Bytes that wait for a peer that takes none."""

MOST_DEFERRED = 4096
"""Packets that wait for the end of a key exchange."""

_UNASKED = (MSG_GLOBAL_REQUEST, MSG_CHANNEL_OPEN, MSG_DEBUG, MSG_UNIMPLEMENTED, MSG_USERAUTH_BANNER)

_OURS = ("data_received", "_recv_pkthdr", "_process_hostkeys_00_at_openssh_dot_com_global_request")
"""Methods of asyncssh's connection that are replaced."""

_Handler = Callable[[Any, int, int, SSHPacket], Awaitable[None] | None]


class Flood(asyncssh.DisconnectError):
    """A peer sends more than it may. `what` tells of it; the peer is told little."""

    def __init__(self, what: Message) -> None:
        super().__init__(DISC_BY_APPLICATION, "too much")
        self.what = what


class Shares:
    """The turn of the event loop, for connections that have more to work on than their share: each in its turn."""

    def __init__(self) -> None:
        self._waiting: deque[Intake] = deque()
        self._scheduled = False

    def wait(self, intake: Intake) -> None:
        """Let a connection go on in a later turn."""
        self._waiting.append(intake)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        end = perf_counter() + TURN
        for _ in range(len(self._waiting)):
            self._waiting.popleft().go_on()
            if perf_counter() > end:
                break
        if self._waiting:
            self._schedule()


class Intake:
    """Stands between a new connection and asyncssh's reading of its packets."""

    def __init__(self, connection: asyncssh.SSHClientConnection, shares: Shares) -> None:
        hooked: Any = connection
        self._connection = hooked
        self._shares = shares
        self._until = 0.0
        self._paused = False
        self._waits = False
        self._unasked = 0.0
        self._counted_at = perf_counter()
        hooked._inpbuf = Unread()
        within = hooked._transport
        within.max_size = READ  # what asyncio's transport reads at a time; a jump host's channel has no use for it
        hooked._transport = TurnTransport(within, MOST_UNTAKEN, self._untaken)
        handlers = dict(hooked._packet_handlers)
        for kind in _UNASKED:
            handlers[kind] = self._counted(handlers[kind])
        hooked._packet_handlers = handlers  # asyncssh finds it there before the class's own
        # asyncssh has a task for each list of host keys, and keeps what follows until that has run: nobody wants them
        ours = (self._received, self._header, self._hostkeys_came)
        vars(hooked).update(zip(_OURS, ours, strict=True))
        self._spared = Spared(connection)

    def go_on(self) -> None:
        """Work on what waits, for another share."""
        self._waits = False
        connection = self._connection
        if connection is None or connection._transport is None:
            return
        self._until = perf_counter() + SHARE
        connection._recv_data()
        if self._paused and not self._waits and len(connection._inpbuf) <= MOST_HELD and connection._transport:
            self._paused = False
            connection._transport.resume_reading()

    def let_go(self) -> None:
        """The connection has ended: each has the other until here, and nobody waits for the collector of cycles."""
        self._spared.let_go()
        connection, self._connection = self._connection, None
        for name in _OURS:
            vars(connection).pop(name, None)

    def _received(self, data: bytes, datatype: int | None = None) -> None:
        self._until = perf_counter() + SHARE
        connection = self._connection
        SSHConnection.data_received(connection, data, datatype)
        if len(connection._inpbuf) > MOST_HELD and not self._paused:
            self._until = 0.0  # asyncssh asks for the next packet as soon as it can take it, and then it is read on
            self._pause()
        if len(connection._deferred_packets) > MOST_DEFERRED:
            self._end(Flood(told(Say.FLOOD_DEFERRED, number=MOST_DEFERRED)))

    def _header(self) -> bool:
        """In place of asyncssh's method: whether to go on, to the body of this packet or to the next one."""
        if perf_counter() <= self._until:
            return take_packet(self._connection)
        if not self._waits:
            self._waits = True
            self._pause()
            self._shares.wait(self)
        return False

    def _pause(self) -> None:
        transport = self._connection._transport
        if transport is not None and not self._paused:
            self._paused = True
            transport.pause_reading()

    def _counted(self, handle: _Handler) -> _Handler:
        def counted(connection: Any, kind: int, number: int, packet: SSHPacket) -> Awaitable[None] | None:
            self._count()
            return handle(connection, kind, number, packet)

        return counted

    def _count(self) -> None:
        now = perf_counter()
        self._unasked = max(0.0, self._unasked - UNASKED_A_SECOND * (now - self._counted_at))
        self._counted_at = now
        self._unasked += 1
        if self._unasked > MOST_UNASKED:
            raise Flood(told(Say.FLOOD_UNASKED, number=MOST_UNASKED))

    def _hostkeys_came(self, _packet: SSHPacket) -> None:
        self._connection._report_global_response(False)

    def _untaken(self) -> None:
        self._end(Flood(told(Say.FLOOD_UNTAKEN, size=MOST_UNTAKEN >> 20)))

    def _end(self, flood: Flood) -> None:
        if self._connection is not None:
            self._connection._force_close(flood)
