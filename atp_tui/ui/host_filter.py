"""The filter of the host tree: terms with white space between them, all of which must hold.

- `web` matches hosts with that text in id, address, a tag or the state's word.
- `id:web`, `tag:prod`, `state:fail` match an id, a tag or a state that begins so. A host that is
  connected and has missed its last samples has the state "silent".
- `cpu>80`, `memory<=50` (per cent), `rtt>5` (ms), `vms>0`, `req>10` (a second) compare the newest figure, with
  `>`, `>=`, `<` or `<=`; a host whose figure is not known, or
  is old, does not match. `mem` is short for `memory`.
- A `!` in front turns a term round. Capitals and small letters are the same.

What looks like a comparison but is none (`cpu>x`) is taken as plain text: a half-typed filter is never an error.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from ..monitor.fleet import HostRow

Predicate = Callable[[HostRow], bool]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_FIGURES: Mapping[str, Callable[[HostRow], float | None]] = {
    "cpu": lambda row: _times(row.cpu, 100),
    "memory": lambda row: _times(row.memory, 100),
    "mem": lambda row: _times(row.memory, 100),
    "rtt": lambda row: _times(row.rtt, 1000),
    "vms": lambda row: row.running,
    "req": lambda row: row.requests_per_second,
}
_NAMES: Mapping[str, Callable[[HostRow], tuple[str, ...]]] = {
    "id": lambda row: (row.id,),
    "tag": lambda row: row.tags,
    "state": lambda row: _states(row),
}
_COMPARISON = re.compile(rf"({'|'.join(_FIGURES)})(>=|<=|>|<)(\d+(?:\.\d+)?)%?")
_NAMED = re.compile(rf"({'|'.join(_NAMES)}):(.*)")


@lru_cache(maxsize=64)
def parse_filter(text: str) -> Predicate | None:
    """The filter as a predicate; None for an empty one, which every host passes."""
    terms = [_term(term) for term in text.casefold().split()]
    if not terms:
        return None
    return lambda row: all(term(row) for term in terms)


def _term(text: str) -> Predicate:
    if text.startswith("!") and len(text) > 1:
        wanted = _term(text[1:])
        return lambda row: not wanted(row)
    if match := _COMPARISON.fullmatch(text):
        return _comparison(_FIGURES[match[1]], _COMPARE[match[2]], float(match[3]))
    if match := _NAMED.fullmatch(text):
        names, start = _NAMES[match[1]], match[2]
        return lambda row: any(name.casefold().startswith(start) for name in names(row))
    return lambda row: any(text in name.casefold() for name in (row.id, row.address, *_states(row), *row.tags))


def _states(row: HostRow) -> tuple[str, ...]:
    """The word of the state; of a host that has fallen silent "silent", since no row calls it connected."""
    return (row.state.value if row.silent_since is None else "silent",)


def _comparison(
    figure: Callable[[HostRow], float | None], holds: Callable[[float, float], bool], limit: float
) -> Predicate:
    def compare(row: HostRow) -> bool:
        value = figure(row)
        return value is not None and row.fresh and holds(value, limit)

    return compare


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
