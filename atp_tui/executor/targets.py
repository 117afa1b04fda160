"""Which hosts are meant: ClusterShell's node-set language over host ids, tags and what is known of the hosts.

An expression is operands joined by `,` (and), `&` (also in), `!` (but not) and `^` (in one of both), taken from left to
right with equal rank, as ClusterShell does. An operand is a name or a condition.

- A name is a host id, `@tag` or `@all`; it may hold ranges (`kvm[01-18]`) and the wildcards `*` and `?`. Ids and tags
  are opaque: one that is written in full is looked up as it stands, so no id can be too odd to be named.
- `@edge`, where hosts.toml has a set of that name (model/sets), is what its expression means. It is named in full: no
  wildcard finds it, so that a new set changes no other expression.
- `@job.17.failed`, `@job.17` and `@last.exit=3` are the hosts of an earlier job, by how they ended (see earlier).
- A condition (`state:failed`, `cpu>80`, `tag:prod`, `site:north`) means the hosts it holds for; the port Facts answers
  it. A `!` in front turns it round (`@prod&!state:failed`), and an `@` in front counts for nothing.

A host of which it is not known whether it is meant is left out, with `!` as without: nothing runs by a guess. The
filter of the screen takes the same conditions and reads the rest of a line otherwise: see monitor/host_filter.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from itertools import groupby
from typing import NamedTuple, Protocol

from ..model.errors import ConfigError
from ..model.fact import Fact
from ..model.host import HostInfo, tags_of
from ..model.near import nearest
from ..model.order import natural
from ..model.sets import DEEPEST, NO_SETS, Moving, NamedSet, Sets, named_in, reached
from .certain import IDS, Certain
from .earlier import Earlier, names_in
from .target_grammar import Operand, operands
from .target_words import (
    FORM,
    MOST_NAMES,
    TooManyNames,
    explained,
    number,
    plain,
    ranges,
    without_brackets,
    wrong,
)

ALL = "all"
LISTED = "`atp-tui hosts list` shows ids and tags"
_HEAD = re.compile(r"[^:<>=]*[:<>=]")
_SUSPECT = re.compile(r"(?:[^,!&^\[]|\[[^\]]*\]|[\[])+")
_SHOWN = 5
_EXPLAINED = 2_000
"""Signs of an expression up to which it is looked what may have been meant, which takes its length squared."""


class Facts(Protocol):
    """What is known of hosts beside their names. The composition root gives it, since the executor sees no monitor."""

    def term(self, text: str) -> Fact | None:
        """For which hosts the condition `text` holds; None for a text that is no condition.

        Raises ConfigError with a hint for a condition that no host can fulfil.
        """
        ...

    def near(self, name: str) -> str | None:
        """A condition that may have been meant by a name that no host has, or by a condition that holds for none."""
        ...


class Decided(NamedTuple):
    """The hosts that are meant, and those of which it is not known; both in natural order."""

    ids: tuple[str, ...]
    undecided: tuple[str, ...]


class Targets:
    """Resolves sets of hosts. Build a new one when hosts or facts have changed; it costs next to nothing.

    Without `facts` there are no conditions, without `earlier` no earlier jobs, without `sets` no named sets. `some`:
    the hosts are some of the fleet's, and a set may name others, which are not meant.
    """

    def __init__(
        self,
        hosts: Iterable[HostInfo],
        facts: Facts | None = None,
        earlier: Earlier | None = None,
        sets: Sets = NO_SETS,
        *,
        some: bool = False,
    ) -> None:
        known = tuple(hosts)
        self._hosts = known
        self._ids = dict.fromkeys(host.id for host in known)
        self._tags: Mapping[str, tuple[str, ...]] = {**tags_of(known), ALL: tuple(self._ids), "*": tuple(self._ids)}
        self._facts = facts
        self._earlier = earlier
        self._sets = dict(sets)
        self._order: list[str] | None = None
        self._lenient = False
        self._some = some
        self._forget()

    def _forget(self) -> None:
        """What was found out hangs on facts and on earlier jobs."""
        self._held: dict[str, Fact] = {}
        self._of_sets: dict[str, Certain] = {}
        self._numbers: dict[str, int] = {}
        self._within: tuple[str, ...] = ()
        self.moving: Moving | None = None
        """The first condition of which it was not known of all hosts whether it holds."""

    def knowing(self, facts: Facts, earlier: Earlier | None = None) -> Targets:
        """The same hosts with other facts, at no cost: facts change with each sample, hosts do not."""
        other = copy(self)
        other._facts, other._earlier = facts, earlier
        other._forget()
        return other

    def standing(self, expression: str) -> frozenset[str]:
        """The hosts of a rule that stays while hosts come and go: a name that no host has any more names none.

        Of a host of which it is not known it is taken to be one of them. Raises ConfigError for what cannot be read.
        """
        other = copy(self)
        other._lenient = True
        other._forget()
        return other._read(expression)[0].possible

    def resolve(self, expression: str) -> tuple[str, ...]:
        """The ids meant by `expression`, in natural order, each once.

        Raises ConfigError (key "targets"), each with a hint what to write and the column of the mistake, for names that
        no host or tag has, with the nearest ones that exist; for what cannot be parsed; and for an expression that
        leaves no host.
        """
        ids, undecided = self.decide(expression)
        if ids:
            return ids
        hint = "the conditions hold for none of these hosts now" if self._held else LISTED
        if names_in(reached((expression,), tuple(self._named_sets()))):
            hint = "no host ended so, or hosts.toml has it no more"
        if undecided:
            some = ", ".join(undecided[:_SHOWN]) + (" …" if len(undecided) > _SHOWN else "")
            hint = f"not known, and so left out: {some}"
        if near := self._near_conditions():  # first: the note beside the command line has few cells
            raise wrong("no host is left", f"did you mean {near[0]}? {hint}")
        # all of it is understood, so that no part of it is a password
        raise wrong(f"no host is left by {expression[:120]!r}", hint)

    def decide(self, expression: str) -> Decided:
        """As `resolve`, for hosts that may be none, and with the hosts of which it is not known."""
        found = self._understood(expression)
        return Decided(self._sorted(found.sure), () if found.whole else self._sorted(found.possible - found.sure))

    def _understood(self, expression: str) -> Certain:
        """The set that is meant. Raises ConfigError with what to write instead."""
        try:
            found, unknown = self._read(expression)
            if unknown and not self._passes_over:
                raise self._unknown(unknown)
            return found
        except TooManyNames:
            raise
        except ConfigError as error:
            if isinstance(error.__cause__, ConfigError):
                raise  # a condition's own words
            better = error
            if len(expression) <= _EXPLAINED:
                better = explained(expression, self._suspects(expression), self._resolves) or error
            better.column = better.column or error.column
            raise better from error.__cause__

    def _sorted(self, ids: IDS) -> tuple[str, ...]:
        if self._order is None:
            self._order = sorted(self._ids, key=natural)
        return tuple([name for name in self._order if name in ids])

    def _read(self, expression: str) -> tuple[Certain, Mapping[str, int]]:
        """The set that is meant, and the names that no host or tag has, with their columns. Raises ConfigError."""
        parts = list(operands(expression, self._is_condition))
        if sum(self._number(part) for part in parts) > MOST_NAMES:
            raise TooManyNames(expression)
        unknown: dict[str, int] = {}
        chosen = Certain.of(frozenset())
        for operator, run in groupby(parts, key=lambda part: part.operator):
            sets = [self._expand(part, unknown) for part in run]
            if operator == ",":  # a thousand names with commas between them must not copy the set a thousand times
                chosen = chosen.with_all(sets)
                continue
            for each in sets:
                chosen = chosen.joined(operator, each)
        return chosen, unknown

    def _resolves(self, expression: str) -> bool:
        """Whether an expression can be read, and names no host that there is not."""
        try:
            return not self._read(expression)[1]
        except ConfigError:
            return False

    def _suspects(self, expression: str) -> list[tuple[str, int]]:
        """The operands that name no host, with their columns, brackets that have no partner taken as they come."""
        found = [(part[0].strip(), part.start() + len(part[0]) - len(part[0].lstrip()) + 1)
                 for part in _SUSPECT.finditer(expression)]  # fmt: skip
        return [(operand, column) for operand, column in found if operand and not self._resolves(operand)]

    # -- conditions ----------------------------------------------------------------------------------------------

    def _is_condition(self, text: str) -> bool:
        return self._fact(text) is not None

    def _fact(self, text: str) -> Fact | None:
        """What is known of `text` where that is a condition or names an earlier job. Raises ConfigError."""
        try:
            return self._known(text)
        except ConfigError:
            if not self._passes_over:
                raise
            return Fact(frozenset())

    def _known(self, text: str) -> Fact | None:
        name = text.removeprefix("@")
        if self._set_of(text) is not None:
            return None
        if self._earlier is not None and name not in self._tags:
            try:
                hosts = self._earlier.hosts(text)
            except ConfigError as error:
                raise wrong(error.message, error.hint or FORM) from error
            if hosts is not None:
                self._held[text] = Fact(hosts & self._ids.keys())
                return self._held[text]
        head = _HEAD.match(text)
        if self._facts is None or head is None or name in self._table(text) or plain(head[0]) != head[0]:
            return None
        if text not in self._held:
            try:
                fact = self._facts.term(name)
            except ConfigError as error:
                if name.partition(":")[0] in self._ids:
                    return None  # the colon is a port's
                raise wrong(error.message, error.hint or FORM) from error
            if fact is None:
                return None
            self._held[text] = fact
        return self._held[text]

    def _near_conditions(self) -> list[str]:
        """What may have been meant by conditions that hold for no host."""
        empty = [text.removeprefix("@") for text, fact in self._held.items() if not fact.holds]
        return [near for text in empty if self._facts is not None and (near := self._facts.near(text)) is not None]

    # -- names ---------------------------------------------------------------------------------------------------

    def _table(self, operand: str) -> Collection[str]:
        return self._tags if operand.startswith("@") else self._ids

    def _number(self, part: Operand) -> int:
        name = part.text.removeprefix("@")
        if self._set_of(part.text) is not None:
            with _at(part.column):
                return self._number_of_set(name)
        if name in self._table(part.text):
            return 1
        with _at(part.column):
            if self._fact(part.text) is not None:
                return 1
            of_sets = named_in(part.text, self._sets) if "[" in name else ()
            return number(name, part.text) + sum(map(self._number_of_set, of_sets))

    def _expand(self, part: Operand, unknown: dict[str, int]) -> Certain:
        """The hosts of one operand. What no host or tag is called goes to `unknown`, with its column."""
        with _at(part.column):
            fact = self._fact(part.text)
            found = self._named(part, unknown) if fact is None else _certain(fact)
        if fact is not None and fact.unknown and self.moving is None:
            self.moving = Moving(part.text, self._within[-1] if self._within else "")
        return found.turned(frozenset(self._ids)) if part.turned else found

    def _named(self, part: Operand, unknown: dict[str, int]) -> Certain:
        operand = part.text
        name, tagged, table = operand.removeprefix("@"), operand.startswith("@"), self._table(operand)
        if self._set_of(operand) is not None:
            return self._of_set(name)
        found: set[str] = set()
        sets: list[Certain] = []
        for each in (name,) if name in table else ranges(name, operand):
            if tagged and each in self._sets:
                sets.append(self._of_set(each))
                continue
            matches = _matching(each, table)
            if not matches:
                unknown.setdefault("@" + each if tagged else each, part.column)
            for match in matches:
                found.update(self._tags[match] if tagged else (match,))
        return Certain.of(frozenset(found)).with_all(sets) if sets else Certain.of(frozenset(found))

    # -- named sets ----------------------------------------------------------------------------------------------

    @property
    def _passes_over(self) -> bool:
        """Whether what names nothing counts as no host, and is no mistake."""
        return self._lenient or (self._some and bool(self._within))

    def _named_sets(self) -> Iterator[NamedSet]:
        return (NamedSet(*each) for each in self._sets.items())

    def _set_of(self, operand: str) -> str | None:
        """The expression of the set that an operand names in full; None where it names none."""
        return self._sets.get(operand[1:]) if operand.startswith("@") else None

    def _of_set(self, name: str) -> Certain:
        """What a set means. Raises ConfigError, which says in which set the mistake is."""
        if name not in self._of_sets:
            with self._inside(name):
                self._of_sets[name] = self._understood(self._sets[name])
        return self._of_sets[name]

    def _number_of_set(self, name: str) -> int:
        """For how many names a set stands, those that come again counted again: nothing is expanded for it."""
        if name not in self._numbers:
            with self._inside(name):
                parts = operands(self._sets[name], self._is_condition)
                self._numbers[name] = min(sum(map(self._number, parts)), MOST_NAMES + 1)
        return self._numbers[name]

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        """Reading the expression of a set. A file with a circle was refused; what a library gives was not looked at."""
        if name in self._within or len(self._within) >= DEEPEST:
            raise wrong(f"the set @{name} names itself, or is more than {DEEPEST} sets deep", "take a name out of it")
        self._within = (*self._within, name)
        try:
            yield
        except ConfigError as error:
            raise wrong(f"in the set @{name}: {error.message}", error.hint or FORM) from error
        finally:
            self._within = self._within[:-1]

    def _unknown(self, unknown: Mapping[str, int]) -> ConfigError:
        names = list(unknown)
        near = list(dict.fromkeys(match for name in names[:_SHOWN] for match in self._near(name)))
        of_tags = "tag or set" if self._sets else "tag"
        what = of_tags if all(name.startswith("@") for name in names) else "host"
        told = ", ".join(name if len(name) <= 60 else name[:60] + "…" for name in names[:_SHOWN])
        told += f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = "did you mean " + " or ".join(near) + "?" if near else LISTED
        return wrong(f"no such {what}: {told}", hint, unknown[names[0]])

    def _near(self, name: str) -> list[str]:
        """What exists and may have been meant: the other of id and tag, other capitals, an address, a range."""
        other = name.removeprefix("@")
        if other in (self._ids if name.startswith("@") else {*self._tags, *self._sets}):
            return [other if name.startswith("@") else f"@{other}"]
        if (range_ := without_brackets(name)) is not None and self._resolves(range_):
            return [range_]
        if self._facts is not None and (condition := self._facts.near(other)) is not None:
            return [condition]
        if name.startswith("@") and (sets := fnmatch.filter(self._sets, other)):
            return [f"@{each}" for each in sets[:2]]  # no wildcard finds a set
        candidates = [*self._ids, *("@" + tag for tag in (*self._tags, *self._sets) if tag != "*")]
        if same := [each for each in candidates if each.removeprefix("@").casefold() == other.casefold()]:
            return same[:2]
        if at := [host.id for host in self._hosts if host.host.casefold() == name.casefold()]:
            return at[:2]
        if (first := name.partition(".")[0]) in self._ids:  # its name on the network, for its id
            return [first]
        return nearest(name, candidates)


@contextmanager
def _at(column: int) -> Iterator[None]:
    """A mistake in an operand that stands at `column` of the expression."""
    try:
        yield
    except ConfigError as error:
        error.column = column + (error.column or 1) - 1
        raise


def _certain(fact: Fact) -> Certain:
    return Certain(fact.holds, fact.holds | fact.unknown) if fact.unknown else Certain.of(fact.holds)


def _matching(name: str, table: Collection[str]) -> Collection[str]:
    if name in table:
        return (name,)
    if "*" in name or "?" in name:
        return fnmatch.filter(table, name)
    return ()
