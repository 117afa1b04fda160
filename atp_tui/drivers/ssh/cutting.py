"""How a command is ended that still runs, and how its end becomes known.

By its guard, else by SSH's own signals. The guard's word is the best: nothing of the command is left, not in the
background either. Without it an exit status counts, once the far side has closed the channel: the process that the
server has started came to its own end, and nobody holds its output any more. Its death by a signal says nothing of
what it was waiting for: a signal of SSH's reaches the process group of that process alone, and in it neither what runs
as another user (`sudo x >/dev/null 2>&1; true`) nor what ignores TERM. dropbear closes the channel whatever holds its
output, so its close says nothing at all. Only a close that comes before ours counts: ours has to be answered by one,
whatever runs (RFC 4254, 5.3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncssh

from .guard import KILL_AFTER, Guard, LastWord, Ward
from .sessions import CommandSession, send_signal
from .starts import closes_late

CUT_AFTER = 0.5
"""Seconds between the order to kill a command and the end of its channel, where nobody waits for its end.

Both at once would be a race where commands lead no session of their own (dropbear): a command that writes dies of its
closed output, and the guard would find no descendants of it any more.
"""

END_LIMIT = KILL_AFTER + 2.0
"""Seconds that the far side has to tell of a command's end: what ignores TERM is killed within, and a slow network and
a busy host have the rest."""

_Channel = asyncssh.SSHClientChannel[bytes]


def cut_short(channel: _Channel, ward: Ward | None) -> None:
    """End what runs on a channel, and the channel. Returns at once; nobody is told how it went.

    Without a guard (`ward` None), or where that sees nothing: by SSH's signals, which OpenSSH passes on to a command's
    group from 7.9 on, but not to a forced command, nor where the user is root.
    """
    loop = asyncio.get_running_loop()
    if ward is not None and ward.sees_nothing:
        ward.ended()
        ward = None
    if ward is not None:
        ward.kill()
        loop.call_later(CUT_AFTER, channel.abort)
        return
    send_signal(channel, "TERM")

    def kill() -> None:
        send_signal(channel, "KILL")
        channel.abort()

    loop.call_later(KILL_AFTER, kill)


Started = asyncio.Task[tuple[_Channel, Ward | None]]
"""The start of a command, which is not to be cancelled."""


def take_leave(session: CommandSession, start: Started, end: Callable[[_Channel, Ward | None], None]) -> None:
    """Let go of a command that nobody attends to any more; `end` is called for one that still runs.

    At once, or when `start` is over: the status of a short command may come before.
    """
    if not start.done():
        start.add_done_callback(lambda start: take_leave(session, start, end))
        return
    if start.cancelled() or start.exception() is not None:
        return
    channel, ward = start.result()
    if session.status is None and not session.closed:
        end(channel, ward)
    elif ward is not None:
        ward.ended()
    if session.status is not None and not session.closed:
        channel.abort()  # only what it left behind holds the channel


class Cut:
    """The end of one command that somebody waits for, from the moment at which it is wanted.

    It works by callbacks and timers, so that all of it goes on where its waiter has gone.
    """

    def __init__(
        self, session: CommandSession, start: Started, guard: Guard, connection: asyncssh.SSHClientConnection
    ) -> None:
        """Order the end: now, or as soon as `start` has started the command."""
        loop = asyncio.get_running_loop()
        self._known: asyncio.Future[bool] = loop.create_future()
        self._session = session
        self._guard = guard
        self._close_tells = closes_late(connection)
        self._channel: _Channel | None = None
        self._ward: Ward | None = None
        self._timers = [loop.call_later(END_LIMIT, self._over, False)]
        start.add_done_callback(self._started)

    async def known(self) -> bool:
        """Whether the command is known to have ended, or never to have begun; after END_LIMIT at most.

        Cancelled: nobody waits any more. What was ordered is done all the same, and then the channel ended.
        """
        try:
            return await asyncio.shield(self._known)
        except asyncio.CancelledError:
            if not self._known.done():
                self._known.set_result(False)
                self._timers.pop(0).cancel()
                after = KILL_AFTER if self._ward is None else CUT_AFTER
                if self._channel is not None:
                    asyncio.get_running_loop().call_later(after, self._channel.abort)
            raise

    def _started(self, start: Started) -> None:
        if start.cancelled() or start.exception() is not None:
            self._over(not self._session.asked)
            return
        channel, ward = start.result()
        if not self._guard.stands:
            ward = None
        if self._known.done():
            cut_short(channel, ward)
            return
        self._channel, self._ward = channel, ward
        if ward is not None:
            ward.kill()
            ward.end.add_done_callback(lambda end: self._guard_says(end.result()))
        else:
            self._signal(channel)
        self._session.when_closed(self._closed)

    def _guard_says(self, word: LastWord) -> None:
        if word is not LastWord.NONE:
            self._over(word is LastWord.GONE)
        elif self._session.closed:
            self._over(self._status_tells())
        elif self._channel is not None and not self._known.done():
            self._signal(self._channel)  # it knows no process of the command, or has gone itself

    def _signal(self, channel: _Channel) -> None:
        """End what SSH's own signals reach."""
        send_signal(channel, "TERM")
        self._timers.append(asyncio.get_running_loop().call_later(KILL_AFTER, send_signal, channel, "KILL"))

    def _closed(self) -> None:
        if self._ward is not None and self._ward.end.done():  # its word may have come in the same turn of the loop
            self._guard_says(self._ward.end.result())
        elif self._ward is None or not self._session.closed_there:  # lost, or the far side's own word is all there is
            self._over(self._status_tells())

    def _status_tells(self) -> bool:
        status = self._session.status
        return self._close_tells and self._session.closed_there and status is not None and status.status is not None

    def _over(self, known: bool) -> None:
        if self._known.done():
            return
        self._known.set_result(known)
        for timer in self._timers:
            timer.cancel()
        if self._channel is not None and not self._session.closed:
            self._channel.abort()
