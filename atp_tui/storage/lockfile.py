"""A lock that is a file, for file systems whose own locks cannot be trusted between machines."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..config.paths import RUNTIME_PREFIX, runtime_base
from .identity import has_ended, identity, read_identity

_PAUSE = 0.01
_LONGEST = 4096
_GUARD = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class Held(OSError):
    """Another program has the lock."""

    def __init__(self, path: Path, holder: dict[str, object]) -> None:
        by = f" by process {holder['pid']} on {holder.get('host')}" if "pid" in holder else ""
        super().__init__(f"it is locked{by}; delete {path} if no atp_tui runs there")


class LockFile:
    """Made at the beginning of each transaction (O_EXCL is atomic on NFS as well) and removed at its end.

    `patience` is in seconds. The lock of a process of this machine that was killed is removed. The
    lock of a process of another machine stays, since nothing here tells whether that process still runs.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises Held where another program keeps it for longer than `patience`, OSError."""
        text = json.dumps(identity(os.getpid()))
        self._acquire(text)
        try:
            yield
        finally:
            if self._read() == text:
                with suppress(OSError):
                    self._path.unlink()

    def _acquire(self, text: str) -> None:
        end = time.monotonic() + self._patience
        while not self._made(text):
            there = self._read()
            if there is not None and has_ended(there) and self._remove(there):
                continue
            if time.monotonic() > end:
                raise Held(self._path, read_identity(there or ""))
            time.sleep(_PAUSE)

    def _made(self, text: str) -> bool:
        """Whether the file could be made. An empty lock, whose maker died at once, names nobody and stays."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(descriptor, text.encode())
        except OSError:
            self._path.unlink()
            raise
        finally:
            os.close(descriptor)
        return True

    def _read(self) -> str | None:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read(_LONGEST)
        except FileNotFoundError:
            return None

    def _remove(self, text: str) -> bool:
        """Remove the lock of an ended process; whether it was there. Only programs of this machine do so, in turn."""
        guard = os.open(runtime_base() / f"{RUNTIME_PREFIX}locks-{os.getuid()}", _GUARD, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._read() != text:
                return False
            self._path.unlink()
        except BlockingIOError:  # another program is at it
            return False
        finally:
            os.close(guard)
        return True
