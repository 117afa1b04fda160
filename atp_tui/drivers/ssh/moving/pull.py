"""Files fetched from one host into a folder of this machine. What the host says of names and links is not believed."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import AsyncIterator, Awaitable
from functools import partial

from ....model.errors import FileFailed
from ....model.far_paths import (
    far_bytes,
    is_name,
    is_pattern,
    joined,
    matches,
    part_name,
    shown,
    stays_within,
    steps_of,
    to_bytes,
)
from ....model.message import told
from ....model.moving import Pull
from ....model.outcome import ExitStatus
from ....model.say import Say
from ...near.folders import NearFolder, opened
from ..sftp.client import Refused, data_of
from ..sftp.session import Reply
from ..sftp.wire import Attrs, Open
from . import arriving
from .failures import raising, special
from .flight import Batch
from .transfer import Transfer

MOST_NAMES = 1_000_000
"""Entries that one host may list."""

MOST_DEEP = 128
"""Folders within folders."""

MOST_UNMEASURED = 16 << 20
"""Bytes of a file that is said to be empty, as those of /proc are."""

_ZEROS = bytes(256 * 1024)


async def pulled(transfer: Transfer, asked: Pull) -> ExitStatus:
    """Fetch what is asked for. Raises FileFailed, and what the session ends with."""
    fetcher = _Fetcher(transfer, await _top(transfer, asked))
    try:
        far = far_bytes(asked.far)
        paths = await fetcher.expanded(far)
        if not paths:
            raise FileFailed(told(Say.FILE_NO_MATCH, path=shown(far)))
        await transfer.at_once(fetcher.wanted(paths), writes=False)
        await fetcher.folders_are_done()
        return await transfer.ended("fetched")
    finally:
        fetcher.close()


async def _top(transfer: Transfer, asked: Pull) -> NearFolder:
    path = to_bytes(asked.near)
    try:
        return await transfer.near.thread.begin(lambda: opened(path))
    except OSError as error:
        why = error.strerror or str(error)
        raise FileFailed(told(Say.NEAR_FILE_FAILED, path=shown(path), why=why)) from error


class _Fetcher:
    """Fetches single files, folders and symlinks below a near folder."""

    def __init__(self, transfer: Transfer, top: NearFolder) -> None:
        self.transfer = transfer
        self._top = top
        self._names = 0
        self._taken: set[bytes] = set()
        self._folders = {top}
        self._like: dict[NearFolder, Attrs] = {}
        """Folders that get the mode and times of the far ones once all in them is there."""
        self._unlike: list[OSError] = []
        """Why some of them did not get these."""

    def close(self) -> None:
        for folder in self._folders:  # work that was never begun has let go of none
            self.transfer.near.thread.later(folder.close)
        self._folders.clear()

    # -- what is meant -------------------------------------------------------------------------------------------

    async def expanded(self, far: bytes) -> list[tuple[bytes, Attrs | None]]:
        """The far paths that are meant, where they have signs that stand for more; what is called so itself counts."""
        sftp = self.transfer.sftp
        if not is_pattern(far) or await sftp.there(far) is not None:
            return [(far, None)]
        start, steps = steps_of(far)
        found: list[tuple[bytes, Attrs | None]] = [(start, None)]
        for place, step in enumerate(steps):
            last = place == len(steps) - 1
            more: list[tuple[bytes, Attrs | None]] = []
            for folder, _ in found:
                if not is_pattern(step):
                    there = await sftp.there(joined(folder, step))
                    more += [(joined(folder, step), there)] if there is not None else []
                    continue
                try:
                    async for name, attrs in self._listed(folder):
                        if matches(name, step) and (last or attrs.kind in (0, stat.S_IFDIR, stat.S_IFLNK)):
                            more.append((joined(folder, name), attrs))
                except Refused:
                    if place == 0:
                        raise
            found = more
        return found

    async def _listed(self, folder: bytes) -> AsyncIterator[tuple[bytes, Attrs]]:
        """The entries of a far folder whose names are names."""
        sftp = self.transfer.sftp
        handle = await sftp.opendir(folder)
        try:
            while (names := await sftp.readdir(handle)) is not None:
                self._names += len(names) or 1
                if self._names > MOST_NAMES:
                    raise FileFailed(told(Say.FILE_TOO_MANY, path=shown(folder), number=MOST_NAMES))
                for name, attrs in names:
                    if name in (b".", b".."):
                        continue
                    if not is_name(name):
                        unsafe = told(Say.FILE_UNSAFE, path=shown(folder + b": " + name[:255]))
                        await self.transfer.fenced(folder, raising(FileFailed(unsafe)), writes=False)
                        continue
                    yield name, attrs
        finally:
            sftp.forget(handle)

    async def wanted(self, paths: list[tuple[bytes, Attrs | None]]) -> AsyncIterator[tuple[bytes, Awaitable[object]]]:
        """What is to be done for these paths. A symlink that a person has named is followed."""
        for path, attrs in paths:
            name = posixpath.basename(path.rstrip(b"/"))
            try:
                if attrs is None or attrs.kind in (0, stat.S_IFLNK):
                    attrs = await self.transfer.sftp.stat(path)
            except Refused as error:
                yield path, raising(error)
                continue
            contents = not is_name(name)
            if not contents and name in self._taken:
                yield path, raising(FileFailed(told(Say.FILE_TWICE, path=shown(path))))
                continue
            self._taken.add(name)
            if attrs.kind == stat.S_IFDIR:
                async for each in self._folder(path, b"" if contents else name, attrs):
                    yield each
            elif attrs.kind in (0, stat.S_IFREG):
                self.transfer.tally.expect(attrs.size or 0)
                yield path, self._file(path, self._held(self._top), name, attrs)
            else:
                yield path, raising(FileFailed(told(Say.FILE_SPECIAL, path=shown(path), what=special(attrs.kind))))

    async def _folder(self, path: bytes, name: bytes, attrs: Attrs) -> AsyncIterator[tuple[bytes, Awaitable[object]]]:
        """A far folder, and all below it; one far folder is listed at a time."""
        waiting = [(path, self._held(self._top), name, name, attrs, 0)]
        try:
            while waiting:
                path, above, name, below, attrs, depth = waiting.pop()
                here = await self._made(path, above, name, attrs)
                if here is None:
                    continue
                try:
                    inner: list[tuple[bytes, NearFolder, bytes, bytes, Attrs, int]] = []
                    async for each, found in self._listed(path):
                        far = joined(path, each)
                        if found.kind == 0:
                            found = await self.transfer.sftp.lstat(far)
                        what = found.kind
                        if what == stat.S_IFDIR and depth < MOST_DEEP:
                            inner.append((far, self._held(here), each, os.path.join(below, each), found, depth + 1))
                        elif what in (0, stat.S_IFREG):
                            self.transfer.tally.expect(found.size or 0)
                            yield far, self._file(far, self._held(here), each, found)
                        elif what == stat.S_IFLNK:
                            yield far, self._link(far, self._held(here), each, os.path.join(below, each), name)
                        elif what == stat.S_IFDIR:
                            why = f"more than {MOST_DEEP} folders within folders"
                            yield far, raising(FileFailed(told(Say.FILE_REFUSED, path=shown(far), why=why)))
                        else:
                            await self.transfer.skipped(far, special(what))
                    waiting += reversed(inner)
                except Refused as error:
                    waiting += reversed(inner)
                    await self.transfer.fenced(path, raising(error), writes=False)
                finally:
                    self._release(here)
        finally:
            for left in waiting:
                self._release(left[1])

    async def _made(self, path: bytes, above: NearFolder, name: bytes, attrs: Attrs) -> NearFolder | None:
        """The near folder for a far one; None where it cannot be, which was told."""
        made: list[NearFolder] = []

        async def make() -> None:
            if name:
                made.append(await self.transfer.near.thread.begin(lambda: above.folder(name)))
                self._folders.add(made[0])
            else:
                made.append(self._held(above))
            self.transfer.number -= 1  # of what is counted, folders that are there are none

        try:
            await self.transfer.fenced(path, make(), writes=False)
        finally:
            self._release(above)
        if made and name and self.transfer.rules.preserve:
            self._like[made[0]] = attrs
        return made[0] if made else None

    async def folders_are_done(self) -> None:
        """Wait until folders have the modes and times of the far ones. Raises OSError where one cannot have them."""
        await self.transfer.near.thread.begin(lambda: None)  # it comes after all that was begun
        if self._unlike:
            raise self._unlike[0]

    # -- one entry -----------------------------------------------------------------------------------------------

    async def _link(self, far: bytes, folder: NearFolder, name: bytes, below: bytes, _top: bytes) -> None:
        try:
            target = await self.transfer.sftp.readlink(far)
            if not stays_within(below, target):
                self.transfer.number -= 1
                await self.transfer.skipped(far, f"a symlink that leads out of the folder: {shown(target)}")
                return
            replace = self.transfer.rules.replace
            await self.transfer.near.thread.begin(lambda: folder.link(name, target, replace=replace))
            self.transfer.tally.whole()
        except FileExistsError as error:
            raise FileFailed(told(Say.FILE_EXISTS, path=shown(name))) from error
        finally:
            self._release(folder)

    async def _file(self, far: bytes, folder: NearFolder, name: bytes, known: Attrs) -> None:
        try:
            await self._fetch(far, folder, name, known)
        finally:
            self._release(folder)
        self.transfer.tally.whole()

    async def _fetch(self, far: bytes, folder: NearFolder, name: bytes, known: Attrs) -> None:
        sftp, thread, rules = self.transfer.sftp, self.transfer.near.thread, self.transfer.rules
        handle = await sftp.open(far, Open.READ)
        descriptor, part, whole = -1, b"", False
        try:
            first = await sftp.fstat(handle)
            if first.kind not in (0, stat.S_IFREG):
                raise FileFailed(told(Say.FILE_SPECIAL, path=shown(far), what=special(first.kind)))
            size = first.size or 0
            self.transfer.tally.expect(size - (known.size or 0))
            part = part_name(name, (size, first.times and first.times[1]))
            there, descriptor, left = await thread.begin(lambda: arriving.begun(folder, name, part, rules))
            if there == stat.S_IFDIR:
                raise FileFailed(told(Say.FILE_IS_FOLDER, path=shown(name)))
            if there is not None and there not in arriving.REPLACED:
                raise FileFailed(told(Say.FILE_SPECIAL, path=shown(name), what=special(there)))
            if descriptor < 0:
                raise FileFailed(told(Say.FILE_EXISTS, path=shown(name)))
            begin = await self._beginning(far, descriptor, left, size)
            if size:
                await self._blocks(far, handle, descriptor, begin, size)
            else:
                size = await self._unmeasured(far, handle, descriptor)
            await self._told_of_change(far, handle, first)
            mode = arriving.mode_of(first, preserve=rules.preserve)
            times = first.times if rules.preserve else None
            if rules.verify:
                await thread.begin(lambda: os.ftruncate(descriptor, size))
                await self._verify(far, descriptor, size)

            def finish() -> None:
                arriving.finish(descriptor, size, mode, times, sync=rules.sync)
                folder.place(part, name, replace=rules.replace)

            await thread.begin(finish)
            whole = True
        except FileExistsError as error:
            raise FileFailed(told(Say.FILE_EXISTS, path=shown(name))) from error
        finally:
            sftp.forget(handle)
            if descriptor >= 0:
                thread.later(partial(os.close, descriptor))
                if not whole and not rules.resume and not self.transfer.sftp.session.is_over:
                    held = self._held(folder)
                    thread.later(lambda: held.forget(part))
                    self._release(held)

    async def _beginning(self, far: bytes, descriptor: int, left: int, size: int) -> int:
        """How much of a file that was left is right; the rest is thrown away."""
        if not left:
            return 0
        transfer = self.transfer
        if left <= size:
            there = await transfer.far_beginning(far, left)
            if there and there == await transfer.near.thread.begin(lambda: transfer.near.digest_of(descriptor, left)):
                transfer.checked.there += 1
                transfer.tally.came(left)
                return left
            why = "what was left is not its beginning" if there else "no checksum is to be had there"
            await transfer.say("stderr", f"begun anew: {why}: {shown(far)}")
        await transfer.near.thread.begin(lambda: os.ftruncate(descriptor, 0))
        return 0

    async def _blocks(self, far: bytes, handle: bytes, descriptor: int, begin: int, size: int) -> None:
        transfer, at = self.transfer, begin
        async with Batch(transfer.flight) as batch:

            def ask(at: int, wanted: int) -> None:
                batch.add(transfer.sftp.read(handle, at, wanted), partial(came, at, wanted), wanted)

            def came(at: int, wanted: int, reply: Reply) -> None:
                data = data_of(reply)
                if not data:
                    raise FileFailed(told(Say.FILE_SHRANK, path=shown(far)))
                if len(data) > wanted:
                    raise FileFailed(told(Say.FILE_REFUSED, path=shown(far), why="more came than was asked for"))
                if len(data) < wanted and batch.error is None:
                    transfer.flight.more(wanted - len(data))
                    ask(at + len(data), wanted - len(data))
                if data == _ZEROS[: len(data)]:  # a hole is left; the file gets its size at the end
                    transfer.tally.came(len(data))
                    return
                transfer.flight.more(len(data))
                writing = transfer.near.thread.begin(lambda: arriving.write(descriptor, data, at))
                batch.add(writing, lambda _: transfer.tally.came(len(data)), len(data))

            while at < size and batch.error is None:
                wanted = min(transfer.sftp.read_block, size - at)
                await transfer.flight.take(wanted)
                ask(at, wanted)
                at += wanted

    async def _unmeasured(self, far: bytes, handle: bytes, descriptor: int) -> int:
        """Read a file that is said to be empty to its end; its bytes."""
        sftp, at = self.transfer.sftp, 0
        while at < MOST_UNMEASURED and (data := data_of(await sftp.read(handle, at, sftp.read_block))):
            await self.transfer.near.thread.begin(partial(arriving.write, descriptor, data, at))
            at += len(data)
            self.transfer.tally.expect(len(data))
            self.transfer.tally.came(len(data))
        if at >= MOST_UNMEASURED:
            why = f"it says that it is empty, and has more than {MOST_UNMEASURED:,} bytes"
            raise FileFailed(told(Say.FILE_REFUSED, path=shown(far), why=why))
        return at

    async def _told_of_change(self, far: bytes, handle: bytes, first: Attrs) -> None:
        last = await self.transfer.sftp.fstat(handle)
        if (last.size, last.times and last.times[1]) == (first.size, first.times and first.times[1]):
            return
        if (last.size or 0) < (first.size or 0):
            raise FileFailed(told(Say.FILE_SHRANK, path=shown(far)))
        line = f"note: it changed while it was read; what is here is its first {first.size or 0:,} bytes: {shown(far)}"
        await self.transfer.say("stderr", line)

    async def _verify(self, far: bytes, descriptor: int, size: int) -> None:
        transfer = self.transfer
        here = await transfer.near.thread.begin(lambda: transfer.near.digest_of(descriptor, size))
        if not await transfer.is_right(far, size, here, whole=False):
            raise FileFailed(told(Say.FILE_DIFFERS, path=shown(far)))

    # -- near folders, closed by the thread that uses them ------------------------------------------------------

    @staticmethod
    def _held(folder: NearFolder) -> NearFolder:
        folder.users += 1
        return folder

    def _release(self, folder: NearFolder) -> None:
        folder.users -= 1
        if not folder.users and folder in self._folders:
            self._folders.discard(folder)
            self.transfer.near.thread.later(partial(self._done, folder, self._like.pop(folder, None)))

    def _done(self, folder: NearFolder, attrs: Attrs | None) -> None:
        # at once: a descriptor for each folder until the end would be more than a process may have
        try:
            if attrs is not None:
                arriving.made_like(folder.descriptor, attrs)
        except OSError as error:
            self._unlike.append(error)
        finally:
            folder.close()
