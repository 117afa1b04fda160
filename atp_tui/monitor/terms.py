"""Conditions on a host as a person writes them: `state:failed`, `cpu>80`, `tag:prod`, `id:web`, `site:north`. Pure.

- `id:web`, `tag:prod`, `state:fail` and any key of the metadata (`site:north`) match what begins so. A host that is
  connected and has missed its last samples has the state "silent". Two words stand beside the states: "lost" are those
  that are reconnecting or silent, "waiting" those that wait for a person to look at a key or to log in.
- `cpu>80` compares a metric of the table in its own unit, with `>`, `>=`, `<` or `<=`.

A key of the metadata that is called as a figure, or `id`, `tag`, `state`, cannot be asked for: these words are taken.
Capitals and small letters are the same. A term that could match no host whatever it is called (`latency>5`,
`state:fial`) raises an error that says what to write: "none matches" would be untrue of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping

from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.near import nearest
from ..model.quoting import redacted
from . import metrics
from .metrics import Metric, find_metric, metric_names
from .needs import Needs
from .rows import HostRow
from .troubles import DANGER

SILENT = "silent"
LOST = "lost"
WAITING = "waiting"
STATES = (*(state.value for state in ConnectionState), SILENT, LOST, WAITING)

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_NAMED: Mapping[str, Callable[[HostRow], tuple[str, ...]]] = {
    "id": lambda row: (row.id,),
    "tag": lambda row: row.tags,
    "state": lambda row: (*state_words(row), *_beside_state(row)),
}
NAMED = tuple(_NAMED)
"""The fields that every host has, beside its figures and its metadata."""

_COMPARISON = re.compile(r"([^<>]*)(>=|<=|>|<)(.*)", re.DOTALL)
_EQUALS = re.compile(r"([^=:!]+)(?:!?=+|:)(.*)", re.DOTALL)
_FIELD = re.compile(r"([a-z_]+):(.*)", re.DOTALL)
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)(.*)", re.DOTALL)
_ADDRESS = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*(?:%.*)?")


@dataclass(frozen=True, slots=True)
class Term:
    """A condition. `holds` answers for a row: None where it is not known.

    Of a text `texts` gives what it is compared with and `start` how that must begin; `texts` is None of a comparison.
    """

    holds: Callable[[HostRow], bool | None]
    needs: Needs
    texts: Callable[[HostRow], tuple[str, ...]] | None = None
    start: str = ""


def state_words(row: HostRow) -> tuple[str, ...]:
    """The word of the state; of a host that has fallen silent "silent", since no row calls it connected."""
    return (row.state if row.silent_since is None else SILENT,)


def _beside_state(row: HostRow) -> tuple[str, ...]:
    """What is asked for as a state, and is none: each host counts once in the states, and may count here too."""
    lost = (LOST,) if row.shown_state is ConnectionState.RECONNECTING else ()
    return (*lost, WAITING) if row.trouble is not None and row.trouble.cause in DANGER else lost


def metadata_keys(rows: Iterable[HostRow]) -> frozenset[str]:
    """The keys of the metadata that any of the hosts has, in small letters."""
    return frozenset([key.casefold() for row in rows for key, _ in row.metadata])


def parse_term(text: str, metadata: Collection[str] = ()) -> Term | None:
    """The condition that `text` is; None for a text that is none. `metadata` are the keys that hosts have.

    Raises ConfigError (key "filter") with a hint for a condition that could hold for no host.
    """
    text = text.casefold()
    if match := _COMPARISON.fullmatch(text):
        return _comparison(match[1], match[2], match[3], metadata)
    if (match := _EQUALS.fullmatch(text)) and find_metric(match[1]) is not None:
        raise wrong(f"{match[1]} is compared with > >= < or <=", f"write {match[1]}>{_number_of(match[2])}")
    field, colon, start = text.partition(":")
    if colon and (field in _NAMED or field in metadata):
        return _text_term(field, start)
    if _FIELD.fullmatch(text) and not _ADDRESS.fullmatch(text):
        raise _unknown(field, metadata)
    return None


def wrong(message: str, hint: str, column: int | None = None) -> ConfigError:
    """The error of a condition. `column` is its place in the text, from 1."""
    return ConfigError(message, key="filter", hint=hint, column=column)


def _text_term(field: str, start: str) -> Term:
    if field == "state" and not any(state.startswith(start) for state in STATES):
        raise wrong(f"no state begins with {redacted(start)}", f"the states are {', '.join(STATES)}")

    def of_metadata(row: HostRow) -> tuple[str, ...]:
        return tuple([value for key, value in row.metadata if key.casefold() == field])

    texts = _NAMED.get(field, of_metadata)
    needs = Needs.STATE if field == "state" else Needs.NOTHING
    return Term(lambda row: any(text.casefold().startswith(start) for text in texts(row)), needs, texts, start)


def _comparison(field: str, sign: str, written: str, metadata: Collection[str]) -> Term:
    metric = find_metric(field)
    if metric is None:
        raise _unknown(field, metadata) if field else wrong(f"nothing before {sign}", fields_told(metadata))
    number = _NUMBER.fullmatch(written)
    if number is None:
        what = f"{redacted(written)} is no number" if written else f"{field}{sign} wants a number"
        raise wrong(what, f"write {field}{sign}80")
    unit = metric.form.unit
    if number[2] not in ("", unit):
        raise wrong(f"{redacted(number[2])} is no unit of {field}", f"write {field}{sign}{number[1]}{unit}")
    return _compared(metric, _COMPARE[sign], float(number[1]))


def _compared(metric: Metric, holds: Callable[[float, float], bool], limit: float) -> Term:
    factor, read = metric.form.factor, metric.now

    def compare(row: HostRow) -> bool | None:
        value = read(row)
        return None if value is None else holds(value * factor, limit)

    return Term(compare, Needs.SAMPLES if metric.samples > 1 else Needs.SAMPLE)


def _unknown(field: str, metadata: Collection[str]) -> ConfigError:
    near = nearest(field, [*metric_names(), *NAMED, *metadata], 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return wrong(f"unknown field {redacted(field)}", meant + fields_told(metadata))


def fields_told(metadata: Collection[str]) -> str:
    """Every field there is, for a hint."""
    figures = [" ".join((metric.name, *(f"({alias})" for alias in metric.aliases))) for metric in metrics.METRICS]
    texts = [f"{field}:" for field in (*NAMED, *sorted(metadata)[:5])]
    return f"{_joined(figures)} take > >= < <=; {_joined(texts)} take a text"


def _joined(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _number_of(text: str) -> str:
    number = _NUMBER.match(text)
    return number[0] if number else "80"
