"""Named sets of hosts, `[sets]` of hosts.toml: `edge = "@rack1&!kvm07"` is the target `@edge`. Pure.

A set is an expression of the target language, which executor/targets reads. Here stands what can be said of it before:
which sets it names, and whether it hangs on what changes while hosts are watched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

DEEPEST = 16
"""Sets that may stand in each other."""

LONGEST = 4_096
"""Characters of the expression of a set."""

MOST = 1_000
"""Sets of a hosts.toml."""

RESERVED = ("all", "job", "last")
"""Words that mean something behind an @ already; so do those that begin with one of the last two and a dot."""

_OPERAND = re.compile(r"(?:[^,!&^\[\]]++|\[[^\[\]]*+\])++")
_BRACKET = re.compile(r"\[([^\]]*)\]")
_PART = re.compile(r"([0-9]{1,100})(?:-([0-9]{1,100})(?:/([0-9]{1,100}))?)?")
_DIGITS = "([0-9]+)"
_LIVE = re.compile(r"@?(?:state:|vm\.[a-z]+:|[^:]*[<>])", re.IGNORECASE)
_EARLIER = re.compile(r"@(?:job\..+|last(?:\..*)?)")


class NamedSet(NamedTuple):
    """A set: its name, without the @, and its expression."""

    name: str
    expression: str


Sets = tuple[NamedSet, ...]
NO_SETS: Sets = ()


class Moving(NamedTuple):
    """A condition that changes while hosts are watched, and the set in which it stands; "" for none."""

    condition: str
    within: str

    def __str__(self) -> str:
        return f"{self.condition} of the set @{self.within}" if self.within else self.condition


def operands_of(expression: str) -> Iterator[str]:
    """The operands of an expression, which need not be right."""
    return (text for found in _OPERAND.finditer(expression) if (text := found[0].strip()))


def named_in(expression: str, names: Collection[str]) -> tuple[str, ...]:
    """Those of the sets with these names that an expression names itself, each once: `@edge`, `@edge[1-3]`."""
    found: dict[str, None] = {}
    for operand in operands_of(expression) if names else ():
        name = operand.removeprefix("@")
        if name == operand:
            continue
        if name in names:
            found[name] = None
        elif "[" in name:
            found.update(dict.fromkeys(each for each in names if _in_ranges(each, name)))
    return tuple(found)


def reached(expressions: Iterable[str], sets: Sets) -> tuple[str, ...]:
    """The expressions, and behind them those of all sets that they name, also by way of others."""
    return tuple(expression for expression, _ in _reached(expressions, sets))


def moving_in(expression: str, sets: Sets, tags: Collection[str] = (), *, jobs: bool = True) -> Moving | None:
    """The first condition of an expression, or of the sets that it names, that changes while hosts are watched.

    So do states, figures, VMs and, if `jobs`, how earlier jobs ended. A tag that is called as one of `tags` is none of
    these.
    """
    for text, within in _reached((expression,), sets):
        for operand in operands_of(text):
            if operand.removeprefix("@") not in tags and (_LIVE.match(operand) or (jobs and names_job(operand))):
                return Moving(operand, within)
    return None


def names_job(operand: str) -> bool:
    """Whether an operand means hosts of an earlier job, where no tag is called so."""
    return _EARLIER.fullmatch(operand) is not None


def circle(name: str, inner: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The way from a set back to itself, by those that each names, which are in `inner`; () where there is none."""
    rest: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    while rest:
        way = rest.pop()
        for each in inner[way[-1]]:
            if each == name:
                return (*way, name)
            if each not in seen:
                seen.add(each)
                rest.append((*way, each))
    return ()


def _reached(expressions: Iterable[str], sets: Sets) -> Iterator[tuple[str, str]]:
    known, seen = dict(sets), set[str]()
    rest = [(expression, "") for expression in expressions]
    while rest:
        expression, within = rest.pop(0)
        yield expression, within
        new = [name for name in named_in(expression, known) if name not in seen]
        seen.update(new)
        rest += [(known[name], name) for name in new]


def _in_ranges(name: str, ranges: str) -> bool:
    """Whether a name is one of those that a name with ranges stands for, which are not made."""
    pieces = _BRACKET.split(ranges)
    form = re.compile("".join(_DIGITS if place % 2 else re.escape(text) for place, text in enumerate(pieces)))
    found = form.fullmatch(name)
    return found is not None and all(
        any(_is_in(digits, part) for part in bracket.split(","))
        for digits, bracket in zip(found.groups(), pieces[1::2], strict=True)
    )


def _is_in(digits: str, part: str) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    low, high, step = found[1], found[2] or found[1], int(found[3] or 1)
    width = len(low) if low[0] == "0" or len(low) == len(high) else 0
    if (width and len(digits) != width) or (not width and digits[0] == "0" and len(digits) > 1):
        return False
    return int(low) <= int(digits) <= int(high) and step > 0 and (int(digits) - int(low)) % step == 0
