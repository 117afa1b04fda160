"""What a list shows of jobs: read without their specs, of which one may name a hundred thousand hosts."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from ..executor.folding import fold_names
from ..executor.log import JobRecord, JobState
from ..executor.spec import JobSpec
from ..model.outcome import Outcome
from .away import count_waiting
from .identity import Fate, fate_of
from .schema import bytes_of
from .specs import decode_spec

MOST_FOLDED = 5_000
"""Targets whose names are folded for the list. To fold 100,000 takes half a second, in which the event loop waits."""

MOST_ALIKE = 5
"""Jobs whose ids begin alike that are told."""

_SHORTEST = 4
"""Digits that stand for an id at least."""

_HEAD = """SELECT jobs.id, heads.number, heads.who, heads.title, jobs.asked_at, jobs.ended_at, heads.targets,
    heads.names, heads.counts, heads.runner, heads.until, heads.cut FROM jobs JOIN heads ON heads.job = jobs.id
    WHERE jobs.spec IS NOT NULL"""

_STATES = {Fate.RUNS: JobState.RUNNING, Fate.ENDED: JobState.INTERRUPTED, Fate.UNKNOWN: JobState.UNKNOWN}

Counts = tuple[tuple[Outcome, int], ...]


def outcome_of(value: str) -> Outcome:
    """ERROR stands for an outcome that only a newer program knows."""
    try:
        return Outcome(value)
    except ValueError:
        return Outcome.ERROR


def put_head(db: sqlite3.Connection, spec: JobSpec, runner: str | None) -> None:
    """What the list shows of a job whose row is there. `runner` has the marks of the program that runs it."""
    who, title, targets, names = _shown(spec)
    back = spec.when_back
    until, fleet = (None, None) if back is None else (spec.asked_at + back.within, back.fleet)
    db.execute(
        """UPDATE heads SET runner = ?, who = CAST(? AS TEXT), title = CAST(? AS TEXT), targets = ?,
        names = CAST(? AS TEXT), until = ?, fleet = CAST(? AS TEXT) WHERE job = CAST(? AS TEXT)""",
        (runner, *map(bytes_of, (who, title)), targets, bytes_of(names), until, bytes_of(fleet), bytes_of(spec.id)),
    )


def put_counts(db: sqlite3.Connection, job: str) -> None:
    """Keep how the targets of a job that has ended are counted: to count half a million rows anew takes long."""
    counts = json.dumps(_counted([db], job))
    db.execute("UPDATE heads SET counts = ? WHERE job = CAST(? AS TEXT)", (counts, bytes_of(job)))


def forget_counts(db: sqlite3.Connection, job: str) -> None:
    """A target has ended after all."""
    db.execute("UPDATE heads SET counts = NULL WHERE job = CAST(? AS TEXT) AND counts IS NOT NULL", (bytes_of(job),))


def move_head(source: sqlite3.Connection, target: sqlite3.Connection, job: str) -> None:
    """Take what the list shows over into another database, where the job keeps the number that it has there."""
    columns = "runner, who, title, targets, names, until, fleet"
    row = source.execute(f"SELECT {columns} FROM heads WHERE job = CAST(? AS TEXT)", (bytes_of(job),)).fetchone()
    if row is not None and row[2] is not None:
        values = [bytes_of(value) if isinstance(value, str) else value for value in row]
        target.execute(
            """UPDATE heads SET runner = CAST(? AS TEXT), who = CAST(? AS TEXT), title = CAST(? AS TEXT), targets = ?,
            names = CAST(? AS TEXT), until = ?, fleet = CAST(? AS TEXT) WHERE job = CAST(? AS TEXT)""",
            (*values, bytes_of(job)),
        )


def last_number(db: sqlite3.Connection) -> int:
    """The highest number that was ever given."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'heads'").fetchone()
    return 0 if row is None else int(row[0])


def begin_after(db: sqlite3.Connection, number: int) -> None:
    """Give jobs of a new database the numbers behind this one."""
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'heads'")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('heads', ?)", (number,))


def read_jobs(databases: Sequence[sqlite3.Connection], limit: int) -> tuple[JobRecord, ...]:
    """The newest jobs of all databases, newest first. A job that cannot be understood is left out."""
    return _records(databases, "", (), max(0, limit))


def read_found(databases: Sequence[sqlite3.Connection], name: str) -> tuple[JobRecord, ...]:
    """As JobLog.find; MOST_ALIKE at most."""
    if name == "last":
        return read_jobs(databases, 1)
    if name.isascii() and name.isdecimal() and len(name) < 19:
        found = _records(databases, "AND heads.number = ?", (int(name),), MOST_ALIKE)
        if found:
            return found
    exact = _records(databases, "AND jobs.id = CAST(? AS TEXT)", (bytes_of(name),), 1)
    if exact or len(name) < _SHORTEST:
        return exact
    begins = "AND substr(jobs.id, 1, ?) = CAST(? AS TEXT)"
    return _records(databases, begins, (len(name), bytes_of(name)), MOST_ALIKE)


