"""Files sent to one host: each is written beside its place under a hidden name, and then given its own in one step."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Sequence
from functools import partial

from ....model.errors import FileFailed
from ....model.far_paths import far_bytes, joined, parent_of, part_name, shown, to_bytes
from ....model.message import told
from ....model.moving import NearFile, Push
from ....model.outcome import ExitStatus
from ....model.say import Say
from ...near.blocks import PIECE, OpenFile
from ...near.tree import Entry, What
from ..sftp.client import GOODBYE, Refused, attrs_of, done
from ..sftp.session import Ended, Reply
from ..sftp.wire import Attrs, Open, Status
from .failures import raising, refusal, special
from .flight import Batch
from .listings import Listings
from .transfer import Transfer

_NEW_FOLDER = 0o755
_NEW_FILE = 0o755
"""Bits of a near file's mode that a new far one gets: nobody but its owner may write it."""


async def pushed(transfer: Transfer, listings: Listings, asked: Push) -> ExitStatus:
    """Send what is asked for. Raises FileFailed, and what the session ends with."""
    sender = Sender(transfer)
    far = far_bytes(asked.far)
    into = far.endswith(b"/")
    if into:
        await sender.folder_there(far.rstrip(b"/") or b"/")
    elif len(asked.sources) != 1:
        raise FileFailed(told(Say.MOVE_NEEDS_FOLDER))
    places: dict[bytes, NearFile] = {}
    for each in {each.path: each for each in asked.sources}.values():
        place = joined(far, os.path.basename(to_bytes(each.path).rstrip(b"/"))) if into else far
        if places.setdefault(place, each) is not each:
            await transfer.fenced(place, raising(FileFailed(told(Say.FILE_TWICE, path=shown(place)))), writes=True)
    transfer.tally.expect(sum(each.size for each in places.values() if not each.is_folder))
    files = [(each, place) for place, each in places.items() if not each.is_folder]
    if len(files) == 1:
        await transfer.fenced(files[0][1], sender.file_asked(*files[0]), writes=True)
    else:
        await transfer.at_once(_each(sender, files), writes=True)
    for place, each in places.items():
        if each.is_folder:
            async with listings.listed(each, follow=asked.rules.follow) as entries:
                await _Tree(sender, each, place, entries).sent()
    return await transfer.ended("sent")


async def _each(
    sender: Sender, files: Sequence[tuple[NearFile, bytes]]
) -> AsyncIterator[tuple[bytes, Awaitable[object]]]:
    for near, place in files:
        yield place, sender.file_asked(near, place)


