"""The figures of a host's pools, as they stand in the title over its connections. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.connection import PoolStatistics
from ..format import milliseconds
from ..text import Safe, safe, width_of

BETWEEN = 4
"""Cells that two parts of a title take beside their words."""


def titles(pools: Sequence[PoolStatistics], scale: Sequence[str], width: int, separator: str) -> tuple[Safe, ...]:
    """What is told of each pool, the main one first, and the scale of the strips: the longest of its words that fits.

    That takes at most `width` cells where fewer words do: the strategy goes first, then what other pools say but for
    their size, then those without a connection, the words of the scale, and all but the sizes.
    """
    main, others = pools[:1], pools[1:]
    full, plain, few, size = ([_words(pool, separator, level) for pool in main] for level in range(4))
    sizes = [_words(pool, separator, _SIZE) for pool in others]
    used = [_words(pool, separator, _SIZE) for pool in others if pool.total_connections or pool.waiting]
    choices = (
        [*full, *(_words(pool, separator, _FULL) for pool in others)],
        [*plain, *(_words(pool, separator, _PLAIN) for pool in others)],
        [*plain, *sizes],
        [*plain, *used],
        [*few, *sizes],
        [*few, *used],
        [*size, *sizes],
    )
    parts: list[Safe] = []
    for told in (*([each] for each in scale), []):
        for words in choices[:-1] if told else choices:
            parts = [safe(part) for part in (*words, *told)]
            if sum(width_of(part) + BETWEEN for part in parts) <= width:
                return tuple(parts)
    return tuple(parts)


_FULL, _PLAIN, _FEW, _SIZE = range(4)
"""From all words to the fewest: without the strategy; waiting callers only where there are some; the size alone."""


def _words(pool: PoolStatistics, separator: str, level: int) -> str:
    """`virt round_robin · 2 of 10 · 3 in use · 0 waiting · waited p50 0.0 p95 1.2 max 40.0 ms`.

    Of one connection nothing is selected.
    """
    strategy = f" {pool.selection_strategy} {separator}" if level == _FULL and pool.max_connections > 1 else ""
    words = [f"{pool.channel}{strategy} {pool.active_connections} of {pool.max_connections}"]
    if level < _SIZE:
        words.append(f"{pool.total_active_uses} in use")
    if level < _FEW or pool.waiting:
        words.append(f"{pool.waiting} waiting")
    if level < _SIZE and (waits := pool.waits) is not None:
        p50, p95, longest = (
            milliseconds(each).removesuffix(" ms").strip() for each in (waits.p50, waits.p95, waits.longest)
        )
        words.append(f"waited p50 {p50} p95 {p95} max {longest} ms")
    return f" {separator} ".join(words)
