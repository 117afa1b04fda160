"""The log of jobs in a file of the user's own.

Nothing of SQLite is loaded here: the thread does that, while the event loop has other things to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..executor.away import PickUp, Waiting
from ..executor.log import Ending, JobRecord
from ..executor.spec import JobSpec
from ..model.target import TargetId
from ..transport.clock import Clock
from .backlog import Rank
from .begun import BegunFiles, Left, directory
from .retention import Retention
from .spill import YOUNG, SpillFiles
from .thread import MOST_WAITING, StorageThread

if TYPE_CHECKING:
    import sqlite3

    from .keeper import Keeper
    from .place import Place, Told
    from .schema import Steps
    from .specs import Kinds
    from .trimming import Pruned

    Databases = Sequence[sqlite3.Connection]

_ROW = 400
"""Bytes that an ending is taken to need beside its texts."""


class JobStore:
    """The JobLog that outlives the program. Use it as an async context manager, on one event loop.

    `path` None keeps jobs in memory. `told` is called on the event loop, once for each change, with words for a person:
    that the file cannot be written, that it was set aside, that something was left out. They may hold a path, and are
    not yet safe for a terminal. The standard input of a command is not kept, for it may hold a password; its command
    line and output are, in a file that its owner alone may read (0600).

    Where the disk is too slow, outputs are left out first, then results, and last whole jobs: a job of which the
    beginning is missing is missing as a whole.

    `kinds` has the dataclass of each kind of work, by which its fields are read; work of another kind comes back as
    OpaqueWork. `place` is how the file is opened: for tests.
    """

    def __init__(
        self,
        path: Path | None,
        told: Told,
        retention: Retention | None = None,
        clock: Clock | None = None,
        most_waiting: int = MOST_WAITING,
        kinds: Kinds | None = None,
        place: Callable[[Path, Steps, Told], Place] | None = None,
    ) -> None:
        self._path = path
        self._retention = retention or Retention()
        self._place = place
        self._thread = StorageThread(self._made, told, clock, most_waiting)
        self._kinds = kinds
        self._left_out: set[str] = set()
        self._begun: BegunFiles | None = None
        self.spill = None if path is None else SpillFiles(path.with_name("spilled"), told)
        """As JobLog.spill."""
        self._sweeping: asyncio.Task[None] | None = None

    def _made(self, told: Told) -> Keeper:
        """On the thread."""
        from .keeper import Keeper
        from .place import Place
        from .steps import STEPS
        from .tables import JobTables

        file = None if self._path is None else (self._place or Place)(self._path, STEPS, told)
        return Keeper(file, STEPS, JobTables(self._retention), told)

    async def __aenter__(self) -> Self:
        self._thread.start()
        if self._path is not None:
            self._begun = BegunFiles(self._path, directory())
            for left in self._begun.left():
                self._thread.put(partial(_settle, left=left), Rank.RECORD, _ROW)
        if self.spill is not None and self.spill.jobs():
            self._sweeping = asyncio.create_task(self._sweep(self.spill), name="spill")
        return self

    async def _sweep(self, spill: SpillFiles) -> None:
        """Remove the files of jobs that are not kept any more."""
        there = spill.jobs(YOUNG)

        def read(databases: Databases) -> tuple[str, ...] | None:
            from .heads import read_gone

            return read_gone(databases, there)

        if (gone := await self._thread.ask(read, None)) is not None:
            spill.forget(gone)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])
        if self.spill is not None:
            await self.spill.close()
        await self._thread.close()

    def begun(self, spec: JobSpec) -> None:
        """A job was accepted."""
        size = _ROW + 2 * len(spec.work.title) + 64 * len(spec.targets)
        if not self._thread.put(partial(_put_spec, spec=spec), Rank.RECORD, size):
            self._left_out.add(spec.id)
        elif self._begun is not None:
            self._begun.begin(spec.id, spec.targets)

    def begins(self, job: str, target: TargetId) -> None:
        """As JobLog.begins."""
        if self._begun is not None:
            self._begun.set(job, target)

    def ended(self, job: str, endings: Sequence[Ending], texts: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        """Targets have ended; each output that has no room is left out by itself."""
        if job in self._left_out:
            self._thread.refuse(Rank.ENDINGS, len(endings))
            return
        size = sum(_ROW + len(ending.error or "") for ending in endings)
        kept = tuple(endings)
        if not self._thread.put(partial(_put_endings, job=job, endings=kept), Rank.ENDINGS, size, len(kept)):
            return
        at = max((ending.at for ending in kept), default=0.0)
        for text in texts:
            size = _ROW + len(text[1]) + len(text[2])
            self._thread.put(partial(_put_text, at=at, text=text), Rank.TEXT, size)

    def finished(self, job: str, at: float) -> None:
        """Every target has ended."""
        if job in self._left_out:
            self._left_out.discard(job)
            return
        self._thread.put(partial(_put_finished, job=job, at=at), Rank.RECORD, _ROW)
        if self._begun is not None:
            self._begun.end(job)

    async def jobs(self, limit: int = 100) -> tuple[JobRecord, ...]:
        """The newest jobs, newest first; none where the disk does not answer."""

        def read(databases: Databases) -> tuple[JobRecord, ...]:
            from .heads import read_jobs

            return read_jobs(databases, limit)

        return await self._thread.ask(read, ())

    async def find(self, name: str) -> tuple[JobRecord, ...]:
        """As JobLog.find; none where the disk does not answer."""

        def read(databases: Databases) -> tuple[JobRecord, ...]:
            from .heads import read_found

            return read_found(databases, name)

        return await self._thread.ask(read, ())

    async def spec(self, job: str) -> JobSpec | None:
        """As JobLog.spec; None where the disk does not answer."""

        def read(databases: Databases) -> JobSpec | None:
            from .specs import KINDS
            from .tables import read_spec

            return read_spec(databases, job, self._kinds or KINDS)

        return await self._thread.ask(read, None)

    async def endings(self, job: str) -> tuple[Ending, ...]:
        """How the targets of a job ended, in the order in which they did; none where the disk does not answer."""

        def read(databases: Databases) -> tuple[Ending, ...]:
            from .tables import read_endings

            return read_endings(databases, job)

        return await self._thread.ask(read, ())

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        """Standard output and standard error under a digest; None where they are not kept, or cannot be read."""

        def read(databases: Databases) -> tuple[bytes, bytes] | None:
            from .tables import read_text

            return read_text(databases, digest)

        return await self._thread.ask(read, None)

    async def cut_short(self) -> tuple[JobRecord, ...]:
        """The jobs whose program ended before they did, newest first, each once and for all: it is told now."""

        def read(databases: Databases) -> tuple[JobRecord, ...]:
            from .heads import read_cut_short

            return read_cut_short(databases)

        nothing: tuple[JobRecord, ...] = ()
        found = await self._thread.ask(read, nothing)
        if found:
            told = tuple([record.id for record in found])
            self._thread.put(partial(_put_told, jobs=told), Rank.RECORD, _ROW * len(told))
        return found

    async def prune(self, before: float) -> Pruned:
        """Delete the jobs that were asked for before a wall-clock moment, but none that runs; what was deleted."""
        from .trimming import Pruned, prune

        total = Pruned()
        more = True
        while more:
            found = await self._thread.ask(partial(prune, before=before), Pruned(), writes=True)
            total, more = total.with_(found), found.more
        if self.spill is not None and self.spill.jobs():
            await self._sweep(self.spill)
        return total._replace(more=False)

    async def waiting(self, fleet: str | None = None, job: str | None = None) -> tuple[Waiting, ...]:
        """As JobLog.waiting; none where the disk does not answer."""

        def read(databases: Databases) -> tuple[Waiting, ...]:
            from .away import read_waiting

            return read_waiting(databases, time.time(), fleet, job)

        return await self._thread.ask(read, ())

    async def take(self, job: str, targets: Collection[TargetId], *, cancelled: bool = False) -> tuple[TargetId, ...]:
        """As JobLog.take; none where the disk does not answer in time: what was to be run then waits on."""
        had: list[TargetId] = []

        def claim(databases: Databases) -> tuple[TargetId, ...]:
            from .away import take

            had[:] = take(databases, job, targets, cancelled=cancelled)
            return tuple(had)

        nothing: tuple[TargetId, ...] = ()
        found = nothing
        try:
            found = await self._thread.ask(claim, nothing, writes=True)
        finally:
            if not found:  # the claim may come yet, and nobody is left to run it: it is given back behind it
                self._thread.put(partial(_put_ran, job=job, targets=had, ran_in=None), Rank.RECORD, _ROW)
        return found

    def ran(self, job: str, targets: Collection[TargetId], ran_in: str | None) -> None:
        """As JobLog.ran."""
        size = _ROW * max(1, len(targets))
        self._thread.put(partial(_put_ran, job=job, targets=tuple(targets), ran_in=ran_in), Rank.RECORD, size)

    async def pickups(self, job: str) -> tuple[PickUp, ...]:
        """As JobLog.pickups; none where the disk does not answer."""

        def read(databases: Databases) -> tuple[PickUp, ...]:
            from .away import read_pickups

            return read_pickups(databases, job)

        return await self._thread.ask(read, ())

    async def is_there(self) -> bool:
        """Whether the file can be read: where it cannot, there are the jobs of this program alone."""
        return await self._thread.ask(lambda databases: bool(databases), False)


# What the thread calls, with the database; SQLite is loaded by then.


def _put_spec(db: sqlite3.Connection, spec: JobSpec) -> None:
    from .identity import own_identity
    from .tables import put_spec

    put_spec(db, spec, own_identity())


def _put_endings(db: sqlite3.Connection, job: str, endings: Sequence[Ending]) -> None:
    from .tables import put_endings

    put_endings(db, job, endings)


def _put_text(db: sqlite3.Connection, at: float, text: tuple[bytes, bytes, bytes]) -> None:
    from .tables import put_texts

    put_texts(db, at, (text,))


def _put_finished(db: sqlite3.Connection, job: str, at: float) -> None:
    from .tables import put_finished

    put_finished(db, job, at)


def _settle(db: sqlite3.Connection, left: Left) -> None:
    from .settling import settle

    settle(db, left)


def _put_told(db: sqlite3.Connection, jobs: Sequence[str]) -> None:
    from .heads import put_told

    put_told(db, jobs)


def _put_ran(db: sqlite3.Connection, job: str, targets: Collection[TargetId], ran_in: str | None) -> None:
    from .away import put_ran

    put_ran(db, job, targets, ran_in)
