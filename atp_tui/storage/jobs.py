"""The log of jobs in a file of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ..executor.log import Ending, JobRecord
from ..executor.spec import JobSpec
from ..transport.clock import Clock
from .backlog import Rank
from .keeper import Keeper
from .place import Place, Told
from .schema import Steps
from .specs import KINDS, Kinds
from .tables import (
    STEPS,
    JobTables,
    Retention,
    Text,
    put_endings,
    put_job,
    put_spec,
    put_texts,
    read_endings,
    read_jobs,
    read_text,
)
from .thread import MOST_WAITING, StorageThread

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
        kinds: Kinds = KINDS,
        place: Callable[[Path, Steps, Told], Place] = Place,
    ) -> None:
        tables = JobTables(retention or Retention())

        def make(told_there: Told) -> Keeper:
            file = None if path is None else place(path, STEPS, told_there)
            return Keeper(file, STEPS, tables, told_there)

        self._thread = StorageThread(make, told, clock, most_waiting)
        self._kinds = kinds
        self._left_out: set[str] = set()

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._thread.close()

    def begun(self, spec: JobSpec) -> None:
        """A job was accepted."""
        size = _ROW + 2 * len(spec.work.title) + 64 * len(spec.targets)
        if not self._thread.put(partial(put_spec, spec=spec), Rank.RECORD, size):
            self._left_out.add(spec.id)

    def ended(self, job: str, endings: Sequence[Ending], texts: Sequence[Text]) -> None:
        """Targets have ended; each output that has no room is left out by itself."""
        if job in self._left_out:
            self._thread.refuse(Rank.ENDINGS, len(endings))
            return
        size = sum(_ROW + len(ending.error or "") for ending in endings)
        kept = tuple(endings)
        if not self._thread.put(partial(put_endings, job=job, endings=kept), Rank.ENDINGS, size, len(kept)):
            return
        at = max((ending.at for ending in kept), default=0.0)
        for text in texts:
            size = _ROW + len(text[1]) + len(text[2])
            self._thread.put(partial(put_texts, at=at, texts=(text,)), Rank.TEXT, size)

    def finished(self, job: str, at: float) -> None:
        """Every target has ended."""
        if job in self._left_out:
            self._left_out.discard(job)
            return
        self._thread.put(partial(put_job, job=job, asked_at=None, ended_at=at, spec=None), Rank.RECORD, _ROW)

    async def jobs(self, limit: int = 100) -> tuple[JobRecord, ...]:
        """The newest jobs, newest first; none where the disk does not answer."""
        return await self._thread.ask(partial(read_jobs, limit=limit, kinds=self._kinds), ())

    async def endings(self, job: str) -> tuple[Ending, ...]:
        """How the targets of a job ended, in the order in which they did; none where the disk does not answer."""
        return await self._thread.ask(partial(read_endings, job=job), ())

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        """Standard output and standard error under a digest; None where they are not kept, or cannot be read."""
        return await self._thread.ask(partial(read_text, digest=digest), None)
