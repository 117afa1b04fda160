"""Lines that Textual has drawn are freed once they are off the screen.

`Strip.divide` of Textual keeps its result in a cache of the strip. Where a line is not cut the result is the strip
itself, so the strip is in a cycle and stays until Python's collector looks for such: 28 objects, some 3 kB, for each
line drawn anew. With 24 hosts that was 5 MB a minute: the collector looks seldom here, see
`cli/collector`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.strip import Strip

_divide: Callable[[Strip, Iterable[int]], Sequence[Strip]] = Strip.divide


def _divide_without_cycle(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    length = strip.cell_length
    within = [cut for cut in cuts if cut <= length]
    return [strip] if within == [length] else _divide(strip, within)


def keep_no_cycles() -> None:
    """From now on, in the whole process. Calling it again changes nothing."""
    Strip.divide = _divide_without_cycle  # type: ignore[method-assign, assignment]
