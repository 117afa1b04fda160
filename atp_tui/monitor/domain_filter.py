"""The filter of the domains on a screen: terms with white space between them, all of which must hold. Pure.

A term is a condition, or a text that is looked for in the names of the domain and of its host, and in its title. A `!`
in front turns a term round, and a domain whose figure is not known passes `!cpu>80`, as in host_filter.

- `state:up`, `state:paused`, `state:crashed` and `state:off` are the domains that count so in the sums, `state:unknown`
  those of hosts whose figures are old; every state has its own word as well.
- `state:running`, `host:kvm01`, `tag:rack1`, `name:web`, `title:shop`, `os:debian`, `ip:192.0.2.` and `uuid:3b0c` match
  what begins so, of a title any of its words; `@rack1` is `tag:rack1`. Tags are those of the domain and of its host.
- `@edge`, where a set is called so, `@last.failed` and `@rack1&!kvm07` are the domains of the hosts that targets mean.
- `cpu>80` and `mem>90` compare percents (of the domain's processors, of the memory that it may have), `disk>5` and
  `net>5` MB a second in both directions together, `vcpus>4` a number. The signs are `>`, `>=`, `<` and `<=`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache

from ..model.errors import ConfigError
from ..model.near import nearest
from ..model.quoting import redacted
from .domain_index import STATE_ORDER, SUMMED, UP, Entry, HostWithDomains
from .domain_record import CPU, DISK, NET, HostDomains
from .host_filter import Expressions, apart, placed, plain_signs
from .series import NAN
from .terms import wrong

DomainPredicate = Callable[["Entry", "HostFigures"], bool]
"""Whether a domain passes, with the figures of all domains of its host."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_COMPARISON = re.compile(r"([^<>]*)(>=|<=|>|<)(.*)", re.DOTALL)
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)(.*)", re.DOTALL)
_FIELD = re.compile(r"([a-z_]+):(.*)", re.DOTALL)

_TEXTS: dict[str, Callable[[Entry], tuple[str, ...]]] = {
    "state": lambda entry: _states(entry),
    "host": lambda entry: (entry.host.id.casefold(),),
    "tag": lambda entry: tuple([tag.casefold() for tag in (*entry.about.tags, *entry.host.tags)]),
    "name": lambda entry: (entry.folded,),
    "title": lambda entry: (entry.title, *entry.title.split()),
    "os": lambda entry: (entry.about.os.casefold(),),
    "ip": lambda entry: entry.about.addresses,
    "uuid": lambda entry: (entry.uuid,),
}
FIGURES: dict[str, tuple[float, str]] = {
    "cpu": (100.0, "%"), "mem": (100.0, "%"), "disk": (1e-6, "mb/s"), "net": (1e-6, "mb/s"), "vcpus": (1.0, ""),
}  # fmt: skip
"""The figures by their names: what makes them those that a person writes, and their unit."""

UNKNOWN = "unknown"
_OLD = re.compile(r"state:\s*un")
"""Asks whether the figures of a domain are old."""

_ALIASES = {"memory": "mem", "vcpu": "vcpus"}
_COUNTERS = {"cpu": CPU, "disk": DISK, "net": NET}


def _states(entry: Entry) -> tuple[str, ...]:
    """The word of the state, that of the sum in which the domain counts, and whether its figures are those of now."""
    if entry.place < 0:
        return (entry.state,)
    words = entry.state, SUMMED.get(entry.state, UP)
    return words if entry.host.fresh else (*words, UNKNOWN)


class HostFigures:
    """The figures of a host's domains, each made once for all of them where somebody looks."""

    __slots__ = ("_host", "_made")

    def __init__(self, host: HostWithDomains) -> None:
        self._host = host
        self._made: dict[str, list[float]] = {}

    def of(self, name: str) -> list[float]:
        """That figure in its base unit of each domain of the newest sample, and behind them of one that is gone; NaN
        where it is not known, or is none of now."""
        found = self._made.get(name)
        if found is None:
            domains = self._host.of_domains
            figures = self._make(domains, name) if self._host.fresh else [NAN] * len(domains.states)
            found = self._made[name] = [*figures, NAN]
        return found

    def _make(self, domains: HostDomains, name: str) -> list[float]:
        if name == "mem":
            return domains.memory_shares()
        if name == "vcpus":
            return [float(domains.reading(place).vcpus) for place in range(len(domains.states))]
        return domains.rates(_COUNTERS[name])


