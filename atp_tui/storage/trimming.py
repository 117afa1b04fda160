"""What is deleted from the log of jobs: a few rows at a time, since other programs wait meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from .identity import Fate, fate_of
from .retention import Retention
from .schema import bytes_of

_PIECE = 500
"""Rows of one step of trimming."""

_JOBS_AT_ONCE = 50
"""Jobs of one transaction of pruning."""


class Pruned(NamedTuple):
    """What was deleted: jobs, endings, and bytes of output; `running` were old enough, and run. `more`: go on."""

    jobs: int = 0
    endings: int = 0
    text_bytes: int = 0
    running: int = 0
    more: bool = False

    def with_(self, other: Pruned) -> Pruned:
        """Both together."""
        return Pruned(
            self.jobs + other.jobs,
            self.endings + other.endings,
            self.text_bytes + other.text_bytes,
            self.running + other.running,
            self.more or other.more,
        )


def trim(db: sqlite3.Connection, limits: Retention) -> bool:
    """Delete some endings of the oldest job and some outputs, where there are too many; whether there are more."""
    jobs = _trim_jobs(db, limits)
    return _trim_texts(db, limits.text_bytes) or jobs


def prune(databases: Sequence[sqlite3.Connection], before: float) -> Pruned:
    """Delete jobs that were asked for before a wall-clock moment, but none that runs. Takes transactions of its own."""
    total = Pruned()
    for db in databases:
        db.execute("BEGIN IMMEDIATE")
        try:
            found = _prune(db, before)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        total = total.with_(found)
    return total


def _prune(db: sqlite3.Connection, before: float) -> Pruned:
    old = """SELECT jobs.id, jobs.ended_at, heads.runner FROM jobs JOIN heads ON heads.job = jobs.id
        WHERE asked_at < ? ORDER BY asked_at"""
    jobs: list[str] = []
    running = 0
    for job, ended_at, runner in db.execute(old, (before,)):
        if ended_at is None and fate_of(runner) is Fate.RUNS:
            running += 1
        else:
            jobs.append(job)
    endings, text_bytes = _sums(db)
    for job in jobs[:_JOBS_AT_ONCE]:
        while not _delete_piece(db, job):
            pass
    endings_left, text_bytes_left = _sums(db)
    deleted = len(jobs[:_JOBS_AT_ONCE])
    more = deleted < len(jobs)
    # those that run are counted once, by the last call
    return Pruned(deleted, endings - endings_left, text_bytes - text_bytes_left, 0 if more else running, more)


def _sums(db: sqlite3.Connection) -> tuple[int, int]:
    endings, texts = db.execute("SELECT endings, texts FROM sums").fetchone()
    return endings, texts


def _trim_jobs(db: sqlite3.Connection, limits: Retention) -> bool:
    jobs: int = db.execute("SELECT count(*) FROM jobs").fetchone()[0]
    if jobs < 2:
        return False
    endings, _ = _sums(db)
    job: str | None
    if jobs > limits.jobs or endings > limits.endings:
        (job,) = db.execute("SELECT id FROM jobs ORDER BY asked_at, id LIMIT 1").fetchone()
    else:
        job = _too_old(db, limits.age)
    if job is None:
        return False
    _delete_piece(db, job)
    return True


def _too_old(db: sqlite3.Connection, age: float) -> str | None:
    oldest = """SELECT id FROM jobs WHERE asked_at < (SELECT max(asked_at) FROM jobs) - ?
        ORDER BY asked_at, id LIMIT 1"""
    row = db.execute(oldest, (age,)).fetchone()
    return None if row is None else str(row[0])


def _delete_piece(db: sqlite3.Connection, job: str) -> bool:
    """Delete some endings of a job with the outputs that no other one gave, in the end the job; whether it is gone."""
    piece = "SELECT number, digest FROM endings WHERE job = CAST(? AS TEXT) ORDER BY number LIMIT ?"
    rows = db.execute(piece, (bytes_of(job), _PIECE)).fetchall()
    db.executemany("DELETE FROM endings WHERE number = ?", [(number,) for number, _ in rows])
    db.executemany(
        "DELETE FROM texts WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM endings WHERE digest = ?1)",
        [(digest,) for digest in {digest for _, digest in rows}],
    )
    if len(rows) == _PIECE:
        return False
    db.execute("DELETE FROM jobs WHERE id = CAST(? AS TEXT)", (bytes_of(job),))
    return True


def _trim_texts(db: sqlite3.Connection, most: int) -> bool:
    _, total = _sums(db)
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
