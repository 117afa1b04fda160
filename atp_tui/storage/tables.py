"""The tables of jobs: their schema, and each statement that touches them. Functions over an open database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..executor.log import Ending, JobRecord
from ..executor.spec import JobSpec
from ..model.outcome import Outcome
from ..model.target import TargetId
from .specs import KINDS, Kinds, decode_spec, encode_spec

Text = tuple[bytes, bytes, bytes]
"""Digest, standard output, standard error."""

STEPS = (
    (
        # `spec` is null where a job began while the file could not be written, and its end comes alone
        "CREATE TABLE jobs (id TEXT PRIMARY KEY, asked_at REAL, ended_at REAL, spec TEXT)",
        "CREATE INDEX jobs_by_time ON jobs (asked_at)",
        """CREATE TABLE endings (
            number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
            exit_status INTEGER, signal TEXT, error TEXT, at REAL NOT NULL, duration REAL NOT NULL,
            digest BLOB NOT NULL, truncated INTEGER NOT NULL, UNIQUE (job, target))""",
        "CREATE INDEX endings_by_outcome ON endings (job, outcome)",
        "CREATE INDEX endings_by_digest ON endings (digest)",
        # `at`: when it was last given; `size` stands before the output so that a sum reads none of it
        """CREATE TABLE texts (
            digest BLOB PRIMARY KEY, at REAL NOT NULL, size INTEGER NOT NULL, stdout BLOB NOT NULL,
            stderr BLOB NOT NULL)""",
        "CREATE INDEX texts_by_time ON texts (at, size)",
        # the database keeps these sums: several programs write to it, and to add all rows up is dear
        "CREATE TABLE sums (endings INTEGER NOT NULL, texts INTEGER NOT NULL)",
        "INSERT INTO sums VALUES (0, 0)",
        "CREATE TRIGGER ending_came AFTER INSERT ON endings BEGIN UPDATE sums SET endings = endings + 1; END",
        "CREATE TRIGGER ending_went AFTER DELETE ON endings BEGIN UPDATE sums SET endings = endings - 1; END",
        "CREATE TRIGGER text_came AFTER INSERT ON texts BEGIN UPDATE sums SET texts = texts + new.size; END",
        "CREATE TRIGGER text_went AFTER DELETE ON texts BEGIN UPDATE sums SET texts = texts - old.size; END",
    ),
    (
        "ALTER TABLE endings ADD COLUMN may_still_run INTEGER NOT NULL DEFAULT 0",
        # a time limit said so in its words alone
        """UPDATE endings SET may_still_run = 1 WHERE outcome IN ('unconfirmed', 'unknown')
        OR (outcome = 'timeout' AND error LIKE '%it may still run%')""",
    ),
)

_TEXT = "CAST(? AS TEXT)"
"""Texts are given as bytes: the module refuses lone surrogates, which a name from far away may have."""

_ENDING = f"({_TEXT}, {_TEXT}, ?, ?, {_TEXT}, {_TEXT}, ?, ?, ?, ?, ?)"

_COLUMNS = "target, outcome, exit_status, signal, error, at, duration, digest, truncated, may_still_run"
"""Of an ending, in the order of `_ending`."""

_AT_ONCE = 64
"""Endings of one statement. After each the thread waits for the interpreter, which a busy event loop keeps for 5 ms."""

_PIECE = 500
"""Rows of one step of trimming."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The limits of the log: `jobs`, their `endings` together, and `text_bytes` of their outputs. The oldest go first.

    The newest job is kept whole, however many endings it has. Where there is no file, memory keeps an eighth of this.
    Raises ValueError for a limit below 1.
    """

    jobs: int = 2_000
    endings: int = 500_000
    text_bytes: int = 256 << 20

    def __post_init__(self) -> None:
        if min(self.jobs, self.endings, self.text_bytes) < 1:
            raise ValueError("a limit of the log is at least 1")

    def in_memory(self) -> Retention:
        """The limits for a database in memory."""
        return Retention(*(max(1, limit // 8) for limit in (self.jobs, self.endings, self.text_bytes)))


def put_job(db: sqlite3.Connection, job: str, asked_at: float | None, ended_at: float | None, spec: str | None) -> None:
    """A job, or new values for a job that is there; None changes nothing."""
    db.execute(
        f"""INSERT INTO jobs (id, asked_at, ended_at, spec) VALUES ({_TEXT}, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET asked_at = coalesce(excluded.asked_at, asked_at),
        ended_at = coalesce(excluded.ended_at, ended_at), spec = coalesce(excluded.spec, spec)""",
        (_bytes(job), asked_at, ended_at, spec),
    )


def put_spec(db: sqlite3.Connection, spec: JobSpec) -> None:
    """A job that was accepted."""
    put_job(db, spec.id, spec.asked_at, None, encode_spec(spec))


def put_endings(db: sqlite3.Connection, job: str, endings: Sequence[Ending]) -> None:
    """How targets ended. A target that has an ending gets these values in its place."""
    put_job(db, job, None, None, None)  # it may be in another database; a row for it has it trimmed
    for first in range(0, len(endings), _AT_ONCE):
        rows = [_row(job, ending) for ending in endings[first : first + _AT_ONCE]]
        db.execute(
            f"""INSERT INTO endings (job, {_COLUMNS}) VALUES {", ".join([_ENDING] * len(rows))}
            ON CONFLICT (job, target) DO UPDATE SET outcome = excluded.outcome, exit_status = excluded.exit_status,
            signal = excluded.signal, error = excluded.error, at = excluded.at, duration = excluded.duration,
            digest = excluded.digest, truncated = excluded.truncated, may_still_run = excluded.may_still_run""",
            [value for row in rows for value in row],
        )


def put_texts(db: sqlite3.Connection, at: float, texts: Iterable[Text]) -> None:
    """Outputs; an output that is there gets the later moment."""
    db.executemany(
        """INSERT INTO texts (digest, at, size, stdout, stderr) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET at = max(at, excluded.at)""",
        [(digest, at, len(out) + len(err), out, err) for digest, out, err in texts],
    )


def read_jobs(databases: Sequence[sqlite3.Connection], limit: int, kinds: Kinds = KINDS) -> tuple[JobRecord, ...]:
    """The newest jobs of all databases, newest first. A job that cannot be understood is left out."""
    ids: dict[str, float] = {}
    for db in databases:
        newest = "SELECT id, asked_at FROM jobs WHERE spec IS NOT NULL ORDER BY asked_at DESC, id LIMIT ?"
        ids.update(db.execute(newest, (max(0, limit),)))
    first = sorted(ids, key=lambda job: (-ids[job], job))[: max(0, limit)]
    return tuple(record for job in first if (record := _record(databases, job, kinds)) is not None)


def read_endings(databases: Sequence[sqlite3.Connection], job: str) -> tuple[Ending, ...]:
    """The endings of a job in all databases, in their order."""
    found: dict[TargetId, Ending] = {}
    for db in databases:
        rows = db.execute(f"SELECT {_COLUMNS} FROM endings WHERE job = {_TEXT} ORDER BY number", (_bytes(job),))
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

    def move(self, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
        """Add all rows of `source` to `target`."""
        for job, *rest in source.execute("SELECT id, asked_at, ended_at, spec FROM jobs"):
            put_job(target, job, *rest)
        for job, *row in source.execute(f"SELECT job, {_COLUMNS} FROM endings ORDER BY number"):
            put_endings(target, job, [_ending(row)])
        for digest, at, out, err in source.execute("SELECT digest, at, stdout, stderr FROM texts"):
            put_texts(target, at, [(digest, out, err)])

    def trim(self, db: sqlite3.Connection, in_memory: bool) -> bool:
        """Delete some endings of the oldest job and some outputs, where there are too many; whether there are more."""
        limits = self._retention.in_memory() if in_memory else self._retention
        jobs = _trim_jobs(db, limits)
        return _trim_texts(db, limits.text_bytes) or jobs


def _trim_jobs(db: sqlite3.Connection, limits: Retention) -> bool:
    jobs: int = db.execute("SELECT count(*) FROM jobs").fetchone()[0]
    endings: int = db.execute("SELECT endings FROM sums").fetchone()[0]
    if jobs < 2 or (jobs <= limits.jobs and endings <= limits.endings):
        return False
    (job,) = db.execute("SELECT id FROM jobs ORDER BY asked_at, id LIMIT 1").fetchone()
    piece = "SELECT number, digest FROM endings WHERE job = CAST(? AS TEXT) ORDER BY number LIMIT ?"
    rows = db.execute(piece, (_bytes(job), _PIECE)).fetchall()
    db.executemany("DELETE FROM endings WHERE number = ?", [(number,) for number, _ in rows])
    db.executemany(
        "DELETE FROM texts WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM endings WHERE digest = ?1)",
        [(digest,) for digest in {digest for _, digest in rows}],
    )
    if len(rows) < _PIECE:
        db.execute(f"DELETE FROM jobs WHERE id = {_TEXT}", (_bytes(job),))
    return True


def _trim_texts(db: sqlite3.Connection, most: int) -> bool:
    total: int = db.execute("SELECT texts FROM sums").fetchone()[0]
    if total <= most:
        return False
    going = []
    for digest, size in db.execute("SELECT digest, size FROM texts ORDER BY at, digest LIMIT ?", (_PIECE,)):
        if total <= most:
            break
        going.append((digest,))
        total -= size
    db.executemany("DELETE FROM texts WHERE digest = ?", going)
    return bool(going) and total > most


def _record(databases: Sequence[sqlite3.Connection], job: str, kinds: Kinds) -> JobRecord | None:
    ended_at: float | None = None
    spec: str | None = None
    counts: dict[Outcome, int] = {}
    for db in databases:
        row = db.execute(f"SELECT ended_at, spec FROM jobs WHERE id = {_TEXT}", (_bytes(job),)).fetchone()
        if row is not None:
            ended_at = row[0] if row[0] is not None else ended_at
            spec = row[1] or spec
        per_outcome = f"SELECT outcome, count(*) FROM endings WHERE job = {_TEXT} GROUP BY outcome"
        for outcome, count in db.execute(per_outcome, (_bytes(job),)):
            counts[_outcome(outcome)] = counts.get(_outcome(outcome), 0) + count
    try:
        return None if spec is None else JobRecord(decode_spec(spec, kinds), ended_at, tuple(sorted(counts.items())))
    except ValueError:
        return None


def _row(job: str, ending: Ending) -> tuple[object, ...]:
    return (
        _bytes(job),
        _bytes(str(ending.target)),
        ending.outcome.value,
        ending.exit_status,
        _bytes(ending.signal),
        _bytes(ending.error),
        ending.at,
        ending.duration,
        ending.digest,
        ending.truncated,
        ending.may_still_run,
    )


def _ending(row: Sequence[object]) -> Ending:
    target, outcome, exit_status, signal, error, at, duration, digest, truncated, may_still_run = row
    return Ending(
        TargetId.parse(str(target)),
        _outcome(str(outcome)),
        exit_status,  # type: ignore[arg-type] # the columns' types are the schema's
        signal,  # type: ignore[arg-type]
        error,  # type: ignore[arg-type]
        at,  # type: ignore[arg-type]
        duration,  # type: ignore[arg-type]
        digest,  # type: ignore[arg-type]
        bool(truncated),
        bool(may_still_run),
    )


def _outcome(value: str) -> Outcome:
    """ERROR stands for an outcome that only a newer program knows."""
    try:
        return Outcome(value)
    except ValueError:
        return Outcome.ERROR


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")
