"""The last lines of a job that follows, and those of them that match a person's expression. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import overload

from ..executor.followed import OVERHEAD, Followed, Line
from ..model.bounded import bounded
from ..model.data_class import dataclass
from ..model.target import TargetId
from .widgets.answer_filter import pauses_after, searched

MOST_LINES = 50_000
"""Lines that are kept; the oldest go."""

MOST_BYTES = 64 << 20
"""Bytes of them that are kept, with what each takes beside its own."""

_SLAB = 1000
"""Lines that go at a time: to take them from the beginning one by one would move all others each time."""


@dataclass(frozen=True, slots=True)
class FollowedLine:
    """A line or a mark in a list; `number` rises by one from each to the next."""

    number: int
    said: Followed

    @property
    def key(self) -> str:
        return str(self.number)


class Shown(Sequence[FollowedLine]):
    """What is shown at one moment: `numbers` of the lines, of which `lines` has those from number `first` on."""

    def __init__(self, lines: list[Followed], first: int, numbers: Sequence[int]) -> None:
        self._lines = lines
        self._first = first
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> FollowedLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[FollowedLine]: ...
    def __getitem__(self, index: int | slice) -> FollowedLine | list[FollowedLine]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        number = self._numbers[index]
        return FollowedLine(number, self._lines[number - self._first])

    @property
    def places(self) -> Mapping[str, int]:
        """The place of a line by its key."""
        return _Places(self._numbers)


class _Places(Mapping[str, int]):
    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers

    def __getitem__(self, key: str) -> int:
        number = int(key)
        place = bisect_left(self._numbers, number)
        if place == len(self._numbers) or self._numbers[place] != number:
            raise KeyError(key)
        return place

    def __iter__(self) -> Iterator[str]:
        return map(str, self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class FollowedLines:
    """Takes lines with `add`. `places` are the hosts of the job, each with its place among them."""

    def __init__(
        self, targets: Sequence[TargetId], *, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES
    ) -> None:
        self.places = {str(target): place for place, target in enumerate(targets)}
        self.away: tuple[str, ...] = ()
        """The hosts that are not followed now, and will be."""
        self.filter = ""
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._lines: list[Followed] = []
        self._first = 0
        self._size = 0
        self._pattern: re.Pattern[bytes] | None = None
        self._passing: list[int] = []
        self._searched = 0  # the lines before this number were looked at

    @property
    def came(self) -> int:
        """How many lines have come in all."""
        return self._first + len(self._lines)

    @property
    def kept(self) -> int:
        """How many of them are kept."""
        return len(self._lines)

    def add(self, lines: Sequence[Followed]) -> None:
        """Lines that have come, in their order."""
        self._lines += lines
        self._size += sum(map(_size, lines))
        while len(self._lines) > self._most_lines or (self._size > self._most_bytes and self._lines):
            gone = self._lines[: max(1, min(_SLAB, len(self._lines) // 10))]
            del self._lines[: len(gone)]
            self._first += len(gone)
            self._size -= sum(map(_size, gone))
        if self._passing and self._passing[0] < self._first:
            del self._passing[: bisect_left(self._passing, self._first)]

    def show(self) -> Shown:
        """What is shown now: where there is a filter, as far as it was looked for."""
        numbers = range(self._first, self.came) if self._pattern is None else tuple(self._passing)
        return Shown(list(self._lines), self._first, numbers)

    def take_filter(self, text: str) -> None:
        """Show only lines that match; "": all. Raises ConfigError (key "filter") for what cannot be used, and then
        all stays as it was."""
        self._pattern = bounded("filter", text) if text else None
        self.filter = text
        self._passing = []
        self._searched = self._first

    def filtering(self) -> Generator[None, None, None]:
        """Look for what matches in the lines that were not looked at; a pause may be made at each yield. Marks match
        always."""
        while self._pattern is not None and self._searched < self.came:
            number = max(self._searched, self._first)
            said = self._lines[number - self._first]
            self._searched = number + 1
            if not isinstance(said, Line) or self._pattern.search(searched(said.said)):
                self._passing.append(number)
            if pauses_after(number, said.said if isinstance(said, Line) else b""):
                yield

    @property
    def is_searched(self) -> bool:
        """Whether all lines that have come were looked at."""
        return self._pattern is None or self._searched >= self.came


def _size(said: Followed) -> int:
    return OVERHEAD + (len(said.said) if isinstance(said, Line) else 0)
