"""Which hosts are meant: ClusterShell's node-set language over host ids and tags.

An expression is names joined by `,` (and), `&` (also in), `!` (but not) and `^` (in one of both), taken from left to
right with equal rank, as ClusterShell does. A name is a host id, `@tag` or `@all`; it may hold ranges
(`kvm[01-18]`) and the wildcards `*` and `?`. Ids and tags are opaque: one that is written in full is looked up as it
stands, so no id can be too odd to be named.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from ..model.errors import ConfigError
from ..model.host import HostInfo, tags_of
from ..model.order import natural
from .target_words import (
    FORM,
    MOST_NAMES,
    TooManyNames,
    explained,
    number,
    ranges,
    shown,
    without,
    without_brackets,
    wrong,
)

ALL = "all"
_OPERAND = re.compile(r"((?:[^,!&^\[\]]|\[[^\]]*\])*)([,!&^]?)")
_SHOWN = 5


class Targets:
    """Resolves and folds sets of hosts. Build a new one when hosts or tags have changed; it costs next to nothing."""

    def __init__(self, hosts: Iterable[HostInfo]) -> None:
        known = tuple(hosts)
        self._hosts = known
        self._ids = dict.fromkeys(host.id for host in known)
        self._tags: Mapping[str, tuple[str, ...]] = {**tags_of(known), ALL: tuple(self._ids), "*": tuple(self._ids)}

    def resolve(self, expression: str) -> tuple[str, ...]:
        """The ids meant by `expression`, in natural order, each once.

        Raises ConfigError (key "targets"), each with a hint what to write, for names that no host or tag has, with the
        nearest ones that exist; for what cannot be parsed; and for an expression that leaves no host.
        """
        try:
            return self._resolved(expression)
        except TooManyNames:
            raise
        except ConfigError as error:
            raise explained(expression, self._suspects(expression), self._resolves) or error from error.__cause__

    def resolve_all(self, expressions: Iterable[str]) -> tuple[str, ...]:
        """The ids meant by any of several expressions, each taken by itself, as `resolve`.

        Joined by `,` they would mean something else: what stands behind it has no higher rank.
        """
        return tuple(sorted({host for each in expressions for host in self.resolve(each)}, key=natural))

    def _resolved(self, expression: str) -> tuple[str, ...]:
        chosen: set[str] = set()
        unknown: list[str] = []
        operands = list(_operands(expression))
        if sum(self._number(operand) for _, operand in operands) > MOST_NAMES:
            raise TooManyNames(expression)
        for operator, operand in operands:
            found = self._expand(operand, unknown)
            match operator:
                case "&":
                    chosen &= found
                case "!":
                    chosen -= found
                case "^":
                    chosen ^= found
                case _:
                    chosen |= found
        if unknown:
            raise self._unknown(unknown)
        if not chosen:
            raise wrong(f"no host is left by {shown(expression)}", "`atp-tui hosts list` shows ids and tags")
        return tuple(sorted(chosen, key=natural))

    def _resolves(self, expression: str) -> bool:
        try:
            return bool(self._resolved(expression))
        except ConfigError:
            return False

    def _suspects(self, expression: str) -> list[str]:
        """The operands that name no host, brackets that have no partner taken as they come."""
        operands = [part.strip() for part in re.split(r"[,!&^](?![^\[]*\])", expression)]
        return [operand for operand in operands if operand and not self._resolves(operand)]

    def fold(self, ids: Iterable[str]) -> str:
        """Names folded into ranges: `kvm[01,04-18],web1`. `resolve` reads it back."""
        return fold(ids)

    def _table(self, operand: str) -> Collection[str]:
        return self._tags if operand.startswith("@") else self._ids

    def _number(self, operand: str) -> int:
        name = operand.removeprefix("@")
        return 1 if name in self._table(operand) else number(name, operand)

    def _expand(self, operand: str, unknown: list[str]) -> set[str]:
        name, tagged, table = operand.removeprefix("@"), operand.startswith("@"), self._table(operand)
        found: set[str] = set()
        for each in (name,) if name in table else ranges(name, operand):
            matches = _matching(each, table)
            if not matches:
                unknown.append("@" + each if tagged else each)
            for match in matches:
                found.update(self._tags[match] if tagged else (match,))
        return found

    def _unknown(self, names: list[str]) -> ConfigError:
        names = list(dict.fromkeys(names))
        near = list(dict.fromkeys(match for name in names[:_SHOWN] for match in self._near(name)))
        what = "tag" if all(name.startswith("@") for name in names) else "host"
        told = ", ".join(name if len(name) <= 60 else name[:60] + "…" for name in names[:_SHOWN])
        told += f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = "did you mean " + " or ".join(near) + "?" if near else "`atp-tui hosts list` shows ids and tags"
        return wrong(f"no such {what}: {told}", hint)

    def _near(self, name: str) -> list[str]:
        """What exists and may have been meant: the other of id and tag, other capitals, an address, a range."""
        other = name.removeprefix("@")
        if other in (self._ids if name.startswith("@") else self._tags):
            return [other if name.startswith("@") else f"@{other}"]
        if (range_ := without_brackets(name)) is not None and self._resolves(range_):
            return [range_]
        candidates = [*self._ids, *("@" + tag for tag in self._tags if tag != "*")]
        if same := [each for each in candidates if each.removeprefix("@").casefold() == other.casefold()]:
            return same[:2]
        if at := [host.id for host in self._hosts if host.host.casefold() == name.casefold()]:
            return at[:2]
        if (first := name.partition(".")[0]) in self._ids:  # its name on the network, for its id
            return [first]
        return get_close_matches(name, candidates, 2)


def fold(ids: Iterable[str]) -> str:
    """Names folded into ClusterShell's ranges, as in `kvm[01,04-18]`; "" for none."""
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

    names = sorted(set(ids), key=natural)
    try:
        return str(NodeSet.fromlist(names, resolver=RESOLVER_NOGROUP))
    except (NodeSetException, ValueError):  # a number of more than a hundred digits, which ClusterShell refuses
        return ",".join(names)


