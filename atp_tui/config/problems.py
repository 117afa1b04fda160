"""All that is wrong with one file, each with its line and its key, so that a person mends it in one go."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from ..model.errors import ConfigError
from ..model.quoting import redacted
from .positions import KeyPath, find_positions

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_INHERITED: tuple[KeyPath, ...] = (("transport",), ("ssh",), ("tags",))


def bare(key: str | int) -> str:
    """A key as TOML writes it: in quotes, with control characters escaped, where it is no bare key."""
    return str(key) if _BARE.fullmatch(str(key)) else json.dumps(key)


class Problems:
    """Collects what is found wrong in the text of one file.

    `host_ids` gives the hosts seen so far by their index: keys are shown as `hosts[kvm01].ssh.port`, and by their
    index from 0 (`hosts[2]`) where there is no id. `above` are the problems of the file that includes this one:
    settings that hosts inherit stand there, and so does what is wrong with them.
    """

    def __init__(self, file: Path, text: str, above: Problems | None = None) -> None:
        self.file = file
        self.host_ids: dict[int, str] = {}
        self.warnings: list[ConfigError] = []
        self._text = text
        self._above = above
        self._errors: dict[tuple[int, str, str], ConfigError] = {}

    def add(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        """Note an error at `path`. One that was noted before at the same place counts once."""
        if self._above is not None and path[:1] in _INHERITED:
            self._above.add(path, message, hint)
        else:
            self.add_here(path, message, hint)

    def add_here(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        """Note an error at `path` of this very file."""
        error = self._error(path, message, hint)
        self._errors.setdefault((error.line or 0, error.key or "", message), error)

    def warn(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        """Note something that is surely not meant, but harmless."""
        self.warnings.append(self._error(path, message, hint))

    def unknown(self, path: KeyPath, known: Iterable[str], home: str | None = None) -> None:
        """Note a key that means nothing there; `home` is the table where a key of that name would."""
        from difflib import get_close_matches  # for a slip, which is rare

        name, choices = str(path[-1]), list(known)
        close = get_close_matches(name, choices, n=1)
        if home is not None:
            hint = f"it belongs in {home}"
        elif close:
            hint = f"did you mean {close[0]!r}?"
        else:
            hint = "the keys here are " + ", ".join(choices)
        self.add(path, "unknown key", hint)

    @property
    def errors(self) -> list[ConfigError]:
        """What was noted, in the order of the lines."""
        return [error for _, error in sorted(self._errors.items(), key=lambda item: item[0])]

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest table around it that the text mentions."""
        while path and path not in self._positions:
            path = path[:-1]
        return 1 + bisect_left(self._line_ends, self._positions[path]) if path else 1

    @cached_property
    def _positions(self) -> dict[KeyPath, int]:
        return dict(find_positions(self._text))  # only a file with errors pays for it

    @cached_property
    def _line_ends(self) -> list[int]:
        # once for all errors: counting to each of thousands from the top would take minutes
        return [match.start() for match in re.finditer("\n", self._text)]

    def _error(self, path: KeyPath, message: str, hint: str | None) -> ConfigError:
        host = None
        if len(path) > 1 and path[0] == "hosts" and isinstance(path[1], int):
            host = self.host_ids.get(path[1])
        return ConfigError(
            message, key=self._name(path) or None, file=self.file, line=self.line(path), hint=hint, host=host
        )

    def _name(self, path: KeyPath) -> str:
        name = ""
        for depth, part in enumerate(path):
            if isinstance(part, int):
                name += f"[{self.host_ids.get(part, part) if depth == 1 and path[0] == 'hosts' else part}]"
            else:
                name += ("." if name else "") + bare(redacted(part))
        return name
