"""The whole output of targets that said more than is kept: a gzip file for each stream, written by a thread of its own.

A file is a row of gzip members (RFC 1952), one for each piece: what was written before a kill, or before a disk was
full, can be read. It is `spilled/JOB/HOST.out.gz` beside the file of jobs, for its owner alone; one that is not whole
is called `HOST.out.cut.gz`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from ..model.exhausted import exhausted
from ..model.file_names import host_file_name
from ..model.outcome import Stream
from ..model.target import TargetId

PIECE = 64 << 10
"""Bytes of a member of a file, which wait in memory until there are so many."""

WAITING = 4 << 20
"""Bytes that may wait for the thread before senders wait for it."""

MOST_OF_JOB = 1 << 30
"""Bytes of the files of one job, compressed."""

MOST = 2 << 30
"""Bytes of the files of all jobs: for more the oldest jobs' go. A terabyte of zeros is one gigabyte here."""

YOUNG = 60.0
"""Seconds for which the files of a job stay that is in no log: its record may be on its way there."""

CLOSE_LIMIT = 2.0
"""Seconds that the end waits for the last pieces."""

SUFFIXES: dict[Stream, str] = {"stdout": ".out", "stderr": ".err"}

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class SpillFiles:
    """As executor.spilling.Spill. `told` hears, on the event loop and once a job, why its files are not whole."""

    def __init__(self, folder: Path, told: Callable[[str], object]) -> None:
        self._folder = folder
        self._told = told
        self._pieces: dict[tuple[str, TargetId, Stream], bytearray] = {}
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._waiting = 0
        self._room: asyncio.Future[None] | None = None
        self._sizes: dict[str, int] = {}  # of jobs, as the thread has written them
        self._lost: set[str] = set()  # jobs of which nothing more is written

    def add(self, job: str, target: TargetId, stream: Stream, data: bytes) -> None:
        """As Spill.add."""
        piece = self._pieces.setdefault((job, target, stream), bytearray())
        piece += data
        if len(piece) >= PIECE:
            self._flush(job, target, stream)

    def room(self) -> asyncio.Future[None] | None:
        """As Spill.room."""
        if self._waiting <= WAITING or self._loop is None:
            return None
        if self._room is None or self._room.done():
            self._room = self._loop.create_future()
        return self._room

    def restart(self, job: str, target: TargetId) -> None:
        """As Spill.restart."""
        for stream in SUFFIXES:
            self._pieces.pop((job, target, stream), None)
        self._put(lambda: self._remove(job, target), 0)

    def end(self, job: str, target: TargetId) -> None:
        """As Spill.end."""
        for stream in SUFFIXES:
            if (job, target, stream) in self._pieces:
                self._flush(job, target, stream)

    def folder(self, job: str) -> str:
        """As Spill.folder."""
        found = self._folder / job
        return str(found) if job.isalnum() and os.path.isdir(found) else ""

    def files(self, job: str) -> tuple[tuple[str, int], ...]:
        """The files of a job, with their sizes in bytes, by name. Raises OSError."""
        if not (folder := self.folder(job)):
            return ()
        with os.scandir(folder) as entries:
            return tuple(sorted((entry.path, entry.stat().st_size) for entry in entries if entry.is_file()))

    def jobs(self, age: float = 0.0) -> tuple[str, ...]:
        """The ids of jobs that have had files for so many seconds, the oldest first; none where they cannot be read."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            made = sorted((entry.stat().st_mtime, entry.name) for entry in entries)
            return tuple(name for at, name in made if at <= time.time() - age)
        return ()

    def forget(self, jobs: Collection[str]) -> None:
        """Remove the files of these jobs, and those of the oldest where all together are too large."""
        there = tuple(jobs)
        self._put(lambda: self._sweep(there), 0)

    async def close(self) -> None:
        """Write what waits, in CLOSE_LIMIT seconds at most."""
        for job, target, stream in list(self._pieces):
            self._flush(job, target, stream)
        if self._ended is not None:
            self._queue.put(None)
            ended, self._ended = self._ended, None
            try:
                async with asyncio.timeout(CLOSE_LIMIT):
                    await ended
            except TimeoutError:
                self._told(
                    f"the disk is too slow: the last output beyond what is kept may be missing in {self._folder}"
                )

    def _flush(self, job: str, target: TargetId, stream: Stream) -> None:
        data = bytes(self._pieces.pop((job, target, stream)))
        if data:
            self._put(lambda: self._write(job, target, stream, data), len(data))

    def _put(self, act: Callable[[], None], size: int) -> None:
        if self._ended is None:
            self._loop = asyncio.get_running_loop()
            self._ended = self._loop.create_future()
            self._queue = queue.SimpleQueue()
            try:
                threading.Thread(target=self._run, args=(self._queue, self._ended), name="spill", daemon=True).start()
            except RuntimeError as error:
                self._ended = None
                self._told(f"output beyond what is kept cannot be written: {exhausted(error) or error}")
                return
        self._waiting += size

        def work() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - a thread that has gone would hold up all senders for good
                self._post(self._told, f"output beyond what is kept is not all there: {exhausted(error) or error!r}")
            finally:
                self._post(self._written, size)

        self._queue.put(work)

    def _written(self, size: int) -> None:
        self._waiting -= size
        if self._waiting <= WAITING and self._room is not None and not self._room.done():
            self._room.set_result(None)

    # All methods from here on run on the thread.

    def _run(self, queue: queue.SimpleQueue[Callable[[], None] | None], ended: asyncio.Future[None]) -> None:
        while (act := queue.get()) is not None:
            act()
        self._post(_over, ended)

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program did not wait for this disk
            self._loop.call_soon_threadsafe(function, *arguments)

    def _write(self, job: str, target: TargetId, stream: Stream, data: bytes) -> None:
        import gzip  # not before it is needed

        if job in self._lost:
            return
        path = self._path(job, target, stream)
        try:
            if self._sizes.get(job, 0) >= MOST_OF_JOB:
                raise OSError(0, f"its files have {MOST_OF_JOB >> 30} GiB")
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sizes[job] = self._sizes.get(job, 0) + _appended(path, gzip.compress(data, 1, mtime=0))
        except (OSError, MemoryError) as error:
            self._lost.add(job)
            for file in self._all_of(job):
                with contextlib.suppress(OSError):
                    file.rename(file.with_name(file.name.removesuffix(".gz") + ".cut.gz"))
            why = f"{getattr(error, 'strerror', '') or exhausted(error) or repr(error)}: {path.parent}"
            self._post(self._told, f"what hosts say beyond what is kept of it is not all there: {why}")

    def _all_of(self, job: str) -> list[Path]:
        """The files of a job that may not be whole. It is not known which hosts would have said more."""
        with contextlib.suppress(OSError):
            return [each for each in (self._folder / job).iterdir() if not each.name.endswith(".cut.gz")]
        return []

    def _remove(self, job: str, target: TargetId) -> None:
        for stream in SUFFIXES:
            with contextlib.suppress(OSError):
                self._path(job, target, stream).unlink()

    def _path(self, job: str, target: TargetId, stream: Stream) -> Path:
        return self._folder / job / host_file_name(str(target), f"{SUFFIXES[stream]}.gz")

    def _sweep(self, jobs: Collection[str]) -> None:
        import shutil  # not before it is needed

        for job in jobs:
            if job not in self._sizes:
                shutil.rmtree(self._folder / job, ignore_errors=True)
        left = [(job, sum(size for _, size in _sized(self._folder / job))) for job in self.jobs()]
        total = sum(size for _, size in left)
        for job, size in left:
            if total <= MOST:
                break
            if job not in self._sizes:  # of this program, and perhaps being written
                shutil.rmtree(self._folder / job, ignore_errors=True)
                total -= size


def _appended(path: Path, data: bytes) -> int:
    """Append a member whole, or not at all. Raises OSError."""
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
    return len(data)


def _sized(folder: Path) -> list[tuple[str, int]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [(entry.name, entry.stat(follow_symlinks=False).st_size) for entry in entries]
    return []


def _over(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
