"""The filter of the host tree: terms with white space between them, all of which must hold.

- `web` matches hosts with that text in id, address, a tag or the state's word.
- `id:web`, `tag:prod`, `state:fail` match an id, a tag or a state that begins so. A host that is
  connected and has missed its last samples has the state "silent".
- `cpu>80`, `memory<=50` (per cent), `rtt>5` (ms), `vms>0`, `req>10` (a second) compare the newest figure, with
  `>`, `>=`, `<` or `<=`; a host whose figure is not known, or
  is old, does not match. `mem` is short for `memory`.
- A `!` in front turns a term round. Capitals and small letters are the same.

Blanks around the sign of a comparison count for nothing. What can match no host whatever it is called (`latency>5`,
`@rack1`, `kvm[01-03]`) raises an error that says what to write: "none matches" would be untrue of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from ..model.connection import ConnectionState
from ..model.errors import ConfigError
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
SILENT = "silent"
_STATES = (*(state.value for state in ConnectionState), SILENT)
_UNITS: Mapping[str, str] = {"cpu": "%", "memory": "%", "mem": "%", "rtt": "ms", "req": "/s"}
_FIELDS = "cpu, memory (mem), rtt, vms and req take > >= < <=; id:, tag: and state: take a text"

_AROUND = re.compile(r"\s*(>=|<=|>|<)\s*|((?:^|(?<=[\s!]))(?:id|tag|state):)\s+")
_COMPARISON = re.compile(r"([^<>]*)(>=|<=|>|<)(.*)")
_EQUALS = re.compile(rf"({'|'.join(_FIGURES)})(?:!?=+|:)(.*)")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(.*)")
_NAMED = re.compile(r"([a-z_]+):(.*)")
_ADDRESS = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*(?:%.*)?")
_RANGE = re.compile(r"\[.*")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""The full-width forms of East Asian keyboards, each with the plain sign that is meant."""


@lru_cache(maxsize=64)
def parse_filter(text: str) -> Predicate | None:
    """The filter as a predicate; None for an empty one, which every host passes.

    Raises ConfigError (key "filter") with a hint for a term that could match no host.
    """
    terms = [_term(term) for term in _AROUND.sub(lambda found: found[1] or found[2], text.casefold()).split()]
    if not terms:
        return None
    return lambda row: all(term(row) for term in terms)


def is_term(text: str) -> bool:
    """Whether a part of a target is meant for the filter: a comparison, or a field with a colon, and no port."""
    return bool(_COMPARISON.fullmatch(text)) or bool(re.fullmatch(r"[!@]*[A-Za-z_]+:(?!//|\d*$)[^@]*", text))


def _wrong(message: str, hint: str) -> ConfigError:
    return ConfigError(message, key="filter", hint=hint)


def _term(text: str) -> Predicate:
    if text.startswith("!"):
        if text == "!":
            raise _wrong("! alone", "it stands in front of a term, as in !tag:prod")
        wanted = _term(text[1:])
        return lambda row: not wanted(row)
    plain = text.translate(_WIDE)
    if match := _COMPARISON.fullmatch(plain):
        return _comparison(match[1], match[2], match[3])
    if match := _EQUALS.fullmatch(plain):
        raise _wrong(f"{match[1]} is compared with > >= < or <=", f"write {match[1]}>{match[2] or 80}")
    match = _NAMED.fullmatch(text)
    if match and not _ADDRESS.fullmatch(text):
        return _named(match[1], match[2])
    _refuse_targets(plain)
    return lambda row: any(
        each in name.casefold() for name in (row.id, row.address, *_states(row), *row.tags) for each in (text, plain)
    )


def _states(row: HostRow) -> tuple[str, ...]:
    """The word of the state; of a host that has fallen silent "silent", since no row calls it connected."""
    return (row.state.value if row.silent_since is None else SILENT,)


def _named(field: str, start: str) -> Predicate:
    if field not in _NAMES:
        raise _wrong(f"unknown field {field}", _FIELDS)
    if field == "state" and not any(state.startswith(start) for state in _STATES):
        raise _wrong(f"no state begins with {start}", f"the states are {', '.join(_STATES)}")
    names = _NAMES[field]
    return lambda row: any(name.casefold().startswith(start) for name in names(row))


def _refuse_targets(text: str) -> None:
    """What belongs to targets, and what no id, address, state or tag can hold."""
    if text.startswith("@"):
        name = text[1:]
        hint = f"here write tag:{name}" if name.isalnum() else "here write tag:NAME, and blanks between terms"
        raise _wrong("@ names the targets of a command (!)", "press Esc to show all hosts" if name == "all" else hint)
    if "[" in text or "]" in text or "{" in text or "}" in text:
        raise _wrong("ranges name the targets of a command (!)", f"here write a text that the ids share: {_stem(text)}")
    if "*" in text or "?" in text:
        raise _wrong("a text is found anywhere in a name", f"leave * and ? out: {_stem(text)}")
    if any(sign in text for sign in ",&^|"):
        raise _wrong("terms stand with blanks between them, and all must hold", "leave , & ^ and | out")
    if "@" in text:
        raise _wrong("no id, address or tag has an @", "write the id alone")


def _stem(text: str) -> str:
    parts = re.findall(r"[\w.-]+", text)
    return parts[0] if parts else "kvm0"


def _comparison(field: str, sign: str, written: str) -> Predicate:
    if field not in _FIGURES:
        raise _wrong(f"unknown field {field}" if field else f"nothing before {sign}", _FIELDS)
    number = _NUMBER.fullmatch(written)
    if number is None:
        what = f"{written} is no number" if written else f"{field}{sign} wants a number"
        raise _wrong(what, f"write {field}{sign}80")
    if number[2] not in ("", _UNITS.get(field, "")):
        unit = _UNITS.get(field)
        raise _wrong(f"{number[2]} is no unit of {field}", f"write {field}{sign}{number[1]}{unit or ''}")
    figure, holds, limit = _FIGURES[field], _COMPARE[sign], float(number[1])

    def compare(row: HostRow) -> bool:
        value = figure(row)
        return value is not None and row.fresh and holds(value, limit)

    return compare


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
