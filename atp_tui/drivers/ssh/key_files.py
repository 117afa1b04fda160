"""Keys written to known_hosts files: a line more, or one in the place of others, in one step that a crash survives."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from .known_hosts import KnownHosts, hashed_name, with_entry


def append_key(path: Path, name: str, public_key: str, *, hashed: bool = False) -> None:
    """Add a line in one write, with the hash of the name where `hashed`. Raises OSError.

    Where there is no file it is made, for its owner alone.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        before = os.pread(descriptor, 2, max(0, size - 2))
        line = with_entry(before, hashed_name(name) if hashed else name, public_key)[len(before) :]
        written = os.write(descriptor, line)
        if written < len(line):  # the file system is full
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_keys(path: Path, name: str, public_key: str, *, hashed: bool = False) -> None:
    """Put one key in the place of all that `ssh-keygen -R name` removes; the former file stays as `….old`.

    Raises OSError; the file is then what it was.
    """
    before = path.read_bytes() if path.exists() else b""
    written = hashed_name(name) if hashed else name
    _rewrite(path, before, with_entry(KnownHosts(before).without(name), written, public_key))


def remove_keys(path: Path, name: str) -> bool:
    """As `ssh-keygen -R name -f path`: whether there was something to remove. Raises OSError."""
    before = path.read_bytes()
    after = KnownHosts(before).without(name)
    if after == before:
        return False
    _rewrite(path, before, after)
    return True


def _rewrite(path: Path, before: bytes, after: bytes) -> None:
    target = path.resolve()  # a known_hosts file that is a link into a shared directory stays one
    _write(path.with_name(path.name + ".old"), before)
    _write(target, after)


def _write(path: Path, data: bytes) -> None:
    """Replace a file in one step: a crash leaves the old one or the new one. Its mode and owner stay as they were."""
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = target.stat() if target.exists() else None
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)  # with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if status is not None:
                os.fchmod(file.fileno(), status.st_mode & 0o777)
                with contextlib.suppress(PermissionError):  # only root can give a file back to its owner
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
