"""SQLite's and the system's errors: their causes, and their words for a person."""

from __future__ import annotations

import sqlite3

from .lockfile import Held

_WORDS = {
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_BUSY: "another program holds it locked",
    sqlite3.SQLITE_LOCKED: "another program holds it locked",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened, or no file can be made beside it",
    sqlite3.SQLITE_PROTOCOL: "its file system cannot lock files",
    sqlite3.SQLITE_IOERR: "the disk fails, or its quota is used up",
}

_OF_THE_WRITE = {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}

_OF_LOCKING = {
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR_BLOCKED,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_UNLOCK,
}
"""Not among them: IOERR_SHMSIZE, which a full disk gives."""


def code_of(error: BaseException) -> int | None:
    """SQLite's primary result code; None for an error that is not SQLite's own."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def concerns_file(error: BaseException) -> bool:
    """Whether the file is the cause, and not the data."""
    if isinstance(error, OSError):
        return True
    code = code_of(error)
    return code is not None and code not in _OF_THE_WRITE


def is_corrupt(error: BaseException) -> bool:
    """Whether the file is no database, or a damaged database."""
    return code_of(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_passing(error: BaseException) -> bool:
    """Whether an open file is as good as before once the cause has gone: another program's lock, a full disk."""
    passing = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
    return isinstance(error, Held) or code_of(error) in passing


def may_be_locking(error: BaseException) -> bool:
    """Whether a file system that lacks locks or shared memory may be the cause."""
    return getattr(error, "sqlite_errorcode", None) in _OF_LOCKING or code_of(error) == sqlite3.SQLITE_CANTOPEN


def reason(error: BaseException) -> str:
    """The cause in a few plain words."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower() if error.errno is not None else str(error)
    return _WORDS.get(code_of(error) or 0, str(error) or type(error).__name__)