class Sender:
    """Sends single files, folders and symlinks."""

    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer
        self.rules = transfer.rules

    async def folder_there(self, path: bytes) -> None:
        """See to it that a folder is there, which a person has named: it may be a symlink to one."""
        sftp = self.transfer.sftp
        try:
            if (await sftp.stat(path)).kind not in (0, stat.S_IFDIR):
                raise FileFailed(told(Say.FILE_NOT_FOLDER, path=shown(path)))
        except Refused as error:
            if error.status != Status.NO_SUCH_FILE:
                raise
            await sftp.mkdir(path, _NEW_FOLDER)

    async def file_asked(self, near: NearFile, place: bytes) -> None:
        """Send a file that a person has named."""
        file = await self.transfer.near.open(to_bytes(near.path), near, follow=True)
        try:
            await self.file(file, place, fresh=False)
        finally:
            self.transfer.near.close(file)

    async def file(self, file: OpenFile, place: bytes, *, fresh: bool) -> None:
        """Send an open file. `fresh`: its folder was made just now."""
        sftp, rules = self.transfer.sftp, self.rules
        there = None if fresh else await sftp.there(place)
        self._may_be_written(place, there)
        part = joined(parent_of(place), part_name(os.path.basename(place), file.identity))
        handle, begin = await self._part(part, file)
        whole = False
        try:
            await self._blocks(handle, file, begin)
            await self._checked_out(handle, file, there, place)
            handle = b""
            if rules.verify:
                await self._verify(part, file, place)
            self.transfer.placing += 1
            try:
                await sftp.rename(part, place, replace=rules.replace)
            except Refused:
                self.transfer.placing -= 1  # it is known that it has not its name
                raise
            self.transfer.placing -= 1
            whole = True
        except Refused as error:
            if error.status == Status.FAILURE and not rules.replace and await sftp.there(place) is not None:
                raise FileFailed(told(Say.FILE_EXISTS, path=shown(place))) from error
            raise await refusal(
                sftp, error, place, writes=True
            ) from error  # before the part goes: the disk may be full
        finally:
            if handle:
                sftp.forget(handle)
            if not whole and not rules.resume:
                await self._forget(part)
        self.transfer.tally.whole()

    async def link(self, entry: Entry, place: bytes) -> None:
        """Make a symlink like a near one."""
        sftp = self.transfer.sftp
        there = await sftp.there(place)
        self._may_be_written(place, there)
        part = joined(parent_of(place), part_name(os.path.basename(place), entry.leads))
        with contextlib.suppress(Refused):
            await sftp.remove(part)
        await sftp.symlink(part, entry.leads)
        try:
            await sftp.rename(part, place, replace=self.rules.replace)
        except Refused:
            await self._forget(part)
            raise
        self.transfer.tally.whole()

    def _may_be_written(self, place: bytes, there: Attrs | None) -> None:
        if there is None:
            return
        if there.kind == stat.S_IFDIR:
            raise FileFailed(told(Say.FILE_IS_FOLDER, path=shown(place)))
        if there.kind not in (0, stat.S_IFREG, stat.S_IFLNK):
            raise FileFailed(told(Say.FILE_SPECIAL, path=shown(place), what=special(there.kind)))
        if not self.rules.replace:
            raise FileFailed(told(Say.FILE_EXISTS, path=shown(place)))

    async def _part(self, part: bytes, file: OpenFile) -> tuple[bytes, int]:
        """A handle to write by, and how much of the file is there already and right."""
        sftp = self.transfer.sftp
        if self.rules.resume:
            left = await sftp.there(part)
            if left is not None and left.kind in (0, stat.S_IFREG) and left.size and left.size <= file.size:
                if await self._is_beginning(part, left.size, file):
                    self.transfer.tally.came(left.size)
                    return await sftp.open(part, Open.WRITE), left.size
                await self.transfer.say("stderr", f"begun anew: what was left is another file's: {shown(part)}")
        new = Open.WRITE | Open.CREATE | Open.TRUNCATE | Open.EXCLUSIVE  # it follows no symlink that waits there
        try:
            return await sftp.open(part, new, Attrs(mode=0o600)), 0
        except Refused as error:
            if error.status != Status.FAILURE or await sftp.there(part) is None:
                raise
        await sftp.remove(part)
        return await sftp.open(part, new, Attrs(mode=0o600)), 0

    async def _is_beginning(self, part: bytes, size: int, file: OpenFile) -> bool:
        wanted = await self.transfer.near.digest(file, size)
        return await self.transfer.is_right(part, size, wanted, whole=True, sure=False)

    async def _blocks(self, handle: bytes, file: OpenFile, begin: int) -> None:
        transfer, at = self.transfer, begin
        async with Batch(transfer.flight) as batch:
            while at < file.size and batch.error is None:
                number = at // PIECE
                base, end = number * PIECE, min((number + 1) * PIECE, file.size)
                if file.is_hole(at, end):
                    transfer.tally.came(end - at)
                    at = end
                    continue
                piece = await transfer.near.piece(file, number)
                if len(piece) < end - base:
                    raise FileFailed(told(Say.FILE_SHRANK, path=shown(file.path)))
                while at < end and batch.error is None:
                    data = piece[at - base : min(at + transfer.sftp.write_block, end) - base]
                    await transfer.flight.take(len(data))
                    await transfer.sftp.session.room.wait()
                    batch.add(transfer.sftp.write(handle, at, data), partial(self._arrived, len(data)), len(data))
                    at += len(data)
                del piece

    def _arrived(self, size: int, reply: Reply) -> None:
        done(reply)
        self.transfer.tally.came(size)

    async def _checked_out(self, handle: bytes, file: OpenFile, there: Attrs | None, place: bytes) -> None:
        """Give a part that is written its size and mode, and close it."""
        sftp, status = self.transfer.sftp, file.status
        if not await self.transfer.near.is_as_opened(file):
            raise FileFailed(told(Say.FILE_CHANGED, path=shown(file.path)))
        replaced = there if there is not None and there.kind == stat.S_IFREG else None
        if self.rules.preserve:
            mode = stat.S_IMODE(status.st_mode)
        else:
            known = replaced.mode if replaced is not None and replaced.mode is not None else None
            mode = status.st_mode & _NEW_FILE if known is None else stat.S_IMODE(known)
        times = (int(status.st_atime), int(status.st_mtime)) if self.rules.preserve else None
        size = file.size if file.holes else None
        owner = None if replaced is None else replaced.owner
        if owner is not None and not await self._owned(handle, owner, place):
            mode &= 0o777  # what ran as another's must not run as ours
        setting = sftp.setting(handle, Attrs(size, None, mode, times))
        if self.rules.sync:
            done(await setting)
            await sftp.fsync(handle)
        # one round trip for all three: a server answers in order
        answers = await asyncio.gather(setting, sftp.looking(handle), sftp.closing(handle))
        done(answers[0])
        done(answers[2])
        found = attrs_of(answers[1])
        if found.size is not None and found.size != file.size:
            raise FileFailed(told(Say.FILE_REFUSED, path=shown(place), why=f"{found.size:,} bytes of {file.size:,}"))

    async def _owned(self, handle: bytes, owner: tuple[int, int], place: bytes) -> bool:
        """Whether what replaces a file belongs to whom that belonged to; else it is told."""
        sftp = self.transfer.sftp
        now = await sftp.fstat(handle)
        if now.owner in (None, owner):
            return now.owner is not None
        try:
            done(await sftp.setting(handle, Attrs(owner=owner)))
            return True
        except Refused:
            line = f"note: it belonged to {owner[0]}:{owner[1]}, which cannot be kept: {shown(place)}"
            await self.transfer.say("stderr", line)
            return False

    async def _verify(self, part: bytes, file: OpenFile, place: bytes) -> None:
        transfer = self.transfer
        wanted = await transfer.near.digest(file)
        if not await transfer.is_right(part, file.size, wanted, whole=True):
            raise FileFailed(told(Say.FILE_DIFFERS, path=shown(place)))

    async def _forget(self, part: bytes) -> None:
        with contextlib.suppress(Refused, Ended, TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self.transfer.sftp.remove(part)


class _Tree:
    """A near folder that becomes the far one `place`."""

    def __init__(self, sender: Sender, asked: NearFile, place: bytes, entries: Sequence[Entry]) -> None:
        self._sender = sender
        self._transfer = sender.transfer
        self._asked = asked
        self._near = to_bytes(asked.path)
        self._place = place
        self._entries = entries
        self._made: set[bytes] = set()
        self._lost: set[bytes] = set()

    async def sent(self) -> None:
        self._transfer.tally.expect(sum(entry.size for entry in self._entries))
        await self._transfer.at_once(self._each(), writes=True)
        if self._sender.rules.preserve:
            for entry in reversed(self._entries):
                if entry.what is What.FOLDER and not self._is_lost(entry.path):
                    attrs = Attrs(mode=entry.mode, times=entry.times)
                    place = self._far(entry.path)
                    await self._transfer.fenced(place, self._transfer.sftp.setstat(place, attrs), writes=True)

    async def _each(self) -> AsyncIterator[tuple[bytes, Awaitable[object]]]:
        for entry in self._entries:
            place = self._far(entry.path)
            if self._is_lost(entry.path):
                continue
            match entry.what:
                case What.FOLDER:
                    if not await self._transfer.fenced(place, self._folder(entry, place), writes=True):
                        self._lost.add(entry.path)
                case What.FILE:
                    yield place, self._file(entry, place)
                case What.LINK:
                    yield place, self._sender.link(entry, place)
                case What.UNREAD | What.DEEP:
                    near, why = os.path.join(self._near, entry.path), entry.leads.decode("utf-8", "replace")
                    failed = told(Say.NEAR_FILE_FAILED, path=shown(near), why=why or str(entry.what))
                    yield near, raising(FileFailed(failed))
                case _:
                    await self._transfer.skipped(os.path.join(self._near, entry.path), entry.what)

    def _far(self, path: bytes) -> bytes:
        return joined(self._place, path) if path else self._place

    def _is_lost(self, path: bytes) -> bool:
        """Whether a folder on the way to it could not be made."""
        if not self._lost:
            return False
        steps = path.split(b"/")
        return b"" in self._lost or any(b"/".join(steps[:end]) in self._lost for end in range(1, len(steps)))

    async def _folder(self, entry: Entry, place: bytes) -> None:
        sftp = self._transfer.sftp
        try:
            await sftp.mkdir(place, _NEW_FOLDER)
            self._made.add(entry.path)
        except Refused as error:
            there = await sftp.there(place)
            if there is None:
                raise
            if there.kind == stat.S_IFLNK and not entry.path:
                there = await sftp.stat(place)  # a person has named it
            if there.kind not in (0, stat.S_IFDIR):
                raise FileFailed(told(Say.FILE_NOT_FOLDER, path=shown(place))) from error
        self._transfer.number -= 1  # of what is counted, folders that are there are none

    async def _file(self, entry: Entry, place: bytes) -> None:
        follow = self._sender.rules.follow
        path = os.path.join(self._near, entry.path)
        file = await self._transfer.near.open(path, self._asked, follow=follow)
        try:
            if file.size != entry.size:
                self._transfer.tally.expect(file.size - entry.size)
            await self._sender.file(file, place, fresh=os.path.dirname(entry.path) in self._made)
        finally:
            self._transfer.near.close(file)
