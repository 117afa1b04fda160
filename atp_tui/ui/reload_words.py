"""What is told of a file of hosts that was changed while the program runs."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..executor.folding import parts_of
from ..model.reload import Reload
from .text import Safe, safe, width_of
from .words import sentence


def reload_told(reload: Reload, file: str, room: int | None = None) -> Safe:
    """`hosts.toml: 2 added (kvm[08-09]), 1 removed (db1)`, or what is wrong with it.

    In `room` cells names that do not fit are counted, `(kvm[08-09] +12)`; None: all stand there.
    """
    if reload.problem is not None:
        since = time.strftime("%H:%M", time.localtime(reload.good_since))
        hint = f"; {reload.problem.hint}" if reload.problem.hint else ""
        what = f"{reload.problem.where}{sentence(reload.problem.reason)}{reload.problem.place}{hint}"
        return safe(f"{what}; all goes on as it was at {since}")
    counts = ((reload.added, "added"), (reload.removed, "removed"), (reload.changed, "changed"))
    moved = [(f"{number:,} {word}", each) for (number, word), each in zip(counts, reload.names, strict=True) if number]
    without = _reload_words(reload, file, [words for words, _ in moved])
    if not any(each for _, each in moved):
        return without
    shares: list[int | None] = [None] * len(moved)
    if room is not None:
        shares = [*_shares(room - width_of(without), [len(f" ({each})") for _, each in moved])]
    told = [words + _names(each, share) for (words, each), share in zip(moved, shares, strict=True)]
    return _reload_words(reload, file, told)


def _reload_words(reload: Reload, file: str, moved: Sequence[str]) -> Safe:
    told = ", ".join(moved)
    later = f"{', '.join(reload.later)} from the next start on" if reload.later else ""
    remarks = "; ".join(f"{each.where}{sentence(each.reason)}" for each in reload.remarks)
    news = "; ".join(filter(None, (told, later)))
    return safe("; ".join(filter(None, (f"{file}: {news or 'right again'}" if news or not remarks else "", remarks))))


def _shares(room: int, wanted: Sequence[int]) -> tuple[int, ...]:
    """The room shared out evenly; what a short text leaves is the others'."""
    shares = dict.fromkeys(range(len(wanted)), 0)
    for left, place in enumerate(sorted(shares, key=wanted.__getitem__)):
        shares[place] = min(wanted[place], room // (len(wanted) - left))
        room -= shares[place]
    return tuple(shares.values())


def _names(folded: str, room: int | None) -> str:
    """` (kvm[01-04],web1 +12)` in `room` cells: as many as fit, and how many there are beside them; "" where that
    would say too little."""
    whole = f" ({safe(folded)})"
    if not folded or room is None or width_of(whole) <= room:
        return whole if folded else ""
    parts = parts_of(folded)
    left, shown = sum(number for _, number in parts), ""
    for part, number in parts:
        longer = f"{shown},{part}" if shown else part
        if width_of(f" ({safe(longer)} +{left - number:,})") > room:
            break
        shown, left = longer, left - number
    return f" ({safe(shown)} +{left:,})" if shown else ""


def reload_sign(reload: Reload, file: str) -> Safe:
    """A few words for the status line while the file or a program cannot be used; empty while all of them can."""
    failing = ", ".join(reload.failing)
    wrong = [] if reload.problem is None else [f"{file} is wrong"]
    wrong += [f"{failing} {'fails' if len(reload.failing) == 1 else 'fail'}"] if failing else []
    return safe("".join(f"{each}  " for each in wrong))
