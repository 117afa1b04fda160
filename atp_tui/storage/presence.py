"""Whether the file of jobs could be used, for a person who asks. It is opened to be read alone, and nothing is made."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

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
    name = f"file:{quote(os.fsencode(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(name, uri=True, timeout=_PATIENCE)) as db:
            schema.check(db, STEPS)
            return StoreFound(path, steps=schema.version_of(db))
    except (sqlite3.Error, schema.NotOurs) as error:
        return StoreFound(path, error=str(error))
