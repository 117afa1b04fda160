"""An SSH link that moves files, too: over SFTP, as one more session of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import field

from asyncssh import ChannelOpenError
from asyncssh.constants import OPEN_REQUEST_SESSION_FAILED

from ....model.data_class import dataclass
from ....model.ending import confirm_end
from ....model.errors import CallFailed, ConnectionLost, FileFailed
from ....model.message import told
from ....model.moving import MoveSink, Pull, Push
from ....model.outcome import Command, ExitStatus, OutputSink
from ....model.say import Say
from ...near.blocks import NearFiles
from ..causes import said
from ..link import FREE_PLACE_POLL
from ..reaching import ReachingLink
from ..sftp.client import Refused, Sftp
from ..sftp.session import Ended, SftpSession
from ..sftp.wire import Malformed
from .failures import near_failure, refusal
from .flight import Shares
from .listings import Listings
from .pull import pulled
from .push import pushed
from .transfer import Transfer


@dataclass(eq=False, slots=True)
class Moving:
    """What all links of a driver share: near files that are being sent, and the bytes that may be under way."""

    near: NearFiles = field(default_factory=NearFiles)
    shares: Shares = field(default_factory=Shares)
    listings: Listings = field(init=False)

    def __post_init__(self) -> None:
        self.listings = Listings(self.near)


class MovingLink(ReachingLink):
    """transport.driver.MovesFiles besides what ReachingLink is. `moving` is set by the driver that makes it."""

    moving: Moving

    async def move(self, asked: Push | Pull, sink: MoveSink) -> ExitStatus:
        """As the port says."""
        self._check_alive()
        await self._learn_of_force()
        moving = self.moving
        moving.shares.join()
        try:
            with moving.near.thread.used():
                async with self._sftp() as sftp:
                    run = None if self._owner.forced else self._unlimited
                    transfer = Transfer(sftp, moving.near, moving.shares, asked.rules, sink, run)
                    return await self._moved(transfer, asked)
        finally:
            moving.shares.leave()

    async def _moved(self, transfer: Transfer, asked: Push | Pull) -> ExitStatus:
        try:
            if isinstance(asked, Push):
                return await pushed(transfer, self.moving.listings, asked)
            return await pulled(transfer, asked)
        except Refused as error:
            path = asked.far.encode("utf-8", "surrogateescape")
            raise await refusal(transfer.sftp, error, path, writes=isinstance(asked, Push)) from error
        except OSError as error:
            raise near_failure(error, b"files") from error
        except Malformed as error:
            raise FileFailed(told(Say.SFTP_BROKEN, host=self._name, why=str(error)), host=self._name) from error
        except Ended as error:
            raise self._ended_under(error, transfer) from error

    def _ended_under(self, ended: Ended, transfer: Transfer) -> Exception:
        tally = transfer.tally
        tally.tell()
        if isinstance(ended.why, Malformed):
            return FileFailed(told(Say.SFTP_BROKEN, host=self._name, why=str(ended.why)), host=self._name)
        if self.is_alive():
            return FileFailed(told(Say.SFTP_ENDED, host=self._name), host=self._name)
        loss = self._loss or self._lost(None)
        what = told(Say.FILES_CUT, why=loss.reason, done=tally.done, total=tally.total)
        error = ConnectionLost(what, host=self._name, kind=loss.kind)
        if not transfer.placing:
            confirm_end(error)
        return error

    @asynccontextmanager
    async def _sftp(self) -> AsyncIterator[Sftp]:
        session = SftpSession()
        try:
            await self._open_subsystem(session)
            try:
                sftp = await Sftp.begun(session)
            except (Ended, Malformed) as error:
                raise self._not_begun(session) from error
            yield sftp
        except asyncio.CancelledError as error:
            confirm_end(error)  # nothing of ours is left that could write
            raise
        finally:
            session.close()
            self._expect_dying()

    async def _open_subsystem(self, session: SftpSession) -> None:
        while True:
            opening = self._connection.create_session(lambda: session, subsystem="sftp", encoding=None)
            try:
                await self._open_socket(opening)
                return
            except CallFailed as error:
                cause = error.__cause__
                if isinstance(cause, ChannelOpenError) and cause.code == OPEN_REQUEST_SESSION_FAILED and session.opened:
                    raise FileFailed(told(Say.NO_SFTP, host=self._name), host=self._name) from error
                busy = asyncio.get_running_loop().time() < self._dying_until
                if not (self._spare_gives_way() or self._guard.give_way() or busy):
                    why = told(Say.NO_MORE_SESSIONS, why=error.reason)
                    raise FileFailed(why, host=self._name) from error
            await asyncio.sleep(FREE_PLACE_POLL)

    def _not_begun(self, session: SftpSession) -> Exception:
        if not self.is_alive():
            return self._loss or self._lost(None)
        words = said(session.came.decode("utf-8", "replace"))
        if words:
            return FileFailed(told(Say.SFTP_NOT_SPOKEN, host=self._name, said=words), host=self._name)
        why = "it ended at once" if session.status is None else f"exit status {session.status}"
        return FileFailed(told(Say.SFTP_NO_START, host=self._name, why=why), host=self._name)

    async def _unlimited(self, command: Command, output: OutputSink) -> ExitStatus:
        return await self.run(command, output, None)
