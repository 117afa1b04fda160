"""Commands that wait for hosts that are away: what waits, and what became of it. Functions over an open database.

A target waits while its ending says that it was away, its job's date has not come, and no row of `pickups` has it.
That row is the claim: of two programs one alone can write it, and it is on the disk before anything is run. It is only
ever written to the file: memory is no place in which another program would see it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import Any

from ..executor.away import PickUp, Waiting
from ..model.target import TargetId
from .identity import Fate, fate_of, own_identity
from .schema import bytes_of

_TEXT = "CAST(? AS TEXT)"

_WAITS = """endings.away AND heads.until > ? AND NOT EXISTS
    (SELECT 1 FROM pickups WHERE pickups.job = endings.job AND pickups.target = endings.target)"""

MOST = 100_000
"""Targets that are read at a time."""


def read_waiting(
    databases: Sequence[sqlite3.Connection], now: float, fleet: str | None = None, job: str | None = None
) -> tuple[Waiting, ...]:
    """What waits at that wall-clock moment, the oldest job first: of one hosts.toml, of one job, or all."""
    db = _file_of(databases)
    if db is None:
        return ()
    where, values = "", []
    for column, value in (("heads.fleet", fleet), ("endings.job", job)):
        if value is not None:
            where += f" AND {column} = {_TEXT}"
            values.append(bytes_of(value))
    rows = db.execute(
        f"""SELECT endings.job, heads.number, endings.target, jobs.asked_at, heads.until FROM endings
        JOIN heads ON heads.job = endings.job JOIN jobs ON jobs.id = endings.job
        WHERE {_WAITS}{where} ORDER BY heads.number, endings.number LIMIT {MOST}""",
        (now, *values),
    )
    return tuple([Waiting(job, number, TargetId.parse(target), at, until) for job, number, target, at, until in rows])


def count_waiting(db: sqlite3.Connection, job: str, now: float) -> int:
    """How many targets of a job wait."""
    count: int = db.execute(
        f"SELECT count(*) FROM endings JOIN heads ON heads.job = endings.job WHERE {_WAITS} AND endings.job = {_TEXT}",
        (now, bytes_of(job)),
    ).fetchone()[0]
    return count


def take(
    databases: Sequence[sqlite3.Connection], job: str, targets: Collection[TargetId], *, cancelled: bool = False
) -> tuple[TargetId, ...]:
    """Claim those of the targets that still wait, in one transaction, to run them or to call them off; which were had.

    None of them waits from then on, whatever becomes of this program.
    """
    db = _file_of(databases)
    if db is None:
        return ()
    now, by = time.time(), own_identity()
    had: list[TargetId] = []
    db.execute("BEGIN IMMEDIATE")
    try:
        for target in targets:
            row = db.execute(
                f"""INSERT INTO pickups (job, target, at, taken_by, cancelled)
                SELECT endings.job, endings.target, ?, ?, ? FROM endings JOIN heads ON heads.job = endings.job
                WHERE {_WAITS} AND endings.job = {_TEXT} AND endings.target = {_TEXT}""",
                (now, by, cancelled, now, bytes_of(job), bytes_of(str(target))),
            )
            had += [target] * row.rowcount
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return tuple(had)


def put_ran(db: sqlite3.Connection, job: str, targets: Collection[TargetId], ran_in: str | None) -> None:
    """The targets that were claimed are run in another job; None: nothing was begun, and they wait again."""
    change = "DELETE FROM pickups" if ran_in is None else f"UPDATE pickups SET ran_in = {_TEXT}"
    values = () if ran_in is None else (bytes_of(ran_in),)
    db.executemany(
        f"{change} WHERE job = {_TEXT} AND target = {_TEXT} AND NOT cancelled AND ran_in IS NULL",
        [(*values, bytes_of(job), bytes_of(str(target))) for target in targets],
    )


def read_pickups(databases: Sequence[sqlite3.Connection], job: str) -> tuple[PickUp, ...]:
    """What became of the targets of a job that had waited, in the order in which it did."""
    db = _file_of(databases)
    if db is None:
        return ()
    rows = db.execute(
        f"""SELECT target, at, taken_by, cancelled, heads.number, ran_in FROM pickups
        LEFT JOIN heads ON heads.job = pickups.ran_in WHERE pickups.job = {_TEXT} ORDER BY at, target""",
        (bytes_of(job),),
    )
    return tuple([_pick_up(*row) for row in rows])


def _pick_up(target: str, at: float, by: str | None, cancelled: Any, number: int | None, ran_in: str | None) -> PickUp:
    if ran_in is not None:
        return PickUp(TargetId.parse(target), at, ran_in=number or 0)
    taken = not cancelled and fate_of(by) is Fate.RUNS
    return PickUp(TargetId.parse(target), at, cancelled=bool(cancelled), taken=taken)


def _file_of(databases: Sequence[sqlite3.Connection]) -> sqlite3.Connection | None:
    """The database that is a file; None where there is memory alone."""
    for db in databases:
        if db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]:
            return db
    return None
