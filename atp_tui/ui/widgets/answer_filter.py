"""The lines of answers that match a person's regular expression: found in slices, output by output. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable

from ...executor.progress import last_state
from ...model.bounded import LINE, bounded
from .group_body import MOST_LINES
from .output_line import uncoloured

SLICE = 16
"""Lines between two pauses: the worst expression that passes takes 20 ms for a line of LINE bytes, and as long for so
many of a quarter of them; most take a microsecond."""


def pauses_after(number: int, line: bytes) -> bool:
    """Whether a pause may be made behind the line of that number: often enough for what is typed to be heard."""
    return number % SLICE == SLICE - 1 or len(line) > LINE >> 2


def searched(line: bytes) -> bytes:
    """What of a line an expression is held against: what is shown of it, as text."""
    return uncoloured(last_state(line)[:LINE])


class AnswerFilter:
    """Of each output, by its digest, the lines that match; `find` goes on with those that were not looked at yet.

    Raises ConfigError (key "filter") for an expression that cannot be used.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern: re.Pattern[bytes] = bounded("filter", text)
        self._found: dict[bytes, tuple[tuple[bytes, ...], int]] = {}

    def matches(self, line: bytes) -> bool:
        """Whether one line does."""
        return self._pattern.search(searched(line)) is not None

    def find(self, digests: Iterable[bytes], output: Callable[[bytes], bytes]) -> Generator[None, None, None]:
        """Look through outputs; a pause may be made at each yield."""
        for digest in digests:
            if digest in self._found:
                continue
            lines = output(digest).split(b"\n")
            found: list[bytes] = []
            for number, line in enumerate(lines):
                if len(found) < MOST_LINES and self.matches(line):
                    found.append(line)
                if pauses_after(number, line):
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
