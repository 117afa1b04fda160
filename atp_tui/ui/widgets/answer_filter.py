"""The lines of answers that match a person's regular expression: found in slices, output by output. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable

from ...executor.progress import last_state
from ...model.bounded import LINE, bounded
from .group_body import MOST_LINES

SLICE = 500
"""Lines between two pauses: the worst expression that passes takes some milliseconds a line, most a microsecond."""


class AnswerFilter:
    """Of each output, by its digest, the lines that match; `find` goes on with those that were not looked at yet.

    Raises ConfigError (key "filter") for an expression that cannot be used.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern: re.Pattern[bytes] = bounded("filter", text)
        self._found: dict[bytes, tuple[tuple[bytes, ...], int]] = {}

    def find(self, digests: Iterable[bytes], output: Callable[[bytes], bytes]) -> Generator[None, None, None]:
        """Look through outputs; a pause may be made at each yield."""
        for digest in digests:
            if digest in self._found:
                continue
            lines = output(digest).split(b"\n")
            found: list[bytes] = []
            for number, line in enumerate(lines):
                if len(found) < MOST_LINES and self._pattern.search(last_state(line)[:LINE]):
                    found.append(line)
                if number % SLICE == SLICE - 1 or len(line) > LINE >> 2:
                    yield
            self._found[digest] = tuple(found), len(lines)
            yield

    def lines(self, digest: bytes) -> tuple[bytes, ...]:
        """Those that match, as far as they were looked for; MOST_LINES at most."""
        return self._found.get(digest, ((), 0))[0]

    def told(self, digest: bytes) -> str:
        """How many of how many lines match."""
        found, count = self._found.get(digest, ((), 0))
        return f"{len(found)} of {count} line{'s' * (count != 1)}"
