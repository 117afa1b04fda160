"""Keys written to known_hosts files: a line more, or one in the place of others, in one step that a crash survives."""

from __future__ import annotations

import base64
import errno
import os
import threading
from pathlib import Path

from ...config.replace import replace_file
from .known_hosts import KnownHosts, Marker, hashed_name, with_entry

WRITING = threading.RLock()
"""Held while a file is read and written: several threads of this program store keys, and a file that is replaced would
lose what another one has added since it was read."""


def append_key(path: Path, name: str, public_key: str, *, hashed: bool = False) -> bool:
    """Add a line in one write, with the hash of the name where `hashed`. False: the file has that key. Raises OSError.

    Where there is no file it is made, for its owner alone.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with WRITING:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            return _append(descriptor, path, name, public_key, hashed)
        finally:
            os.close(descriptor)


def _append(descriptor: int, path: Path, name: str, public_key: str, hashed: bool) -> bool:
    size = os.fstat(descriptor).st_size
    if _has(os.pread(descriptor, size, 0), name, public_key):
        return False
    before = os.pread(descriptor, 2, max(0, size - 2))
    line = with_entry(before, hashed_name(name) if hashed else name, public_key)[len(before) :]
    written = os.write(descriptor, line)
    if written < len(line):  # the file system is full
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    os.fsync(descriptor)
    return True


def _has(data: bytes, name: str, public_key: str) -> bool:
    key = public_key.split()[1].encode()
    blob = base64.b64decode(key)
    lines = b"\n".join(line for line in data.split(b"\n") if key in line)  # few: no other name costs a hash
    return any(entry.marker is Marker.NONE and entry.blob == blob for entry in KnownHosts(lines).find(name))


def replace_keys(path: Path, name: str, public_key: str, *, hashed: bool = False) -> None:
    """Put one key in the place of all that `ssh-keygen -R name` removes; the former file stays as `….old`, where it had
    something to remove.

    Raises OSError; the file is then what it was.
    """
    written = hashed_name(name) if hashed else name
    with WRITING:
        before = path.read_bytes() if path.exists() else b""
        kept = KnownHosts(before).without(name)
        after = with_entry(kept, written, public_key)
        if kept == before:  # an earlier `….old` says more than this file, all of which stays
            replace_file(path, after)
        else:
            _rewrite(path, before, after)


def remove_keys(path: Path, name: str) -> bool:
    """As `ssh-keygen -R name -f path`: whether there was something to remove. Raises OSError."""
    with WRITING:
        before = path.read_bytes()
        after = KnownHosts(before).without(name)
        if after == before:
            return False
        _rewrite(path, before, after)
        return True


def _rewrite(path: Path, before: bytes, after: bytes) -> None:
    replace_file(path.with_name(path.name + ".old"), before)
    replace_file(path, after)  # one that is a link into a shared directory stays one
