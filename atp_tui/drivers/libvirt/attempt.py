"""One attempt to open one libvirt connection: it ends with a link, or with nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import Any

from ...model.causes import Cause
from ...model.errors import AtpError, ConnectFailed, ConnectionLost, TransportError
from ...model.libvirt import (
    VIR_CONNECT_CLOSE_REASON_EOF,
    VIR_CONNECT_CLOSE_REASON_ERROR,
    VIR_CONNECT_CLOSE_REASON_KEEPALIVE,
)
from ...model.message import text, told
from ...model.say import Say
from ...transport.driver import OpenRequest
from .answers import Answers
from .binding import Binding
from .bridge import Bridge
from .crew import Crew
from .failures import one_line
from .lane import Lane
from .link import LibvirtLink
from .wire import Wire

_FAREWELL = 0.5
"""Seconds to wait for the threads of a failed attempt; they go on to end by themselves if that is not enough."""

EXPLAINING = 0.05
"""Seconds that a call under way gets to say what a connection broke of: libvirt tells only the call, in its own error,
and tells of the end first."""

_CLOSE_REASONS = {
    VIR_CONNECT_CLOSE_REASON_ERROR: (Say.BROKE, Cause.LOST),
    VIR_CONNECT_CLOSE_REASON_EOF: (Say.HOST_CLOSED_IT, Cause.ENDED_BY_HOST),
    VIR_CONNECT_CLOSE_REASON_KEEPALIVE: (Say.HOST_FELL_SILENT, Cause.SILENT),
}
"""The fourth reason, CLIENT, is our own doing."""


class Attempt:
    """`peer` is the address or socket in words, for errors; None where libvirt itself chooses a socket."""

    def __init__(self, binding: Binding, crew: Crew, request: OpenRequest, peer: str | None, answers: Answers) -> None:
        self._binding = binding
        self._request = request
        self._peer = peer
        self._answers = answers
        self._loop = asyncio.get_running_loop()
        self._wire = Wire()
        limit = binding.max_requests or request.config.pool.requests_per_connection
        self._lane = Lane(crew, request.host.id, limit, self._lost, self._farewell)
        self._link: LibvirtLink | None = None
        self._early: TransportError | None = None

    def bridge(self) -> Bridge:
        """A bridge that tells this attempt when its far end has ended."""
        return Bridge(self._far_end_ended)

    async def open(self, uri: str, *, read_only: bool, bridge: Bridge | None = None) -> LibvirtLink:
        """Open `uri`, which libvirt understands; its daemon has answered then. Raises TransportError."""
        host, lost, most = self._request.host.id, self._request.on_lost, self._binding.max_requests
        link = LibvirtLink(host, self._lane, self._wire, bridge, lost, most)
        try:
            await self._lane.call(functools.partial(self._connect, uri, read_only), None)
            if self._early is not None:
                raise self._early
        except BaseException as error:
            self._note_silence(bridge)
            await self._give_up(bridge)
            if self._early is not None and isinstance(error, ConnectFailed | ConnectionLost):
                early = self._early
                host_id = self._request.host.id
                raise ConnectFailed(early.reason, host=host_id, kind=early.kind, detail=early.detail) from error
            raise
        self._link = link
        return link

    def _note_silence(self, bridge: Bridge | None) -> None:
        """Leave word, for who cancels because of the time, that the peer is there and has said nothing."""
        moved = self._wire.bytes_moved() if bridge is None else bridge.bytes_moved()
        if moved is not None and not moved[0]:
            self._request.progress.known = told(Say.SAYS_NOTHING, peer=self._peer or "libvirt")
            self._request.progress.kind = Cause.LIBVIRT_SILENT

    async def _give_up(self, bridge: Bridge | None) -> None:
        self._lane.stop(told(Say.ATTEMPT_GIVEN_UP))
        if bridge is not None:
            bridge.abort()
        self._cut(0.001)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await asyncio.shield(self._lane.ended)

    def _cut(self, again: float) -> None:
        """Cut, and go on cutting while libvirt is between two steps of connecting."""
        if not self._wire.cut() and not self._lane.ended.done():
            self._loop.call_later(again, self._cut, min(0.1, again * 2))

    # -- news of the connection, on the loop ---------------------------------------------------------------------------

    def _lost(self, error: TransportError) -> None:
        if self._link is not None:
            self._link.lose(error)
        elif self._early is None:
            self._early = error

    def _told(self, reason: int, error: TransportError) -> None:
        if reason == VIR_CONNECT_CLOSE_REASON_ERROR and self._lane.busy:
            self._loop.call_later(EXPLAINING, self._lost, error)
        else:
            self._lost(error)

    def _far_end_ended(self, error: Exception | None) -> None:
        if isinstance(error, ConnectFailed):  # a daemon was not reached at all, and the error says why
            self._lost(error)
            return
        peer = self._peer or "libvirt"
        if error is None:
            reason = told(Say.PEER_ENDED, peer=peer)
        else:
            why = error.reason if isinstance(error, AtpError) else text(one_line(error))
            reason = told(Say.PEER_ENDED_SINCE, peer=peer, why=why)
        kind = error.kind if isinstance(error, TransportError) else Cause.ENDED_BY_HOST
        self._lost(ConnectionLost(reason, host=self._request.host.id, kind=kind))

    # -- on the lane ---------------------------------------------------------------------------------------------------

    def _connect(self, uri: str, read_only: bool, _handle: None) -> None:
        libvirt = self._binding.libvirt
        try:
            with self._wire.opening(self._binding.events):
                self._lane.handle = self._answers.open(self._binding, uri, read_only)
            if self._wire.known:
                config = self._request.config
                self._lane.handle.setKeepAlive(config.keepalive_interval, config.keepalive_count)
                # A round trip, after the four or more of open itself: no further question is needed to hear the daemon.
                self._lane.handle.registerCloseCallback(self._closed, None)
        except libvirt.libvirtError as error:
            raise self._answers.failure(error, self._peer, self._request.host.id) from error

    def _farewell(self, handle: Any) -> None:
        if handle is not None:
            if self._wire.known:
                # libvirt keeps the callback, and with it the handle, until it is told otherwise
                with contextlib.suppress(self._binding.libvirt.libvirtError):
                    handle.unregisterCloseCallback()
            with contextlib.suppress(self._binding.libvirt.libvirtError):
                handle.close()
        # a domain or an event may keep libvirt's side of the connection; whoever lets go of it last, and on whatever
        # thread, must find its socket dead: libvirt says goodbye there, and would wait for the answer
        self._wire.cut()
        self._wire.release()

    # -- on libvirt's event thread -------------------------------------------------------------------------------------

    def _closed(self, _handle: Any, reason: int, _context: None) -> None:
        if reason in _CLOSE_REASONS:
            what, kind = _CLOSE_REASONS[reason]
            error = ConnectionLost(told(what), host=self._request.host.id, kind=kind)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(self._told, reason, error)
