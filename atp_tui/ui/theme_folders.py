"""The themes of some folders, read again when a file there changes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .theme import load_themes, themes_folder

Stamp = frozenset[tuple[str, int, int, int, int]]
"""All files of the folders as they are: path, inode, size, time of the last change, mode."""


class ThemeFolders:
    """The program's themes, and those of `own` folders, which a person may change at any time."""

    def __init__(self, own: Iterable[Path]) -> None:
        self._own = tuple(own)
        self._read = self._seen = self._stamp()
        self.themes, self.problems = load_themes((themes_folder(), *self._own))

    def look_again(self) -> bool:
        """Whether something has changed and was read: `themes` and `problems` are then as of now.

        To be called each second or so. A change is read at the next look that finds it as it was: an editor may be
        in the middle of it. A theme whose file cannot be used any more stays as it was.
        """
        stamp = self._stamp()
        changed = stamp != self._read
        settled, self._seen = stamp == self._seen, stamp
        if not (changed and settled):
            return False
        before, self._read = self.themes, stamp
        self.themes, self.problems = load_themes((themes_folder(), *self._own))
        broken = {problem.file for problem in self.problems}
        self.themes |= {name: theme for name, theme in before.items() if theme.file in broken}
        return True

    def _stamp(self) -> Stamp:
        return frozenset(entry for folder in self._own for entry in _entries(folder))


def _entries(folder: Path) -> Iterable[tuple[str, int, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as found:  # a folder that is missing has no themes
        for each in found:
            if each.name.endswith(".toml"):
                with suppress(OSError):
                    status = each.stat()
                    yield each.path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