def read_cut_short(databases: Sequence[sqlite3.Connection]) -> tuple[JobRecord, ...]:
    """The jobs that were interrupted, and of which no person was told yet."""
    found = _records(databases, "AND jobs.ended_at IS NULL AND NOT heads.told", (), 100)
    return tuple(record for record in found if record.state is JobState.INTERRUPTED)


def put_told(db: sqlite3.Connection, jobs: Sequence[str]) -> None:
    """A person was told that these jobs were interrupted."""
    told = "UPDATE heads SET told = 1 WHERE job = CAST(? AS TEXT)"
    db.executemany(told, [(bytes_of(job),) for job in jobs])


def _records(
    databases: Sequence[sqlite3.Connection], where: str, values: Sequence[object], limit: int
) -> tuple[JobRecord, ...]:
    fate = cache(fate_of)
    rows: dict[str, tuple[sqlite3.Connection, tuple[Any, ...]]] = {}
    for db in databases:
        for row in db.execute(f"{_HEAD} {where} ORDER BY asked_at DESC, id LIMIT ?", (*values, limit)):
            rows.setdefault(row[0], (db, row))
    newest = sorted(rows.values(), key=lambda found: (-found[1][4], found[1][0]))[:limit]
    records = []
    for db, row in newest:
        try:
            records.append(_record(databases, db, row, fate))
        except ValueError:
            continue
    return tuple(records)


def _record(
    databases: Sequence[sqlite3.Connection],
    db: sqlite3.Connection,
    row: tuple[Any, ...],
    fate: Callable[[str | None], Fate],
) -> JobRecord:
    """Raises ValueError for a job that cannot be understood."""
    job, number, who, title, asked_at, ended_at, targets, names, kept, runner, until, cut = row
    if title is None:  # a program of the version before put it there
        who, title, targets, names = _shown(_spec_in(db, str(job)))
    if len(databases) > 1:
        ended_at = _ended_at(databases, str(job))
    counts: Counts
    if ended_at is not None and kept is not None and len(databases) == 1:
        counts = _read_counts(kept)
    else:
        counts = _counted(databases, str(job))
    answered = sum(count for _, count in counts)
    over = ended_at is not None or (answered >= targets and not cut)
    state = JobState.ENDED if over else _STATES[fate(runner)]
    waiting = 0 if until is None or not over else count_waiting(db, str(job), time.time())
    state = JobState.WAITING if waiting else state
    return JobRecord(job, number, who, title, asked_at, ended_at, targets, names, counts, state, waiting, until)


@lru_cache(256)
def _read_counts(kept: str) -> Counts:
    """Most jobs of a list were counted alike."""
    return tuple([(outcome_of(outcome), count) for outcome, count in json.loads(kept)])


def _shown(spec: JobSpec) -> tuple[str, str, int, str]:
    names = list(map(str, spec.targets))
    if len(names) <= MOST_FOLDED:
        return spec.who, spec.work.title, len(names), fold_names(names)
    return spec.who, spec.work.title, len(names), f"{names[0]} and {len(names) - 1:,} more"


def _spec_in(db: sqlite3.Connection, job: str) -> JobSpec:
    (text,) = db.execute("SELECT spec FROM jobs WHERE id = CAST(? AS TEXT)", (bytes_of(job),)).fetchone()
    return decode_spec(text)


def _ended_at(databases: Sequence[sqlite3.Connection], job: str) -> float | None:
    for db in databases:
        row = db.execute("SELECT ended_at FROM jobs WHERE id = CAST(? AS TEXT)", (bytes_of(job),)).fetchone()
        if row is not None and row[0] is not None:
            return float(row[0])
    return None


def _counted(databases: Sequence[sqlite3.Connection], job: str) -> Counts:
    counts: dict[Outcome, int] = {}
    for db in databases:
        per_outcome = "SELECT outcome, count(*) FROM endings WHERE job = CAST(? AS TEXT) GROUP BY outcome"
        for outcome, count in db.execute(per_outcome, (bytes_of(job),)):
            counts[outcome_of(outcome)] = counts.get(outcome_of(outcome), 0) + count
    return tuple(sorted(counts.items()))


def read_gone(databases: Sequence[sqlite3.Connection], jobs: Sequence[str]) -> tuple[str, ...] | None:
    """Those of the jobs that are in no database; None where the file cannot be read."""
    files = "SELECT file FROM pragma_database_list WHERE name = 'main'"
    if not any(db.execute(files).fetchone()[0] for db in databases):
        return None
    known = "SELECT 1 FROM jobs WHERE id = CAST(? AS TEXT)"
    return tuple(job for job in jobs if not any(db.execute(known, (bytes_of(job),)).fetchone() for db in databases))
