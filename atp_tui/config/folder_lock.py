"""One program of ours at a time writes into a folder: by a lock on the folder, which leaves no file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..model.errors import ConfigError


@contextmanager
def folder_held(path: Path, patience: float) -> Iterator[None]:
    """Keep other programs of ours from writing `path`, and what lies beside it, until the block ends.

    Raises ConfigError where another one writes there for longer than `patience` seconds.
    """
    try:
        folder = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield  # there is no directory yet, or it cannot be read
        return
    try:
        _lock(folder, path, patience)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, path: Path, patience: float) -> None:
    give_up = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > give_up:
                hint = "end the other atp-tui that edits it"
                raise ConfigError("is being edited by another program", file=path, hint=hint) from None
            time.sleep(0.02)
        except OSError:
            return  # a file system without such locks
