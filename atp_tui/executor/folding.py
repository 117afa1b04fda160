"""Names folded into node-set notation, in slices: `kvm[01,04-18]`, `dc1-r[2-4]-u[01-10]`.

ClusterShell reads what comes out of here and means the same names by it. It folds as well, but names with several
numbers in them take it seconds a thousand, in one stretch, since it compares each pair of vectors. Here vectors that
differ in one number alone are found by a dictionary, and a caller on the event loop can pause between two slices.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterable, Iterator, Sequence

SLICE = 256
"""Names or vectors that are worked through between two pauses: about a millisecond."""

LONGEST_NUMBER = 18
"""A name with more digits in a row is left as it is."""

_NUMBER = re.compile(r"([0-9]+)")

_Axis = frozenset[str]
_Vector = tuple[_Axis, ...]
_Rank = tuple[int, list[tuple[int, str, str]]]


def fold_names(names: Iterable[str]) -> str:
    """Names folded, each once; "" for none."""
    steps = folding(names)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return str(done.value)


def folding(names: Iterable[str]) -> Generator[None, None, str]:
    """As `fold_names`, yielding where it may pause; the folded names are the generator's value."""
    patterns: dict[tuple[str, ...], dict[_Vector, None]] = {}
    axes: dict[str, _Axis] = {}
    for number, name in enumerate(names):
        parts = _NUMBER.split(name)
        if max(map(len, parts[1::2]), default=0) > LONGEST_NUMBER:
            parts = [name]
        vector = tuple([axes.setdefault(digits, frozenset((digits,))) for digits in parts[1::2]])
        patterns.setdefault(tuple(parts[::2]), {})[vector] = None
        if number % SLICE == SLICE - 1:
            yield
    folded: list[str] = []
    for pattern in sorted(patterns, key="%s".join):
        vectors = yield from _merged(list(patterns[pattern]))
        for number, vector in enumerate(vectors):
            folded.append(_written(pattern, vector))
            if number % SLICE == SLICE - 1:
                yield
        if len(folded) % SLICE == SLICE - 1:
            yield
    return ",".join(folded)


async def folded_aside(names: Iterable[str]) -> str:
    """As `fold_names`, letting others on the event loop have their turns."""
    steps = folding(names)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return str(done.value)
        await asyncio.sleep(0)


def parts_of(folded: str) -> tuple[tuple[str, int], ...]:
    """What stands between the commas of folded names, `kvm[01,04-18]` and the like, each with how many names it is."""
    return tuple((part, _size(part)) for part in re.findall(r"(?:\[[^\]]*\]|[^,])+", folded))


def _size(part: str) -> int:
    number = 1
    for axis in re.findall(r"\[([^\]]*)\]", part):
        ends = (each.partition("-")[::2] for each in axis.split(","))
        number *= sum(int(last or first) - int(first) + 1 for first, last in ends)
    return number


def _merged(vectors: list[_Vector]) -> Generator[None, None, list[_Vector]]:
    """The same names in fewer vectors: two that differ on one axis alone become one, until there are no such two."""
    dimensions = len(vectors[0])
    before = 0
    while before != len(vectors):
        before = len(vectors)
        for axis in reversed(range(dimensions)):
            if len(vectors) > 1:
                vectors = yield from _merged_along(axis, vectors)
    if dimensions < 2:
        return vectors
    ranked: list[tuple[_Rank, int, _Vector]] = []
    for number, vector in enumerate(vectors):
        ranked.append((_rank(vector), number, vector))
        if number % SLICE == SLICE - 1:
            yield
    ranked.sort()
    return [vector for _, _, vector in ranked]


def _merged_along(axis: int, vectors: Sequence[_Vector]) -> Generator[None, None, list[_Vector]]:
    alike: dict[_Vector, list[_Axis]] = {}
    for number, vector in enumerate(vectors):
        alike.setdefault(vector[:axis] + vector[axis + 1 :], []).append(vector[axis])
        if number % SLICE == SLICE - 1:
            yield
    merged: list[_Vector] = []
    for number, (rest, found) in enumerate(alike.items()):
        merged.append((*rest[:axis], found[0] if len(found) == 1 else frozenset().union(*found), *rest[axis:]))
        if number % SLICE == SLICE - 1:
            yield
    return merged


def _rank(vector: _Vector) -> _Rank:
    """The order in which ClusterShell writes them: the largest first."""
    size = 1
    for axis in vector:
        size *= len(axis)
    return -size, [(-len(axis), *_ends(axis)) for axis in vector]


def _ends(axis: _Axis) -> tuple[str, str]:
    if len(axis) == 1:
        (only,) = axis
        return only, only
    return min(axis, key=_by_size), max(axis, key=_by_size)


def _by_size(digits: str) -> tuple[int, str]:
    return len(digits), digits


def _written(pattern: tuple[str, ...], vector: _Vector) -> str:
    parts = [pattern[0]]
    for axis, following in zip(vector, pattern[1:], strict=True):
        written = ",".join(_ranges(axis))
        parts += [written if len(axis) == 1 else f"[{written}]", following]
    return "".join(parts)


def _ranges(axis: _Axis) -> Iterator[str]:
    first = last = ""
    for digits in sorted(axis, key=_by_size):
        if last and _follows(first, last, digits):
            last = digits
            continue
        if last:
            yield first if first == last else f"{first}-{last}"
        first = last = digits
    yield first if first == last else f"{first}-{last}"


def _follows(first: str, last: str, digits: str) -> bool:
    """Whether `digits` continues the range from `first` to `last`: padded numbers do only at the same length."""
    if int(digits) != int(last) + 1:
        return False
    return len(digits) == len(last) or (digits[0] != "0" and (first == "0" or first[0] != "0"))
