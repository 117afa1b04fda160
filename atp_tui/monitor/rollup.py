"""The figures of a group of hosts, added up when somebody looks at it: of many groups few are in sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model.connection import ConnectionState
from ..model.order import natural
from .query import GroupSums, Lost, RollUp
from .rows import DomainCounts, Known
from .troubles import Why, ill

MOST_NAMED = 12
"""Hosts that are named for one cause: more have no room beside it."""


def roll_up(hosts: Iterable[Known]) -> RollUp:
    """The figures of these hosts."""
    fresh = [of for of in hosts if of.fresh]
    cpu = _mean([of.cpu for of in fresh if of.cpu is not None])
    memory = _mean([of.memory for of in fresh if of.memory is not None])
    counts = [of.vms for of in fresh if of.vms is not None]
    vms = DomainCounts(*map(sum, zip(*counts, strict=True))) if counts else None
    return RollUp(len(fresh), cpu, memory, vms)


def group_sums(hosts: Iterable[Known]) -> GroupSums:
    """All that is told of a group."""
    there = tuple(hosts)
    states: Counter[ConnectionState] = Counter(of.shown_state for of in there)
    fresh = tuple([of for of in there if of.fresh])
    highest = []
    for name, figures in (("cpu", [(of.cpu, of.id) for of in fresh]), ("memory", [(of.memory, of.id) for of in fresh])):
        known = [(figure, host) for figure, host in figures if figure is not None]
        if known:
            figure, host = max(known, key=lambda each: each[0])
            highest.append((name, host, figure))
    lost: dict[Why, list[str]] = {}
    for of in there:
        if (trouble := ill(of)) is not None:
            lost.setdefault(trouble.why, []).append(of.id)
    return GroupSums(
        hosts=len(there),
        states=tuple(states.items()),
        silent=sum(of.silent_since is not None for of in there),
        figures=roll_up(there),
        highest=tuple(highest),
        unseen=sum(of.domains or 0 for of in there if not of.fresh),
        causes=tuple(
            Lost(len(ids), *why, tuple(sorted(ids, key=natural)[:MOST_NAMED]))
            for why, ids in sorted(lost.items(), key=lambda each: -len(each[1]))
        ),
    )


def _mean(figures: list[float]) -> float | None:
    return sum(figures) / len(figures) if figures else None
