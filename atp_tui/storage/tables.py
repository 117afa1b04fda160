"""The tables of jobs, their endings and outputs: what is written and read. Functions over an open database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress

from ..executor.log import Ending
from ..executor.spec import JobSpec
from ..model.target import TargetId
from .heads import begin_after, forget_counts, last_number, move_head, outcome_of, put_counts, put_head
from .retention import Retention
from .schema import bytes_of
from .specs import KINDS, Kinds, decode_spec, encode_spec
from .trimming import trim

Text = tuple[bytes, bytes, bytes]
"""Digest, standard output, standard error."""

_TEXT = "CAST(? AS TEXT)"
"""Texts are given as bytes: the module refuses lone surrogates, which a name from far away may have."""

_ENDING = f"({_TEXT}, {_TEXT}, ?, ?, {_TEXT}, {_TEXT}, ?, ?, ?, ?, ?, ?)"

_COLUMNS = "target, outcome, exit_status, signal, error, at, duration, digest, truncated, may_still_run, away"
"""Of an ending, in the order of `_ending`."""

_AT_ONCE = 64
"""Endings of one statement. After each the thread waits for the interpreter, which a busy event loop keeps for 5 ms."""


def put_job(db: sqlite3.Connection, job: str, asked_at: float | None, ended_at: float | None, spec: str | None) -> None:
    """A job, or new values for a job that is there; None changes nothing."""
    db.execute(
        f"""INSERT INTO jobs (id, asked_at, ended_at, spec) VALUES ({_TEXT}, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET asked_at = coalesce(excluded.asked_at, asked_at),
        ended_at = coalesce(excluded.ended_at, ended_at), spec = coalesce(excluded.spec, spec)""",
        (bytes_of(job), asked_at, ended_at, spec),
    )


def put_spec(db: sqlite3.Connection, spec: JobSpec, runner: str | None = None) -> None:
    """A job that was accepted. `runner` has the marks of the program that runs it, see identity."""
    put_job(db, spec.id, spec.asked_at, None, encode_spec(spec))
    put_head(db, spec, runner)


def put_finished(db: sqlite3.Connection, job: str, at: float) -> None:
    """Every target of a job has ended, at this moment."""
    put_job(db, job, None, at, None)
    put_counts(db, job)


def put_endings(db: sqlite3.Connection, job: str, endings: Sequence[Ending]) -> None:
    """How targets ended. A target that has an ending gets these values in its place."""
    put_job(db, job, None, None, None)  # it may be in another database; a row for it has it trimmed
    forget_counts(db, job)
    for first in range(0, len(endings), _AT_ONCE):
        rows = [_row(job, ending) for ending in endings[first : first + _AT_ONCE]]
        db.execute(
            f"""INSERT INTO endings (job, {_COLUMNS}) VALUES {", ".join([_ENDING] * len(rows))}
            ON CONFLICT (job, target) DO UPDATE SET outcome = excluded.outcome, exit_status = excluded.exit_status,
            signal = excluded.signal, error = excluded.error, at = excluded.at, duration = excluded.duration,
            digest = excluded.digest, truncated = excluded.truncated, may_still_run = excluded.may_still_run,
            away = excluded.away""",
            [value for row in rows for value in row],
        )


def put_texts(db: sqlite3.Connection, at: float, texts: Iterable[Text]) -> None:
    """Outputs; an output that is there gets the later moment."""
    db.executemany(
        """INSERT INTO texts (digest, at, size, stdout, stderr) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET at = max(at, excluded.at)""",
        [(digest, at, len(out) + len(err), out, err) for digest, out, err in texts],
    )


def read_spec(databases: Sequence[sqlite3.Connection], job: str, kinds: Kinds = KINDS) -> JobSpec | None:
    """A job as it was asked for; None where it is not there, or cannot be understood."""
    for db in databases:
        row = db.execute(f"SELECT spec FROM jobs WHERE id = {_TEXT}", (bytes_of(job),)).fetchone()
        if row is not None and row[0] is not None:
            with suppress(ValueError):
                return decode_spec(row[0], kinds)
    return None


def read_endings(databases: Sequence[sqlite3.Connection], job: str) -> tuple[Ending, ...]:
    """The endings of a job in all databases, in their order."""
    found: dict[TargetId, Ending] = {}
    for db in databases:
        rows = db.execute(f"SELECT {_COLUMNS} FROM endings WHERE job = {_TEXT} ORDER BY number", (bytes_of(job),))
        for row in rows:
            ending = _ending(row)
            found[ending.target] = ending
    return tuple(found.values())


def read_text(databases: Sequence[sqlite3.Connection], digest: bytes) -> tuple[bytes, bytes] | None:
    """An output, from the first database that has it."""
    for db in databases:
        row: tuple[bytes, bytes] | None = db.execute(
            "SELECT stdout, stderr FROM texts WHERE digest = ?", (digest,)
        ).fetchone()
        if row is not None:
            return row
    return None


class JobTables:
    """The operations of keeper.Tables."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._last_number = 0

    def move(self, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
        """Add all rows of `source` to `target`."""
        jobs = source.execute("SELECT id, asked_at, ended_at, spec FROM jobs ORDER BY asked_at, id").fetchall()
        for job, *rest in jobs:
            put_job(target, job, *rest)
            move_head(source, target, job)
        for job, *row in source.execute(f"SELECT job, {_COLUMNS} FROM endings ORDER BY number"):
            put_endings(target, job, [_ending(row)])
        for digest, at, out, err in source.execute("SELECT digest, at, stdout, stderr FROM texts"):
            put_texts(target, at, [(digest, out, err)])
        for job, _, ended_at, _ in jobs:
            if ended_at is not None:
                put_counts(target, job)

    def trim(self, db: sqlite3.Connection, in_memory: bool) -> bool:
        """Delete some endings of the oldest job and some outputs, where there are too many; whether there are more."""
        return trim(db, self._retention.in_memory() if in_memory else self._retention)

    def note(self, db: sqlite3.Connection) -> None:
        """Numbers go on behind the last one of this file where memory has to do instead."""
        with suppress(sqlite3.DatabaseError):  # a damaged file is found out by the next write
            self._last_number = last_number(db)

    def begin(self, memory: sqlite3.Connection) -> None:
        """A new database in memory."""
        begin_after(memory, self._last_number)


def _row(job: str, ending: Ending) -> tuple[object, ...]:
    return (
        bytes_of(job),
        bytes_of(str(ending.target)),
        ending.outcome.value,
        ending.exit_status,
        bytes_of(ending.signal),
        bytes_of(ending.error),
        ending.at,
        ending.duration,
        ending.digest,
        ending.truncated,
        ending.may_still_run,
        ending.away,
    )


def _ending(row: Sequence[object]) -> Ending:
    target, outcome, exit_status, signal, error, at, duration, digest, truncated, may_still_run, away = row
    return Ending(
        TargetId.parse(str(target)),
        outcome_of(str(outcome)),
        exit_status,  # type: ignore[arg-type] # the columns' types are the schema's
        signal,  # type: ignore[arg-type]
        error,  # type: ignore[arg-type]
        at,  # type: ignore[arg-type]
        duration,  # type: ignore[arg-type]
        digest,  # type: ignore[arg-type]
        bool(truncated),
        bool(may_still_run),
        bool(away),
    )
