"""The orders of hosts within a group: by name, by trouble, by each metric, and by what is unlike the others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from statistics import median
from typing import Any

from ..model.connection import ConnectionState
from ..model.order import NaturalKey, natural
from . import metrics
from .grouping import Path
from .rows import Known
from .troubles import DISABLED, trouble_rank


class Sort(StrEnum):
    """The orders beside those by a metric."""

    TROUBLE = "trouble"
    """What needs a person first."""
    NAME = "name"
    """Errors a second."""
    DOMAINS = "domains"
    """All domains, running or not."""
    SURPRISE = "surprise"
    """How far CPU or RTT lie from the median of the group, in its own spread."""


_FIRST = (Sort.TROUBLE, Sort.NAME)
_ALIASES = {"state": Sort.TROUBLE, "latency": "rtt"}

Key = tuple[Any, ...]
"""What hosts are sorted by; it ends with the natural order of the id, which holds the id itself."""

UNITS: Mapping[str, float] = {"cpu": 0.02, "rtt": 0.0005}
"""The figures by which a host is a surprise, each with the least spread of a group, in its base unit: where all hosts
are idle, one that is a hair less so is none."""

_TO_DEVIATION = 1.4826
"""The median of the distances from the median, times this, is the standard deviation of figures that scatter evenly."""


def orders() -> tuple[str, ...]:
    """Every order there is, by its name, as a key goes through them."""
    return (*_FIRST, *(metric.name for metric in metrics.METRICS), *(each for each in Sort if each not in _FIRST))


def find_order(name: str) -> str | None:
    """The order of that name or alias; None where there is none such."""
    metric = metrics.find_metric(name)
    found = _ALIASES.get(name, name) if metric is None else metric.name
    return found if found in orders() else None


class Ordering:
    """Gives the keys by which hosts are sorted; those that are disabled come last in each order. `learn` comes first,
    with every host that is to be in the order.
    """

    by_figures = False
    """Whether it goes by what changes with each sample."""
    drifts = False
    """Whether it goes by what was learned, too: that is learned anew once many hosts have changed since."""

    def learn(self, hosts: Iterable[tuple[Path, Known]]) -> None:
        """Take in what the keys of all hosts depend on."""

    def key(self, of: Known, path: Path) -> Key:
        """The key of a host in the group of that path."""
        raise NotImplementedError

    def rank(self, keys: list[Key]) -> int:
        """The place among the groups of the group with these keys, in order; groups of equal ones go by their names."""
        return 0


def ordering(sort: str, reverse: bool = False) -> Ordering:
    """The order of that name, one of `orders`, turned round where `reverse` says so."""
    metric = metrics.find_metric(sort)
    if metric is not None:
        return _ByFigure(metric.now, reverse)
    match sort:
        case Sort.NAME:
            return _ByName(reverse)
        case Sort.DOMAINS:
            return _ByFigure(lambda of: of.domains if of.fresh else None, reverse)
        case Sort.SURPRISE:
            return _BySurprise(reverse)
    return _ByLeastTrouble() if reverse else _ByTrouble()


class _ByName(Ordering):
    def __init__(self, reverse: bool) -> None:
        self._reverse = reverse

    def key(self, of: Known, path: Path) -> Key:
        name, last = natural(of.id), of.state is ConnectionState.DISABLED
        return (last, _falling(name), name) if self._reverse else (last, name)


class _ByTrouble(Ordering):
    def key(self, of: Known, path: Path) -> Key:
        return trouble_rank(of), natural(of.id)

    def rank(self, keys: list[Key]) -> int:
        worst = self._worst(keys)
        assert isinstance(worst, int)
        return worst

    def _worst(self, keys: list[Key]) -> object:
        return keys[0][0]


class _ByLeastTrouble(_ByTrouble):
    def key(self, of: Known, path: Path) -> Key:
        rank = trouble_rank(of)
        return DISABLED if rank == DISABLED else -rank, natural(of.id)

    def _worst(self, keys: list[Key]) -> object:
        return next((-key[0] for key in reversed(keys) if key[0] != DISABLED), DISABLED)


class _ByFigure(Ordering):
    """The largest first, or the smallest; what is not known now at the end in any case."""

    by_figures = True

    def __init__(self, read: Callable[[Known], float | None], reverse: bool) -> None:
        self._read = read
        self._sign = 1.0 if reverse else -1.0

    def key(self, of: Known, path: Path) -> Key:
        figure = self._read(of)
        if figure is None:
            return 1 + (of.state is ConnectionState.DISABLED), 0.0, natural(of.id)
        return 0, self._sign * figure, natural(of.id)


class _BySurprise(_ByFigure):
    """By the medians of the groups, as they were when all hosts were learned last."""

    drifts = True

    def __init__(self, reverse: bool) -> None:
        super().__init__(lambda _: None, reverse)
        self._metrics = tuple([metric for metric in metrics.METRICS if metric.name in UNITS])
        self._usual: dict[Path, list[tuple[float, float] | None]] = {}

    def learn(self, hosts: Iterable[tuple[Path, Known]]) -> None:
        figures: dict[Path, list[list[float]]] = {}
        for path, of in hosts:
            of_group = figures.setdefault(path, [[] for _ in self._metrics])
            for known, metric in zip(of_group, self._metrics, strict=True):
                if (figure := metric.now(of)) is not None:
                    known.append(figure)
        self._usual = {
            path: [usual(known, UNITS[each.name]) for known, each in zip(of_group, self._metrics, strict=True)]
            for path, of_group in figures.items()
        }

    def key(self, of: Known, path: Path) -> Key:
        found = []
        for metric, usually in zip(self._metrics, self._usual.get(path, ()), strict=False):
            figure = metric.now(of)
            if figure is not None and usually is not None:
                middle, spread = usually
                found.append(abs(figure - middle) / spread)
        if not found:
            return 1 + (of.state is ConnectionState.DISABLED), 0.0, natural(of.id)
        return 0, self._sign * max(found), natural(of.id)


def usual(figures: list[float], least: float) -> tuple[float, float] | None:
    """The median of figures and their spread about it, `least` at least; None of none."""
    if not figures:
        return None
    middle = median(figures)
    return middle, max(least, _TO_DEVIATION * median([abs(figure - middle) for figure in figures]))


@lru_cache(maxsize=16384)
def _falling(name: NaturalKey) -> tuple[tuple[object, ...], ...]:
    """A key that sorts names the other way round. A name comes after those that go on where it ends: hence the last."""
    parts = [(_fallen(word), -length, _fallen(digits)) for word, length, digits in name[0]]
    return (*parts, ((2,),))


def _fallen(text: str) -> tuple[int, ...]:
    return (*(-ord(sign) for sign in text), 1)
