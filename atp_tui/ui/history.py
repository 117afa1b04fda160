"""The history of commands: one line a command, newest last, readable by its owner alone."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from ..config.replace import PRIVATE, replace_file
from .typeable import typeable

LIMIT = 1000

_WORD = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|credential)s?"
_SECRET = re.compile(
    rf"(?i){_WORD}['\"]?\s*[=:]\s*\S|--?{_WORD}\s+\S"
    r"|sshpass\s+-p|\bmysql\S*\s.*-p\S|://[^/\s:@]+:[^/\s@]+@|authorization:|bearer\s"
)
"""Lines that look as if they carried a secret are remembered neither in the file nor in memory."""


class History:
    """Commands typed before. A line that begins with a space or seems to hold a secret is not kept.

    `file` None keeps it in memory. A file that cannot be read or written costs the history, never the command.
    """

    def __init__(self, file: Path | None = None, *, limit: int = LIMIT) -> None:
        self._file = file
        self._limit = limit
        self._lines: list[str] = self._load()
        self._at = len(self._lines)
        self._draft = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first, each once."""
        return tuple(self._lines)

    def add(self, line: str) -> None:
        """Remember a line that was run; repeated lines move to the end."""
        if line.strip() and not line.startswith(" ") and not _SECRET.search(line):
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

    def completion(self, beginning: str) -> str | None:
        """The newest line that begins so and is longer."""
        return next((line for line in reversed(self._lines) if line.startswith(beginning) and line != beginning), None)

    def _load(self) -> list[str]:
        if self._file is None:
            return []
        try:
            text = self._file.read_text("utf-8", "replace")
        except OSError:
            return []
        lines = [typeable(line) for line in text.split("\n")]
        # the newest of equal lines stays: a dict keeps the first, hence twice reversed
        kept = [*dict.fromkeys(line for line in reversed(lines) if line)][: self._limit][::-1]
        if len(lines) > 2 * self._limit:
            self._rewrite(kept)
        return kept

    def _append(self, line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, PRIVATE)
            with open(descriptor, "wb") as file:
                os.fchmod(descriptor, PRIVATE)
                file.write((line + "\n").encode("utf-8", "replace"))
        except OSError:
            self._file = None  # read-only home: keep what is in memory, ask the disk no more

    def _rewrite(self, lines: list[str]) -> None:
        """Shorten the file; several programs append to it, so the new one replaces it whole."""
        assert self._file is not None
        text = "".join(line + "\n" for line in lines)
        with suppress(OSError):  # it stays as long as it is
            replace_file(self._file, text.encode("utf-8", "replace"), mode=PRIVATE, durable=False)
