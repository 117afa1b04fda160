"""The schema of the file by numbered steps, each applied once, in order, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

APPLICATION = 0x61747031
"""The file's application_id ("atp1"): tells our file from another program's database."""

Steps = Sequence[Sequence[str]]
"""Step n, counted from 1, is the statements that lead from version n - 1 to n. A step that has been released never
changes. A program of the version before may have the file open: so a step adds, and takes nothing away."""


def text_of(data: bytes) -> str:
    """A text of the database, which may be remote: with lone surrogates as they were, and never an error."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def bytes_of(text: str | None) -> bytes | None:
    """A text as it is given to the database, which takes it by CAST(? AS TEXT): the module refuses lone surrogates."""
    return None if text is None else text.encode("utf-8", "surrogatepass")


class NotOurs(Exception):
    """The file is of a newer program (`kind` "newer"), or of another program ("foreign")."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def version_of(db: sqlite3.Connection) -> int:
    """The number of steps that the file has had. Raises sqlite3.DatabaseError."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def check(db: sqlite3.Connection, steps: Steps) -> None:
    """Raises NotOurs for a file that these steps cannot serve, sqlite3.DatabaseError for no database.

    All is read in one transaction: a file that another program makes at this moment is either empty or ours.
    """
    begins = not db.in_transaction
    if begins:
        db.execute("BEGIN")
    try:
        version = version_of(db)
        application = db.execute("PRAGMA application_id").fetchone()[0]
        holds_tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    finally:
        if begins and db.in_transaction:
            db.execute("ROLLBACK")
    if application != APPLICATION and (application or version or holds_tables):
        raise NotOurs("foreign", "is a database of another program")
    if version > len(steps):
        raise NotOurs("newer", f"was written by a newer atp_tui (schema {version}, this one knows {len(steps)})")


def migrate(db: sqlite3.Connection, steps: Steps) -> None:
    """Bring the file up to date; two programs may do so at once. Always takes the write lock, so that a file that
    cannot be written is noticed here. Raises what `check` raises; the file is then as it was.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        check(db, steps)
        version = version_of(db)
        for step in steps[version:]:
            for statement in step:
                db.execute(statement)
        if version < len(steps):
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(steps)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