def domain_filter_of(text: str, expressions: Expressions | None) -> DomainPredicate | None:
    """As `parse_domain_filter`, with expressions of targets as they mean hosts now."""
    if expressions is None or "@" not in plain_signs(text):
        return parse_domain_filter(text)
    return _parsed(text, expressions)


@lru_cache(maxsize=64)
def parse_domain_filter(text: str) -> DomainPredicate | None:
    """The filter as a predicate; None for an empty one, which every domain passes.

    Raises ConfigError (key "filter") with a hint and the column of a term that could match no domain.
    """
    return _parsed(text, None)


def _parsed(text: str, expressions: Expressions | None) -> DomainPredicate | None:
    terms: list[DomainPredicate] = []
    for column, written in apart(text, _TEXTS):
        try:
            terms.append(_term(written, expressions))
        except ConfigError as error:
            raise placed(error, written, column) from error
    if not terms:
        return None
    if len(terms) == 1:
        return terms[0]
    return lambda entry, figures: all(term(entry, figures) for term in terms)


def compares_figures(text: str) -> bool:
    """Whether what passes such a filter changes with every sample."""
    plain = plain_signs(text)
    return any(sign in plain for sign in "<>") or _OLD.search(plain.casefold()) is not None


def _term(written: str, expressions: Expressions | None) -> DomainPredicate:
    if written.startswith("!"):
        if written == "!":
            raise wrong("! alone", "it stands in front of a term, as in !state:running")
        wanted = _term(written[1:], expressions)
        return lambda entry, figures: not wanted(entry, figures)
    text = plain_signs(written)
    if expressions is not None and text.startswith("@") and expressions.is_one(text[1:]):
        means = expressions.passing(text)
        return lambda entry, _: means(entry.host.id)
    text = text.casefold()
    if match := _COMPARISON.fullmatch(text):
        return _comparison(match[1], match[2], match[3])
    if text.startswith("@"):
        return _text_term("tag", text[1:])
    if match := _FIELD.fullmatch(text):
        return _text_term(match[1], match[2])
    name, _, number = text.partition("=")
    if _ALIASES.get(name, name) in FIGURES and number:
        raise wrong(f"{name} is compared with > >= < or <=", f"write {name}>{number}")
    looked_for = {text, written.casefold()}
    return lambda entry, _: any(
        each in entry.folded or each in entry.host.id.casefold() or each in entry.title for each in looked_for
    )


def _text_term(field: str, start: str) -> DomainPredicate:
    texts = _TEXTS.get(field)
    if texts is None:
        raise _unknown(field)
    states = {*STATE_ORDER, *SUMMED.values(), UP, UNKNOWN}
    if field == "state" and not any(state.startswith(start) for state in states):
        raise wrong(f"no state begins with {redacted(start)}", f"the states are {', '.join(sorted(states))}")
    return lambda entry, _: any(text.startswith(start) for text in texts(entry))


def _comparison(written: str, sign: str, number: str) -> DomainPredicate:
    name = _ALIASES.get(written, written)
    if name not in FIGURES:
        raise _unknown(written) if written else wrong(f"nothing before {sign}", _fields())
    factor, unit = FIGURES[name]
    found = _NUMBER.fullmatch(number)
    if found is None:
        what = f"{redacted(number)} is no number" if number else f"{written}{sign} wants a number"
        raise wrong(what, f"write {written}{sign}80")
    if found[2] not in ("", unit):
        raise wrong(f"{redacted(found[2])} is no unit of {written}", f"write {written}{sign}{found[1]}")
    holds, limit = _COMPARE[sign], float(found[1]) / factor

    def compare(entry: Entry, figures: HostFigures) -> bool:
        figure = figures.of(name)[entry.place]
        return figure == figure and holds(figure, limit)

    return compare


def _unknown(field: str) -> ConfigError:
    near = nearest(field, [*FIGURES, *_TEXTS], 1)
    return wrong(f"unknown field {redacted(field)}", (f"did you mean {near[0]}? " if near else "") + _fields())


def _fields() -> str:
    *texts, last = [f"{field}:" for field in _TEXTS]
    return f"cpu, mem (%), disk, net (MB/s) and vcpus take > >= < <=; {', '.join(texts)} and {last} take a text"
