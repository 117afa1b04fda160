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

MOST_NAMES = 100_000
"""A range that stands for more names than this is refused before it is expanded: a slip must not eat the memory."""

ALL = "all"
_OPERAND = re.compile(r"((?:[^,!&^\[\]]|\[[^\]]*\])*)([,!&^]?)")
_RANGE = re.compile(r"(\d+)-(\d+)")
_DIGITS = re.compile(r"(\d+)")
_SHOWN = 5


def natural_order(name: str) -> list[tuple[int, str]]:
    """A key that sorts `kvm9` before `kvm10`; numbers of any length, without making them integers."""
    key: list[tuple[int, str]] = []
    for part in _DIGITS.split(name):
        digits = part.lstrip("0")
        key.append((len(digits), digits) if part.isdigit() else (0, part))
    return [*key, (len(name), name)]


class Targets:
    """Resolves and folds sets of hosts. Build a new one when hosts or tags have changed; it costs next to nothing."""

    def __init__(self, hosts: Iterable[HostInfo]) -> None:
        known = tuple(hosts)
        self._ids = dict.fromkeys(host.id for host in known)
        self._tags: Mapping[str, tuple[str, ...]] = {**tags_of(known), ALL: tuple(self._ids), "*": tuple(self._ids)}

    def resolve(self, expression: str) -> tuple[str, ...]:
        """The ids meant by `expression`, in natural order, each once.

        Raises ConfigError (key "targets") for names that no host or tag has, with the nearest ones that exist; for
        what cannot be parsed; and for an expression that leaves no host.
        """
        chosen: set[str] = set()
        unknown: list[str] = []
        for operator, operand in _operands(expression):
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
            raise _wrong(f"no host is left by {expression!r}", "try @all, or look at the ids and tags in hosts list")
        return tuple(sorted(chosen, key=natural_order))

    def fold(self, ids: Iterable[str]) -> str:
        """Names folded into ranges: `kvm[01,04-18],web1`. `resolve` reads it back."""
        return fold(ids)

    def _expand(self, operand: str, unknown: list[str]) -> set[str]:
        tagged = operand.startswith("@")
        name = operand[1:] if tagged else operand
        table: Collection[str] = self._tags if tagged else self._ids
        found: set[str] = set()
        for each in (name,) if name in table else _ranges(name, operand):
            matches = _matching(each, table)
            if not matches:
                unknown.append("@" + each if tagged else each)
            for match in matches:
                found.update(self._tags[match] if tagged else (match,))
        return found

    def _unknown(self, names: list[str]) -> ConfigError:
        names = list(dict.fromkeys(names))
        candidates = [*self._ids, *("@" + tag for tag in self._tags if tag != "*")]
        near = list(dict.fromkeys(match for name in names[:_SHOWN] for match in get_close_matches(name, candidates, 2)))
        what = "tag" if all(name.startswith("@") for name in names) else "host"
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        hint = "did you mean " + " or ".join(near) + "?" if near else "`atp-tui hosts list` shows ids and tags"
        return _wrong(f"no such {what}: {shown}", hint)


def fold(ids: Iterable[str]) -> str:
    """Names folded into ClusterShell's ranges, as in `kvm[01,04-18]`; "" for none."""
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

    names = sorted(set(ids), key=natural_order)
    try:
        return str(NodeSet.fromlist(names, resolver=RESOLVER_NOGROUP))
    except (NodeSetException, ValueError):  # a number of more than a hundred digits, which ClusterShell refuses
        return ",".join(names)


def _operands(expression: str) -> Iterable[tuple[str, str]]:
    """(operator, operand) from left to right, the first operator being `,`."""
    operator, position = ",", 0
    if not expression.strip():
        raise _wrong("no hosts are named", "write host ids, @tags or @all, as in kvm[01-18],@prod")
    while operator:
        match = _OPERAND.match(expression, position)
        if match is None or (match.end() < len(expression) and not match[2]):
            raise _wrong(f"a bracket without its partner in {expression!r}", "write ranges as in kvm[01-18,20]")
        operand = match[1].strip()
        if operand in ("", "@"):
            raise _wrong(f"a name is missing in {expression!r}", "write one on both sides of , & ! and ^")
        yield operator, operand
        operator, position = match[2], match.end()


def _ranges(name: str, operand: str) -> Iterable[str]:
    """The names that a name with ranges stands for; one without stands for itself."""
    if "[" not in name:
        return (name,)
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

    count = 1
    for part in name.split("[")[1:]:
        bounds = _RANGE.findall(part.partition("]")[0])
        if any(max(len(low.lstrip("0")), len(high.lstrip("0"))) > len(str(MOST_NAMES)) for low, high in bounds):
            count = MOST_NAMES + 1
            break
        # each name between commas counts for one, each range for what it spans
        count *= max(1, part.count(",") + 1 + sum(int(high) - int(low) for low, high in bounds if int(high) > int(low)))
    if count > MOST_NAMES:
        raise _wrong(f"{operand!r} stands for too many names", f"at most {MOST_NAMES:,} are allowed")
    try:
        return tuple(NodeSet(name, resolver=RESOLVER_NOGROUP))
    except (NodeSetException, ValueError) as error:
        raise _wrong(f"{operand!r} cannot be read: {error}", "write ranges as in kvm[01-18,20]") from error


def _matching(name: str, table: Collection[str]) -> Collection[str]:
    if name in table:
        return (name,)
    if "*" in name or "?" in name:
        return fnmatch.filter(table, name)
    return ()


def _wrong(message: str, hint: str) -> ConfigError:
    return ConfigError(message, key="targets", hint=hint)
