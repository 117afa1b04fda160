"""An SSH link that connects to ports and sockets on the far side: a channel each, none of which is a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import asyncssh
from asyncssh import ChannelOpenError
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED

from ...model.errors import CallFailed
from ...model.forward import Place
from ...model.message import told
from ...model.say import Say
from ...transport.driver import HalvesReceiver, RawStream
from .causes import said
from .link import SshLink
from .sessions import SocketSession
from .streams import SshStream

_NO_REASON = frozenset({"open failed", ""})
"""What OpenSSH and dropbear say where they have nothing to say: of a socket always, forbidden or not there."""


class HalvesSession(SocketSession):
    """A port or a socket on the far side, whose end of sending is not the end of ours."""

    def __init__(self, receiver: HalvesReceiver) -> None:
        super().__init__(receiver)
        self._half_ended = receiver.half_ended

    def eof_received(self) -> bool:
        self._half_ended()
        return True


class ReachingLink(SshLink):
    """transport.driver.ReachesTargets besides what SshLink is."""

    async def reach(self, target: Place, receiver: HalvesReceiver) -> RawStream:
        """As the port says."""
        self._check_alive()
        session = HalvesSession(receiver)
        make = cast(Callable[[], asyncssh.SSHTCPSession[bytes]], lambda: session)  # it hears the same calls
        try:
            if target.path:
                opening = self._connection.create_unix_connection(lambda: session, target.path, encoding=None)
                channel = await self._open_socket(opening)
            else:
                port = self._connection.create_connection(make, target.host, target.port, encoding=None)
                channel = await self._open_socket(port)
        except CallFailed as error:
            raise self._unreached(error, target) from error
        return SshStream(channel, channel.abort)

    def _unreached(self, error: CallFailed, target: Place) -> CallFailed:
        cause = error.__cause__
        if not isinstance(cause, ChannelOpenError):
            return error
        if cause.code == OPEN_ADMINISTRATIVELY_PROHIBITED:
            what = told(Say.REACH_FORBIDDEN, host=self._name, target=str(target))
        elif target.path and cause.reason in _NO_REASON:
            what = told(Say.REACH_NO_SOCKET, host=self._name, target=str(target))
        else:
            why = said(cause.reason) or told(Say.SAID_NOTHING)
            what = told(Say.REACH_REFUSED, host=self._name, target=str(target), why=why)
        return CallFailed(what, host=self._name)
