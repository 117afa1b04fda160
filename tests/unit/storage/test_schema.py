"""A file of each older version is brought up to date, and one of a newer version is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from atp_tui.executor.log import JobState
from atp_tui.model.outcome import Outcome
from atp_tui.storage import schema
from atp_tui.storage.heads import read_jobs
from atp_tui.storage.specs import encode_spec
from atp_tui.storage.steps import STEPS
from atp_tui.storage.tables import put_job, read_endings, read_spec

from .records import job

NEWER = (*STEPS, ("ALTER TABLE jobs ADD COLUMN note TEXT", "UPDATE jobs SET note = 'new' || id"))


def opened(path: Path) -> closing[sqlite3.Connection]:
    db = sqlite3.connect(path, isolation_level=None)
    db.text_factory = schema.text_of
    return closing(db)


@pytest.mark.parametrize("version", range(len(NEWER)))
def test_a_file_of_each_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    with opened(tmp_path / "file") as db:
        schema.migrate(db, NEWER[:version])
        if version:
            put_job(db, "a", 1.0, None, encode_spec(job("a")))
    with opened(tmp_path / "file") as db:
        for _ in range(2):  # the second time there is nothing to do
            schema.migrate(db, NEWER)
            assert schema.version_of(db) == len(NEWER)
        notes = db.execute("SELECT note FROM jobs").fetchall()
        assert notes == ([("newa",)] if version else [])
        assert read_spec([db], "a") == (job("a") if version else None)
        found = [(record.id, record.number, record.title, record.names, record.state) for record in read_jobs([db], 9)]
        assert found == ([("a", 1, "true", "h0", JobState.UNKNOWN)] if version else [])


def test_what_an_older_file_says_of_ends_that_were_not_confirmed_is_read_as_that(tmp_path: Path) -> None:
    late = "no result within 2 s"
    ends = {
        "ok": (Outcome.OK, None, False),
        "unconfirmed": (Outcome.UNCONFIRMED, "cancelled, not confirmed: may still run", True),
        "unknown": (Outcome.UNKNOWN, "the connection was lost", True),
        "ended": (Outcome.TIMEOUT, late, False),
        "open": (Outcome.TIMEOUT, f"{late} (its end was not confirmed: it may still run)", True),
    }
    with opened(tmp_path / "file") as db:
        schema.migrate(db, STEPS[:1])
        for host, (outcome, error, _) in ends.items():
            db.execute(
                """INSERT INTO endings (job, target, outcome, error, at, duration, digest, truncated)
                VALUES ('a', ?, ?, ?, 1, 1, x'00', 0)""",
                (host, outcome.value, error),
            )
        schema.migrate(db, STEPS)
        found = {one.target.host: (one.outcome, one.error, one.may_still_run) for one in read_endings([db], "a")}
    assert found == ends


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path / "file") as db:
        schema.migrate(db, STEPS)
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(db, (*STEPS, ("CREATE TABLE more (a)", "no SQL")))
        assert schema.version_of(db) == len(STEPS)
        assert db.execute("SELECT * FROM sqlite_master WHERE name = 'more'").fetchall() == []


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        (["PRAGMA user_version = 99", f"PRAGMA application_id = {schema.APPLICATION}"], "newer"),
        (["CREATE TABLE jobs (mine)"], "foreign"),
        (["PRAGMA application_id = 7"], "foreign"),
        (["PRAGMA user_version = 1"], "foreign"),
    ],
)
def test_a_file_that_is_not_ours_is_told_apart(tmp_path: Path, statements: list[str], kind: str) -> None:
    with opened(tmp_path / "file") as db:
        for statement in statements:
            db.execute(statement)
        before = list(db.iterdump())
        with pytest.raises(schema.NotOurs) as caught:
            schema.migrate(db, STEPS)
        assert caught.value.kind == kind
        assert list(db.iterdump()) == before
