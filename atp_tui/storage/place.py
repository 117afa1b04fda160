"""The file: made, opened as its file system allows, brought up to date, and set aside where it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from urllib.parse import quote

from ..config.paths import private_dir
from ..model.data_class import dataclass
from . import schema
from .filesystems import is_of_one_machine
from .lockfile import LockFile
from .remark import Remark
from .words import code_of, is_corrupt, may_be_locking

PATIENCE = 10.0
"""Seconds to wait for another program's transaction."""

_LONGEST_LOG = 16 << 20
"""Bytes that the write-ahead log keeps on the disk once it has been carried over into the file."""

_PAUSE = 0.01
"""Seconds until a file that another program opens at the same moment is tried again."""

_WITHOUT_LOCKS = "unix-none"
"""SQLite's way to a file without locks of its own: ours stands in for them."""

Told = Callable[[str], object]


@dataclass(slots=True)
class OpenFile:
    """An open database of this thread. `identity` is the device and inode that its path had then."""

    db: sqlite3.Connection
    identity: tuple[int, int]
    lock: LockFile | None = None

    def held(self) -> AbstractContextManager[None]:
        """Around each transaction and each reading. Raises OSError where another program has the lock file."""
        return nullcontext() if self.lock is None else self.lock.held()


class Place:
    """Where the file is, and how it is opened. Blocks: for the storage's thread alone.

    `told` gets words that may hold a path. `vfs` and `is_local` stand in for a file system that a test cannot mount.
    """

    def __init__(
        self,
        path: Path,
        steps: schema.Steps,
        told: Told,
        vfs: str | None = None,
        is_local: Callable[[Path], bool] = is_of_one_machine,
        patience: float = PATIENCE,
    ) -> None:
        self.path = Path(os.path.realpath(path))  # as SQLite does, which puts its own files beside what a link names
        self._steps = steps
        self._told = told
        self._vfs = vfs
        self._is_local = is_local
        self._patience = patience
        self._said_so = False

    def open(self, suspect: tuple[int, int] | None = None) -> OpenFile:
        """Open the file, making it where there is none. A file that cannot be used is set aside.

        `suspect` is the identity of a file that was found corrupt: it is set aside if it still has that name. Raises
        OSError, sqlite3.DatabaseError, and NotOurs for a newer file that is in use.
        """
        found = self.identity()
        if suspect is not None and found == suspect:
            self._set_aside("corrupt", "is damaged")
        try:
            return self._open()
        except schema.NotOurs as error:
            if self._in_use():  # a newer program goes on with it: its file is not ours to move
                raise
            kind, words = error.kind, str(error)
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            kind, words = "corrupt", "is damaged"
        if self.identity() == found:  # and no other program has done so meanwhile
            self._set_aside(kind, words)
        return self._open()

    def _open(self) -> OpenFile:
        """Two programs may make the file at once, or turn it to a write-ahead log: SQLite tells the second at once that
        the file is busy, however long its connection would wait, for the two could wait for each other.
        """
        end = time.monotonic() + self._patience
        while True:
            try:
                return self._open_once()
            except sqlite3.DatabaseError as error:
                if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                    raise
                time.sleep(_PAUSE)

    def _open_once(self) -> OpenFile:
        private_dir(self.path.parent)
        self._make()
        if not self._is_local(self.path):
            return self._open_locked()
        db = self._connect(self._vfs)
        try:
            schema.check(db, self._steps)
            if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                # FULL syncs each transaction: after a power failure the jobs that had begun are known. NORMAL syncs
                # at checkpoints alone. The sync is of a whole batch, on a thread for which nothing waits.
                return self._ready(db, "FULL")
        except sqlite3.DatabaseError as error:
            db.close()
            if not may_be_locking(error):
                raise
        except BaseException:
            db.close()
            raise
        db.close()
        return self._open_locked()

    def _open_locked(self) -> OpenFile:
        """Without a write-ahead log. Locks of the file system are used where there are any, and a lock file beside."""
        lock = LockFile(self.path.with_name(self.path.name + ".lock"), self._patience)
        with lock.held():
            try:
                opened = self._with_journal(self._vfs)
            except sqlite3.DatabaseError as error:
                if not may_be_locking(error):
                    raise
                opened = self._with_journal(_WITHOUT_LOCKS)
        opened.lock = lock
        if not self._said_so:
            self._said_so = True
            words = "its file system carries no write-ahead log; a lock file beside it does for that"
            self._told(Remark(f"{self.path}: {words}"))
        return opened

    def _with_journal(self, vfs: str | None) -> OpenFile:
        db = self._connect(vfs)
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")  # leaves a write-ahead log without memory that is shared
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("PRAGMA locking_mode = NORMAL")
            # EXTRA syncs the directory too: a journal that came back after a power failure would undo its transaction
            return self._ready(db, "EXTRA")
        except BaseException:
            db.close()
            raise

    def _ready(self, db: sqlite3.Connection, synchronous: str) -> OpenFile:
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute(f"PRAGMA journal_size_limit = {_LONGEST_LOG}")
        schema.migrate(db, self._steps)
        identity = self.identity()
        if identity is None:
            raise OSError("it was removed while it was opened")
        return OpenFile(db, identity)

    def _connect(self, vfs: str | None) -> sqlite3.Connection:
        name = f"file:{quote(os.fsencode(self.path))}?mode=rw" + (f"&vfs={vfs}" if vfs else "")
        db = sqlite3.connect(name, uri=True, timeout=self._patience, isolation_level=None)
        db.text_factory = schema.text_of
        return db

    def _make(self) -> None:
        """Make the file, empty, for its owner alone; SQLite gives those beside it the same mode.

        An existing file is looked at and not opened: to close it again would drop SQLite's locks on it (fcntl(2)).
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                raise OSError("it is no regular file") from None
            return
        try:
            os.fchmod(descriptor, 0o600)  # whatever the umask has left of it
        finally:
            os.close(descriptor)

    def identity(self) -> tuple[int, int] | None:
        """The device and inode that the path has now; None where there is nothing."""
        try:
            status = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status.st_dev, status.st_ino

    def _in_use(self) -> bool:
        """Whether another program has the file open."""
        try:
            with closing(self._connect(self._vfs)) as db:
                db.execute("PRAGMA busy_timeout = 0")
                db.execute("PRAGMA locking_mode = EXCLUSIVE")
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
        except sqlite3.DatabaseError:
            return True
        return False

    def _set_aside(self, kind: str, words: str) -> None:
        """Give the file, and SQLite's files beside it, a name with the time in it. Raises OSError."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name, number = f"{self.path.name}.{kind}-{stamp}", 1
        while os.path.lexists(self.path.with_name(name)):
            number += 1
            name = f"{self.path.name}.{kind}-{stamp}-{number}"
        # the file last: a log left alone would be taken for that of the next file
        for suffix in ("-wal", "-shm", "-journal", ""):
            beside = self.path.with_name(self.path.name + suffix)
            if os.path.lexists(beside):
                os.rename(beside, self.path.with_name(name + suffix))
        self._told(f"{self.path} {words}: it is kept as {name}, and a new file was begun")
