"""What a person can group, sort and choose columns by, and what is said where something else was written. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ....engine.fleet import Fleet
from ....model.near import nearest
from ....model.quoting import redacted
from ....monitor import metrics
from ....monitor.metrics import Metric, find_metric
from ....monitor.orders import find_order, orders
from ....monitor.query import BY_TAG, MOST_DEEP, STATE, TAG, Fields
from ...text import Safe, safe
from ..turning import sort_written

NONE = "none"
"""The word for no groups."""


class Unclear(Exception):
    """What was written names nothing. Its text says so, and what there is."""

    def __init__(self, what: str, written: str, there: Sequence[str]) -> None:
        near = nearest(written, there, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        super().__init__(f"no {what} {redacted(written)}: {meant}there are {', '.join(there)}")

    @property
    def sentence(self) -> Safe:
        """The text, safe for a terminal."""
        return safe(str(self))


def order_named(written: str) -> tuple[str, bool]:
    """The order that a person means, and whether it is turned round. Raises Unclear."""
    name, turned = sort_written(written)
    found = find_order(name)
    if found is None:
        raise Unclear("order", written, orders())
    return found, turned


def orders_offered(_: Fleet) -> Iterable[str]:
    """What may stand behind `:sort`."""
    return orders()


def columns_named(names: str) -> tuple[Metric, ...]:
    """The metrics of `cpu,mem,rtt`, each once; none of an empty text. Raises Unclear."""
    found: dict[Metric, None] = {}
    for name in filter(None, map(str.strip, names.casefold().split(","))):
        metric = find_metric(name)
        if metric is None:
            raise Unclear("column", name, [each.name for each in metrics.METRICS])
        found[metric] = None
    return tuple(found)


def columns_offered(_: Fleet) -> Iterable[str]:
    """What may stand behind `:columns`."""
    return [metric.name for metric in metrics.METRICS]


def groupings(fields: Fields) -> tuple[tuple[str, ...], ...]:
    """The groupings that a key goes through."""
    return ((TAG,), *((key.casefold(),) for key in fields.metadata if key.casefold() not in (TAG, STATE)), (STATE,), ())


def grouping_named(written: str, fields: Fields) -> tuple[str, ...]:
    """The grouping of `site,rack`: keys of the metadata, tag, state, or the beginning of tags. Raises Unclear."""
    parts = [part for part in map(str.strip, written.split(",")) if part]
    if [part.casefold() for part in parts] == [NONE]:
        return ()
    found = dict.fromkeys(_grouped_by(part, fields) for part in parts)
    if not found or len(found) > MOST_DEEP:
        raise Unclear("grouping", written, [*_words(fields), f"and {MOST_DEEP} with a comma between them"])
    return tuple(found)


def _grouped_by(part: str, fields: Fields) -> str:
    word = part.casefold()
    if word in (TAG, STATE, *(key.casefold() for key in fields.metadata)):
        return word
    start = part.removeprefix(BY_TAG)
    if start and any(tag.startswith(start) for tag in fields.tags):
        return BY_TAG + start
    raise Unclear("grouping", part, _words(fields))


def groupings_offered(fleet: Fleet) -> Iterable[str]:
    """What may stand behind `:group`."""
    return _words(fleet.fields())


def _words(fields: Fields) -> list[str]:
    """Words for groupings: the beginnings are those that several tags with a number have in common."""
    starts = Counter(start for tag in fields.tags if (start := tag.rstrip("0123456789")) != tag)
    common = [start for start, number in starts.items() if number > 1 and start]
    return list(dict.fromkeys([TAG, *(key.casefold() for key in fields.metadata), *common, STATE, NONE]))


def grouping_words(group: tuple[str, ...]) -> str:
    """The grouping as a person writes it."""
    return ",".join(part.removeprefix(BY_TAG) for part in group) or NONE