def _operands(expression: str) -> Iterable[tuple[str, str]]:
    """(operator, operand) from left to right, the first operator being `,`."""
    operator, position = ",", 0
    if not expression.strip():
        raise wrong("no hosts are named", "write host ids, @tags or @all, as in kvm[01-18],@prod")
    while operator:
        match = _OPERAND.match(expression, position)
        if match is None or (match.end() < len(expression) and not match[2]):
            raise wrong(f"a bracket without its partner in {shown(expression)}", FORM)
        operand = match[1].strip()
        if operand in ("", "@"):
            raise _missing(expression, operator, match[2])
        yield operator, operand
        operator, position = match[2], match.end()


def _missing(expression: str, operator: str, following: str) -> ConfigError:
    hint = "write one on both sides of , & ! and ^"
    tight = re.sub(r"\s+", "", expression)
    if tight == "!" * len(tight) or "@" in re.split(r"[,!&^]", tight):
        hint = "write host ids, @tags or @all"
    elif tight.startswith("^"):
        hint = "files of names are not read: write host ids, @tags or @all"
    elif tight.startswith("!"):
        hint = f"write @all!{without(tight[1:])} for all but those"
    elif tight[:1] in (",", "&"):
        hint = f"take the first {tight[0]!r} away, or write a name before it"
    elif following and f"{operator}{following}" in ("&&", ",,", "^^", "!!"):
        hint = f"write {operator} once"
    elif not following and operator in ",&!^":
        hint = f"take the last {operator!r} away, or write a name behind it"
    return wrong(f"a name is missing in {shown(expression)}", hint)


def _matching(name: str, table: Collection[str]) -> Collection[str]:
    if name in table:
        return (name,)
    if "*" in name or "?" in name:
        return fnmatch.filter(table, name)
    return ()
