"""Writes and reads, wherever that is possible at the moment: in the file, else in memory until the file can be had."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import Protocol, TypeVar

from .place import OpenFile, Place, Told
from .schema import NotOurs, Steps, check, migrate, text_of
from .words import concerns_file, is_corrupt, is_passing, reason

T = TypeVar("T")

Write = Callable[[sqlite3.Connection], object]
"""Writes to a database inside a transaction. It may be called again, on the same database or on another one."""

Question = Callable[[Sequence[sqlite3.Connection]], T]
"""Reads from databases that hold parts of the same, the older part first."""

RETRY = 30.0
"""Seconds until a file that failed is tried again; doubled each time, until it has worked for LONGEST_RETRY."""

LONGEST_RETRY = 600.0


class Tables(Protocol):
    """Operations on all tables of the schema together."""

    def move(self, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
        """Add all rows of `source` to `target`, inside a transaction; rows that are there already may come again."""
        ...

    def trim(self, db: sqlite3.Connection, in_memory: bool) -> bool:
        """Delete a few rows that are too old, inside a transaction; whether there are more."""
        ...

    def note(self, db: sqlite3.Connection) -> None:
        """Remember what a database in memory has to go on from; called after each transaction on the file."""
        ...

    def begin(self, memory: sqlite3.Connection) -> None:
        """Prepare a new database in memory."""
        ...


class Keeper:
    """Holds the databases. Blocks, and belongs to one thread. No method raises an error of the disk.

    `place` None: in memory only. `told` gets each change in words that may hold a path: they are not yet safe for a
    terminal. `retry` is in seconds, `monotonic` gives moments in seconds.
    """

    def __init__(
        self,
        place: Place | None,
        steps: Steps,
        tables: Tables,
        told: Told,
        monotonic: Callable[[], float] = time.monotonic,
        retry: float = RETRY,
    ) -> None:
        self._place = place
        self._steps = steps
        self._tables = tables
        self._told = told
        self._monotonic = monotonic
        self._retry = self._delay = retry
        self._works_since = inf
        self._next_try = monotonic()
        self._file: OpenFile | None = None
        self._can_write = False
        self._damaged: tuple[int, int] | None = None
        self._lost = False
        self._memory: sqlite3.Connection | None = None

    def write(self, writes: Sequence[Write]) -> None:
        """Keep these, all in the same transaction. A write with a fault of its own is told; the others stay."""
        self.attempt()
        if not (self._can_write and self._to_file(writes)):
            self._commit(self._in_memory(), writes)

    def read(self, question: Question[T]) -> T:
        """The answer of `question`, from the file as long as that can be read, and from memory. Raises its errors."""
        self.attempt()
        if self._file is not None:
            file = self._file
            try:
                with file.held():
                    return question([file.db, *self._memories()])
            except (OSError, sqlite3.DatabaseError) as error:
                if not concerns_file(error):
                    raise
                self._suspect(error, file)
        return question(self._memories())

    def renew(self) -> None:
        """Have the file that is there now, where another one has taken its place: for a question that writes."""
        if self._file is None or self._place is None:
            return
        with suppress(OSError):
            if self._place.identity() != self._file.identity:
                self._try_file()

    def trim(self) -> bool:
        """Delete a few rows that are too old; whether there are more."""
        more = False
        if self._memory is not None:
            more = _in_transaction(self._memory, lambda db: self._tables.trim(db, True))
        if self._file is not None and self._can_write:
            file = self._file
            try:
                with file.held():
                    more = _in_transaction(file.db, lambda db: self._tables.trim(db, False)) or more
            except (OSError, sqlite3.DatabaseError) as error:
                self._suspect(error, file)
        return more

    def due(self) -> float | None:
        """Seconds until the file wants to be tried; None where it works, or where there is none."""
        if self._place is None or self._can_write:
            return None
        return max(0.0, self._next_try - self._monotonic())

    def attempt(self) -> None:
        """Try the file, if that is due."""
        if self.due() == 0.0:
            self._try_file()

    def close(self) -> None:
        """Move the rows in memory to the file, if that is possible after all, and close both."""
        if self._memory is not None and self._place is not None and not self._can_write:
            self._try_file()
        self._drop_file()
        self._drop_memory()

    def _try_file(self) -> None:
        """Open the file, unless it is open, and move the rows in memory to it."""
        assert self._place is not None
        try:
            if self._damaged is not None or self._file is None or self._place.identity() != self._file.identity:
                self._drop_file()
                self._file = self._place.open(self._damaged)
                self._damaged = None
            with self._file.held():
                _in_transaction(self._file.db, self._move_memory)
                self._tables.note(self._file.db)
        except (OSError, sqlite3.DatabaseError, NotOurs) as error:
            if not is_passing(error):
                self._drop_file()
            self._fail(error)
            return
        self._drop_memory()
        self._can_write = True
        self._works_since = self._monotonic()
        if self._lost:
            self._lost = False
            self._told(f"{self._place.path} can be written again: the records kept in memory are there now")

    def _to_file(self, writes: Sequence[Write]) -> bool:
        """Whether the file has taken them. A damaged file is set aside, and its successor is asked."""
        assert self._place is not None
        for _ in range(2):
            file = self._file
            if file is None or not self._can_write:
                return False
            try:
                if self._place.identity() != file.identity:  # it was removed: to write there is to lose
                    self._try_file()
                    continue
                with file.held():
                    check(file.db, self._steps)
                    self._commit(file.db, writes)
                    self._tables.note(file.db)
                return True
            except (OSError, sqlite3.DatabaseError, NotOurs) as error:
                self._suspect(error, file)
        return False

    def _suspect(self, error: Exception, file: OpenFile) -> None:
        """The open file has failed. A damaged file is set aside and a new file begun."""
        if is_corrupt(error):
            self._damaged = file.identity
            self._try_file()
        else:
            self._fail(error)

    def _commit(self, db: sqlite3.Connection, writes: Sequence[Write]) -> None:
        """Raises what concerns the file. A write with a fault of its own does not take the others with it."""
        refusals: list[Exception] = []
        parts = [writes]
        while parts:
            part = parts.pop(0)
            try:
                _in_transaction(db, lambda db: [write(db) for write in part])  # noqa: B023 - called at once
            except Exception as error:
                if concerns_file(error) and db is not self._memory:
                    raise
                if len(part) == 1:
                    refusals.append(error)
                else:
                    parts = [[write] for write in part]
        if refusals:
            self._told(f"records that could not be kept: {len(refusals)} ({reason(refusals[0])})")

    def _fail(self, error: Exception) -> None:
        """From now on in memory, until the file is tried again. A file that is full or locked can still be read."""
        assert self._place is not None
        self._can_write = False
        if isinstance(error, NotOurs):
            self._drop_file()
        now = self._monotonic()
        if now - self._works_since > LONGEST_RETRY:
            self._delay = self._retry
        self._next_try = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_RETRY)
        self._works_since = inf
        if not self._lost:
            self._lost = True
            self._told(
                f"{self._place.path} cannot be used ({reason(error)}): from now on records are kept in memory only"
            )

    def _move_memory(self, db: sqlite3.Connection) -> None:
        for memory in self._memories():
            self._tables.move(memory, db)

    def _drop_memory(self) -> None:
        for memory in self._memories():
            memory.close()
        self._memory = None

    def _drop_file(self) -> None:
        self._can_write = False
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.db.close()
            self._file = None

    def _memories(self) -> list[sqlite3.Connection]:
        return [] if self._memory is None else [self._memory]

    def _in_memory(self) -> sqlite3.Connection:
        if self._memory is None:
            self._memory = sqlite3.connect(":memory:", isolation_level=None)
            self._memory.text_factory = text_of
            migrate(self._memory, self._steps)
            self._tables.begin(self._memory)
        return self._memory


def _in_transaction(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    db.execute("BEGIN IMMEDIATE")
    try:
        value = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite ends it by itself where the disk is full
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise
    return value
