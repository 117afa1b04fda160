"""What sending and fetching have in common: one session, its bounds, what is told, and files one beside the other."""

from __future__ import annotations

import asyncio
import shlex
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256

from ....model.data_class import dataclass
from ....model.errors import AtpError, CallFailed, FileFailed, TransportError
from ....model.far_paths import shown, to_text
from ....model.message import Message, told
from ....model.moving import MoveRules, MoveSink
from ....model.outcome import Command, ExitStatus, OutputSink, Stream
from ....model.say import Say
from ...near.blocks import NearFiles
from ..sftp.client import Refused, Sftp, data_of
from ..sftp.wire import Open
from .failures import near_failure, refusal
from .flight import Flight, Shares, Tally

AT_ONCE = 16
"""Files of one host that are worked on at a time: a small one takes some six round trips."""

LONGEST_DIGEST = 4096
"""Bytes that are looked at of what sha256sum says."""

MOST_TOLD = 1000
"""Entries that are told of one by one."""

Run = Callable[[Command, OutputSink], Awaitable[ExitStatus]]
"""Runs a command on the host. Raises as RunsCommands.run."""


@dataclass(slots=True)
class Checked:
    """By which means checksums were compared, and how many were right."""

    there: int = 0
    read_back: int = 0


class Transfer:
    """One transfer. `run` runs commands on the host; None: nothing but files is to be done there."""

    def __init__(self, sftp: Sftp, near: NearFiles, shares: Shares, rules: MoveRules, sink: MoveSink, run: Run | None):
        self.sftp = sftp
        self.near = near
        self.rules = rules
        self.tally = Tally(sink)
        self.flight = Flight(shares)
        self.placing = 0
        """Files that are being given their name: of these it is not known whether they have it."""
        self.failures: list[Message] = []
        self.number = 0
        """Entries that were worked on."""
        self.checked = Checked()
        self._sink = sink
        self._run = run
        self._told = 0
        self._tells = False
        """Whether failures are told one by one: the only one there is stands as the reason of the whole."""

    async def say(self, stream: Stream, line: str) -> None:
        """A line of what a person is told; remote text in it is safe already."""
        if stream == "stderr":
            self._told += 1
            if self._told > MOST_TOLD:
                return
            if self._told == MOST_TOLD:
                line = "what more there is of this kind is not told"
        room = self._sink(stream, f"{line}\n".encode("utf-8", "replace"))
        if room is not None:
            await room

    async def skipped(self, path: bytes, what: str) -> None:
        """Tell of an entry that is left out."""
        await self.say("stderr", f"skipped: {shown(path)}: {what}")

    async def fenced(self, path: bytes, work: Awaitable[object], *, writes: bool) -> bool:
        """Do the work about one path; a failure is told, and is that path's alone. Whether it went well.

        Raises where nothing more can go well: the session is over, or the disk full.
        """
        self.number += 1
        try:
            await work
            return True
        except FileFailed as error:
            failure = error
        except Refused as error:
            failure = await refusal(self.sftp, error, path, writes=writes)
        except OSError as error:
            failure = near_failure(error, path)
        self.failures.append(failure.reason)
        if self.number > 1 and not self._tells:
            self._tells = True
            for each in self.failures:
                await self.say("stderr", f"failed: {each}")
        elif self._tells:
            await self.say("stderr", f"failed: {failure.reason}")
        if failure.reason.id == Say.FILE_FULL:
            raise failure
        return False

    async def at_once(self, entries: AsyncIterator[tuple[bytes, Awaitable[object]]], *, writes: bool) -> None:
        """Do what comes of `entries`, AT_ONCE at a time; no more are asked for than can be begun."""
        waiting: asyncio.Queue[tuple[bytes, Awaitable[object]] | None] = asyncio.Queue(AT_ONCE)

        async def work() -> None:
            while (entry := await waiting.get()) is not None:
                await self.fenced(*entry, writes=writes)

        async def feed() -> None:
            async for entry in entries:
                await waiting.put(entry)
            for _ in range(AT_ONCE):
                await waiting.put(None)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(work())
                group.create_task(feed())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            while not waiting.empty():
                entry = waiting.get_nowait()
                if entry is not None and asyncio.iscoroutine(entry[1]):
                    entry[1].close()

    # -- checksums -----------------------------------------------------------------------------------------------

    async def is_right(self, path: bytes, size: int, wanted: str, *, whole: bool, sure: bool = True) -> bool:
        """Whether that is the SHA-256 of the first `size` bytes of a far file: by a command there, else by reading them
        back. `sure`: they are read back as well where the command says no: it may see other files (chroot)."""
        found = await self.far_beginning(path, None if whole else size)
        if found == wanted:
            self.checked.there += 1
            return True
        if found and not sure:
            return False
        right = await self.read_back(path, size) == wanted
        self.checked.read_back += right
        return right

    async def far_beginning(self, path: bytes, size: int | None) -> str:
        """The SHA-256 of the first `size` bytes of a far file (None: all), by a command there; "" where none runs."""
        quoted = shlex.quote(to_text(path))
        line = f"sha256sum < {quoted}" if size is None else f"head -c {size} < {quoted} | sha256sum"
        return await self._said(line) if self._run is not None else ""

    async def read_back(self, path: bytes, size: int) -> str:
        """The SHA-256 of the first `size` bytes of a far file, which come over for it."""
        handle = await self.sftp.open(path, Open.READ)
        found, block = sha256(), self.sftp.read_block
        try:
            ahead: deque[tuple[int, asyncio.Future[tuple[int, bytes]]]] = deque()
            at = asked = 0
            while at < size:
                while asked < size and len(ahead) < 8:
                    ahead.append((asked, self.sftp.read(handle, asked, min(block, size - asked))))
                    asked = min(asked + block, size)
                begin, answer = ahead.popleft()
                data = data_of(await answer)
                if not data:
                    break
                found.update(data)
                at = begin + len(data)
                wanted = min(begin + block, size)
                if at < wanted:  # less than was asked for: the rest comes next
                    ahead.appendleft((at, self.sftp.read(handle, at, wanted - at)))
        finally:
            self.sftp.forget(handle)
        return found.hexdigest()

    async def _said(self, line: str) -> str:
        heard = bytearray()

        def output(stream: Stream, data: bytes) -> None:
            if stream == "stdout" and len(heard) < LONGEST_DIGEST:
                heard.extend(data)

        assert self._run is not None
        try:
            status = await self._run(Command(line), output)
        except (CallFailed, TransportError):
            self._run = None  # a host that runs nothing is asked once
            return ""
        found = bytes(heard).split(b" ", 1)[0].decode("ascii", "replace")
        if status.status != 0 or len(found) != 64 or not all(each in "0123456789abcdef" for each in found):
            self._run = None
            return ""
        return found

    # -- the end -------------------------------------------------------------------------------------------------

    async def ended(self, verb: str) -> ExitStatus:
        """Tell what it came to. Raises FileFailed where all that there was has failed."""
        self.tally.tell()
        if self.failures and not self.tally.files:
            raise FileFailed(self._partly())
        files = self.tally.files
        words = f"{verb} {files:,} file{'s' * (files != 1)}, {self.tally.done:,} bytes"
        by = [
            f"{number:,} checksum{'s' * (number != 1)} right ({how})"
            for number, how in ((self.checked.there, "sha256sum there"), (self.checked.read_back, "read back"))
            if number
        ]
        await self.say("stdout", "; ".join([words, *by]))
        if self.failures:
            raise FileFailed(self._partly())
        return ExitStatus(0)

    def _partly(self) -> Message:
        if self.number == 1:
            return self.failures[0]
        return told(Say.FILES_PARTLY, failed=len(self.failures), number=self.number, why=self.failures[0])


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of several errors that end a transfer, the most telling."""
    found = [each for each in errors.exceptions if not isinstance(each, BaseExceptionGroup)]
    found += [_first(each) for each in errors.exceptions if isinstance(each, BaseExceptionGroup)]
    return next((each for each in found if isinstance(each, AtpError)), found[0])
