"""Whether the file of jobs could be used, for a person who asks. It is opened to be read alone, and nothing is made."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ..model.data_class import dataclass
from . import schema
from .steps import STEPS

_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class StoreFound:
    """The file of jobs. `there` False: none has been made yet; `steps` of its schema, of those that are `known`.

    `error`: why it cannot be used.
    """

    path: Path
    there: bool = True
    steps: int | None = None
    known: int = len(STEPS)
    error: str = ""


def newest_numbers(path: Path, limit: int = 20) -> tuple[int, ...]:
    """The numbers of the newest jobs, newest first; none where the file cannot be read at once."""
    if not path.is_file():
        return ()
    try:
        with closing(sqlite3.connect(_to_read(path), uri=True, timeout=0.2)) as db:
            rows = db.execute("SELECT number FROM heads ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
    except sqlite3.Error:
        return ()
    return tuple([number for (number,) in rows])


def _to_read(path: Path) -> str:
    return f"file:{quote(os.fsencode(path))}?mode=ro"


def find_store(path: Path) -> StoreFound:
    """Open the file and look at its schema; it blocks, for some seconds where another program writes."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return StoreFound(path, there=False)
    except OSError as error:
        return StoreFound(path, error=error.strerror or str(error))
    if not regular:
        return StoreFound(path, error="is no regular file")  # a pipe would be opened for ever
    try:
        with closing(sqlite3.connect(_to_read(path), uri=True, timeout=_PATIENCE)) as db:
            schema.check(db, STEPS)
            return StoreFound(path, steps=schema.version_of(db))
    except (sqlite3.Error, schema.NotOurs) as error:
        return StoreFound(path, error=str(error))
