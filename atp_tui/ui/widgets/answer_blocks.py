"""Blocks of answers as lines that are made when they are looked at: a thousand unfolded ones cost next to nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

from ...model.data_class import dataclass
from .lines import Spans, drawn

_INDENT = drawn(("    ", "text"))


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: `block` names the block it belongs to; a head can be folded."""

    key: str
    block: str
    head: bool
    spans: Spans


class Block:
    """A head, and below it `count` lines where it is unfolded. `head` and `body` make them on demand."""

    __slots__ = ("_body", "_head", "count", "key")

    def __init__(self, key: str, head: Callable[[], Spans], count: int, body: Callable[[int], Spans]) -> None:
        self.key = key
        self.count = count
        self._head: Callable[[], Spans] | AnswerLine = head
        self._body = body

    def line(self, number: int) -> AnswerLine:
        """A line by its number; 0 is the head."""
        if number:
            spans = (*_INDENT, *self._body(number - 1))
            return AnswerLine(f"{self.key}\n{number - 1}", self.key, False, spans)
        if not isinstance(self._head, AnswerLine):
            self._head = AnswerLine(self.key, self.key, True, self._head())
        return self._head

    def lines(self) -> Iterator[AnswerLine]:
        """All lines."""
        return map(self.line, range(1 + self.count))


class AnswerLines(Sequence[AnswerLine]):
    """The lines of blocks, one below the other."""

    def __init__(self, blocks: Sequence[Block] = ()) -> None:
        self._blocks = blocks
        self._starts = list(accumulate((1 + block.count for block in blocks), initial=0))

    @property
    def places(self) -> Mapping[str, int]:
        """Where the line of a key is."""
        return _Places(self._blocks, self._starts)

    def block(self, key: str) -> Block | None:
        """The block of that name."""
        return next((block for block in self._blocks if block.key == key), None)

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> AnswerLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[AnswerLine]: ...
    def __getitem__(self, index: int | slice) -> AnswerLine | list[AnswerLine]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        block = bisect_right(self._starts, index) - 1
        return self._blocks[block].line(index - self._starts[block])


class _Places(Mapping[str, int]):
    """The heads by their keys; the lines below them by what their keys say."""

    def __init__(self, blocks: Sequence[Block], starts: Sequence[int]) -> None:
        self._heads = {block.key: (start, block.count) for block, start in zip(blocks, starts, strict=False)}
        self._length = starts[-1]

    def __getitem__(self, key: str) -> int:
        block, below, number = key.rpartition("\n")
        if not below:
            return self._heads[key][0]
        start, count = self._heads[block]
        if int(number) >= count:
            raise KeyError(key)
        return start + 1 + int(number)

    def __iter__(self) -> Iterator[str]:
        for key, (_, count) in self._heads.items():
            yield key
            yield from (f"{key}\n{number}" for number in range(count))

    def __len__(self) -> int:
        return self._length
