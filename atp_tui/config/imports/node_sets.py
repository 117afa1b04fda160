"""Node sets written in a file: `kvm[01-40],db[1-3]!db2`. ClusterShell expands ranges; how many names is known before.

Operators are ClusterShell's (`,` `!` `&` `^`, from left to right). Groups (`@web`) are the caller's to know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from ...model.errors import ConfigError
from ...model.quoting import quoted
from .found import MOST_HOSTS

FORM = "write names with ranges as in kvm[01-40].example.org"

MOST_WORK = 500_000
"""Names that are made or compared in one import: each of 10,000 hosts fifty times. A million take ten seconds."""

LONGEST_END = 100
"""Digits of an end of a range: ClusterShell refuses a number above 1e100."""

_OPERAND = re.compile(r"((?:[^,!&^\[\]]++|\[[^\[\]]*+\])*+)([,!&^]?)")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_PART = re.compile(r"(?P<low>[0-9]+)(?:-(?P<high>[0-9]+)(?:/(?P<step>[0-9]+))?)?")

Names = dict[str, None]
"""Names, each once, in their order."""


class TooManyNames(ConfigError):
    """More names than an import may have: `number` of them, or with `repeats` so often that some come again."""

    def __init__(self, number: int, *, repeats: bool = False) -> None:
        super().__init__(f"stands for {told(number)} hosts", hint=f"at most {MOST_HOSTS:,} are imported at a time")
        self.number = number
        self.repeats = repeats


class Work:
    """What expanding the node sets of one import may cost: a name that stands there a million times costs as often."""

    def __init__(self) -> None:
        self._done = 0

    def add(self, names: int) -> None:
        """Count names that are about to be made or compared. Raises TooManyNames."""
        self._done += names
        if self._done > MOST_WORK:
            raise TooManyNames(self._done, repeats=True)


def told(number: int) -> str:
    """A number as a message has it: one of more digits than anybody counts is no help."""
    return f"{number:,}" if number < 10**15 else "far too many"


def expanded(text: str, work: Work, group: Callable[[str], Collection[str]] | None = None) -> Names:
    """The names that a node set stands for. `group` gives those of a group, by its name without the @.

    Raises TooManyNames before it expands that many, and ConfigError for what cannot be read: a bracket without its
    partner, a range that runs backwards, a group where there is no `group`.
    """
    found: Names = {}
    operator, position = ",", 0
    while operator:
        match = _OPERAND.match(text, position)
        if match is None or (match.end() < len(text) and not match[2]):
            raise ConfigError(f"a bracket without its partner in {quoted(text)}", hint=FORM)
        operand = match[1].strip()
        if operand:
            names = _operand(operand, group)
            work.add(len(names) + (len(found) if operator in ("&", "^") else 0))
            found = _joined(found, operator, names)
        elif match[2] in ("!", "&", "^") or operator != ",":
            raise ConfigError(f"a name is missing at an operator in {quoted(text)}", hint="write one on both sides")
        if len(found) > MOST_HOSTS:
            raise TooManyNames(len(found))
        operator, position = match[2], match.end()
    return found


def _joined(left: Names, operator: str, right: Names) -> Names:
    match operator:
        case "!":
            for name in right:
                left.pop(name, None)
            return left
        case "&":
            return {name: None for name in left if name in right}
        case "^":
            both = left.keys() & right.keys()
            return {name: None for name in (*left, *right) if name not in both}
        case _:
            left.update(right)  # in place: a list of a thousand names must not be copied a thousand times
            return left


def _operand(operand: str, group: Callable[[str], Collection[str]] | None) -> Names:
    if not operand.startswith("@"):
        return dict.fromkeys(_ranges(operand))
    if group is None:
        raise ConfigError(f"{quoted(operand)} is a group, and none is known here", hint="write the names of its hosts")
    found: Names = {}
    for name in _ranges(operand[1:]):
        found.update(dict.fromkeys(group(name)))
    return found


def _ranges(operand: str) -> Collection[str]:
    """The names of one operand. Raises ConfigError."""
    if "[" not in operand:
        return (operand,)
    number = 1
    for bracket in _BRACKET.findall(operand):
        number *= sum(_count(part, operand) for part in bracket.split(","))
    if number > MOST_HOSTS:
        raise TooManyNames(number)
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

    try:
        return tuple(NodeSet(operand, resolver=RESOLVER_NOGROUP))
    except (NodeSetException, ValueError) as error:
        raise ConfigError(f"{quoted(operand)} cannot be read as a node set", hint=FORM) from error


def _count(part: str, operand: str) -> int:
    """How many names one part of a bracket stands for. Raises ConfigError: of itself ClusterShell takes `[1_0]`."""
    found = _PART.fullmatch(part)
    if found is None:
        raise ConfigError(f"{quoted(part)} is no range in {quoted(operand)}", hint=FORM)
    low, high, step = found["low"], found["high"], found["step"] or "1"
    if high is None:
        return 1
    if max(len(low), len(high), len(step)) > LONGEST_END:
        raise ConfigError(f"a number of too many digits in {quoted(operand)}", hint=FORM)
    if int(low) > int(high):
        raise ConfigError(f"the range {part} runs backwards in {quoted(operand)}", hint=f"write {high}-{low}")
    if int(step) == 0:
        raise ConfigError(f"the step of {part} is 0 in {quoted(operand)}", hint="write 1 or more behind the /")
    return (int(high) - int(low)) // int(step) + 1
