"""Directories for sockets and keys that end with the program, and with the next one where the program was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..config.paths import RUNTIME_PREFIX, runtime_base

_LOCK = "lock"
"""The file inside that is locked as long as the directory is in use; without it nothing is removed."""

_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@contextmanager
def private_directory(base: Path | None, prefix: str = RUNTIME_PREFIX) -> Iterator[Path]:
    """A new directory below `base` (None: the system's for temporary files) that only this user may enter.

    A file in it is locked while the block runs, and it is removed at the end. Raises OSError.
    """
    path, lock = _made(base, prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _made(base: Path | None, prefix: str) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))  # 0700
        try:
            lock = os.open(path / _LOCK, _OPEN | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:  # no descriptor is left, or no room: without the file nobody would ever sweep it
            path.rmdir()
            raise
        try:
            _lock(lock)
        except BlockingIOError:  # a program that sweeps has taken it for one that was left
            os.close(lock)
            continue
        except OSError:  # a file system without locks: there nothing is swept either
            return path, lock
        if os.fstat(lock).st_nlink:  # not swept in between
            return path, lock
        os.close(lock)


def sweep(bases: Iterable[Path] | None = None) -> None:
    """Remove the directories that killed programs of this user have left: those that no process has locked."""
    for base in dict.fromkeys(_usual() if bases is None else bases):
        with suppress(OSError):
            for entry in os.scandir(base):
                if entry.name.startswith(RUNTIME_PREFIX) and entry.is_dir(follow_symlinks=False) and _is_ours(entry):
                    with suppress(OSError):
                        _remove_if_left(entry.path)


def _usual() -> list[Path]:
    with suppress(FileNotFoundError):  # no directory for temporary files can be written to
        return [runtime_base(), Path(tempfile.gettempdir())]
    return []


def _is_ours(entry: os.DirEntry[str]) -> bool:
    status = entry.stat(follow_symlinks=False)
    return status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700


def _remove_if_left(path: str) -> None:
    lock = os.open(os.path.join(path, _LOCK), _OPEN)
    try:
        _lock(lock)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _lock(descriptor: int) -> None:
    """Raises BlockingIOError where another process has it, OSError where there are no locks."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
