"""The history of commands: one line a command, newest last, readable by its owner alone."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ..config.files import read_regular, require_regular, without_waiting
from ..config.paths import private_dir
from ..config.replace import PRIVATE, replace_file
from ..model.secret_lines import may_hold_a_secret
from .typeable import typeable

LIMIT = 1000

TRIES, PAUSE = 20, 0.01
"""How often another program's lock is looked at, and the seconds between: it is held for one write."""


class History:
    """Commands typed before. A line that begins with a space or seems to hold a secret is kept neither in the file nor
    in memory.

    `file` None keeps it in memory. A file that cannot be read or written costs the history, never the command: `tell`
    is called once with the reason. `secrets` are regular expressions of further lines that are not kept.
    """

    def __init__(
        self,
        file: Path | None = None,
        *,
        secrets: Iterable[str] = (),
        limit: int = LIMIT,
        tell: Callable[[str], object] = lambda words: None,
    ) -> None:
        self._secrets = tuple(map(re.compile, secrets))
        self._file = file
        self._limit = limit
        self._tell = tell
        self._lines: list[str] = self._load()
        self._at = len(self._lines)
        self._draft = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first, each once."""
        return tuple(self._lines)

    def add(self, line: str) -> None:
        """Remember a line that was run; repeated lines move to the end."""
        if line.strip() and not line.startswith(" ") and not self._may_hold_a_secret(line):
            if line in self._lines:
                self._lines.remove(line)
            self._lines.append(line)
            del self._lines[: -self._limit]
            self._append(line)
        self._at = len(self._lines)

    def older(self, current: str) -> str:
        """The line before the one shown; `current` is kept when it is the unfinished one."""
        if self._at == len(self._lines):
            self._draft = current
        self._at = max(self._at - 1, 0)
        return self._lines[self._at] if self._lines else current

    def newer(self, current: str) -> str:
        """The line after the one shown, at the end the unfinished one."""
        if self._at >= len(self._lines):
            return current
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]

    def refresh(self) -> None:
        """Know what other programs have added to the file since it was read."""
        if self._file is not None:
            self._lines = self._load() or self._lines
            self._at = len(self._lines)

    def search(self, text: str, skip: int = 0) -> str | None:
        """The newest line that has this text in it, or the one before it, where so many are to be skipped.

        A text without capitals finds both.
        """
        fold = str.lower if text == text.lower() else str
        found = (line for line in reversed(self._lines) if text in fold(line))
        return next(islice(found, skip, None), None) if text else None

    def completion(self, beginning: str) -> str | None:
        """The newest line that begins so and is longer."""
        return next((line for line in reversed(self._lines) if line.startswith(beginning) and line != beginning), None)

    def _may_hold_a_secret(self, line: str) -> bool:
        return may_hold_a_secret(line) or any(pattern.search(line) for pattern in self._secrets)

    def _load(self) -> list[str]:
        if self._file is None:
            return []
        try:
            lines = _lines_of(read_regular(self._file))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            self._give_up(error)
            return []
        if len(lines) > 2 * self._limit:
            self._shorten()
        return _newest(lines, self._limit)

    def _append(self, line: str) -> None:
        if self._file is None:
            return
        try:
            private_dir(self._file.parent)
            with _held(self._file) as file:
                file.write((line + "\n").encode("utf-8", "replace"))
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _shorten(self) -> None:
        """Have the file hold no more than what is kept. What another program has added since it was read stays."""
        assert self._file is not None
        with suppress(OSError, ValueError), _held(self._file):  # it stays as long as it is
            kept = _newest(_lines_of(read_regular(self._file)), self._limit)
            text = "".join(line + "\n" for line in kept)
            replace_file(self._file, text.encode("utf-8", "replace"), mode=PRIVATE, durable=False)

    def _give_up(self, error: OSError | ValueError) -> None:
        """Keep what is in memory, ask the disk no more, and say so once."""
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        self._tell(f"the history is not kept: {self._file}: {why}")
        self._file = None


def _lines_of(data: bytes) -> list[str]:
    return [line for line in map(typeable, data.decode("utf-8", "replace").split("\n")) if line]


def _newest(lines: list[str], limit: int) -> list[str]:
    """The last `limit` lines. The newest of equal ones stays: a dict keeps the first, hence twice reversed."""
    return [*dict.fromkeys(reversed(lines))][:limit][::-1]


@contextmanager
def _held(path: Path) -> Iterator[BinaryIO]:
    """The file of that name, to append to, while no other program writes or replaces it.

    Raises OSError, and ValueError for what is no regular file: one may stop us once it is full.
    """
    for _ in range(TRIES):
        with open(path, "ab", buffering=0, opener=without_waiting) as file:
            descriptor = file.fileno()
            require_regular(descriptor)
            if _is_ours(path, descriptor):
                if stat.S_ISREG(os.fstat(descriptor).st_mode):  # and not /dev/null, which is everybody's
                    os.fchmod(descriptor, PRIVATE)
                yield file
                return
        time.sleep(PAUSE)
    raise OSError(errno.EBUSY, "another program keeps it locked")


def _is_ours(path: Path, descriptor: int) -> bool:
    """Whether this program has the lock now, on the file that still has the name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # a file system without locks
        return True
