"""Regular expressions whose work on a line has a bound: a person's own, which are held against each line of output.

Python's engine goes back over what it has matched, so that some expressions take time that grows with the square of the
line's length, or doubles with each character. Here the tree that Python itself makes of an expression is looked at: the
ways in which it can match from one place are counted, and an expression with more than MOST_WAYS is refused. With lines
of LINE bytes a line then has a bound, and an output one that grows with its length alone.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined]  # the parser behind re.compile, Python 3.11 to 3.14
from typing import Any

from .errors import ConfigError
from .quoting import quoted

LINE = 1000
"""Bytes of a line that an expression is held against; what comes after them is out of its reach."""

MOST_WAYS = 4 * LINE
"""One repeat without an end has LINE ways. See tests/bench/bench_masking."""

_MOST_STEPS = 10_000
_MOST_CHARACTERS = 500


def bounded(key: str, text: str) -> re.Pattern[bytes]:
    """The expression, for one line of output. Raises ConfigError, naming the key, for one that cannot be used."""
    if not text or len(text) > _MOST_CHARACTERS:
        what = "is empty" if not text else f"has more than {_MOST_CHARACTERS} characters"
        raise ConfigError(what, key=key, hint=r"write a regular expression of what differs, such as 'session-\d+'")
    try:
        with warnings.catch_warnings(action="ignore"):  # of signs that a later Python may read otherwise: `[[a]`
            pattern = re.compile(text.encode())
            tree = _parser.parse(text.encode())
        ways, steps = _of(tree)
    except (re.error, OverflowError, UnicodeEncodeError) as error:
        message = f"{quoted(text)} is no regular expression: {getattr(error, 'msg', error)}"
        raise ConfigError(message, key=key, hint=r"write one such as 'session-\d+', in single quotes") from error
    except (RecursionError, _NotCounted) as error:
        raise ConfigError(f"{quoted(text)} is too involved", key=key, hint="write several simple ones") from error
    if tree.getwidth()[0] == 0:
        hint = r"have it match one character at least: '\d+' in place of '\d*'"
        raise ConfigError(f"{quoted(text)} also matches nothing at all", key=key, hint=hint)
    if ways > MOST_WAYS or steps > _MOST_STEPS:
        hint = r"give repeats an end ('\d{1,9}'), or let them not go back: '\w++' in place of '\w+' (but for the last)"
        raise ConfigError(f"{quoted(text)} could take very long on some lines", key=key, hint=hint)
    return pattern


class _NotCounted(Exception):
    """A part of an expression of which the work is not known."""


def _of(nodes: Iterable[tuple[Any, Any]]) -> tuple[int, int]:
    """In how many ways these match from one place, one behind the other, and the steps of one way at least."""
    ways, steps = 1, 0
    for operation, about in nodes:
        its_ways, its_steps = _of_one(str(operation), about)
        ways, steps = min(ways * its_ways, MOST_WAYS + 1), min(steps + its_steps, _MOST_STEPS + 1)
    return ways, steps


def _of_one(operation: str, about: Any) -> tuple[int, int]:
    match operation:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN" | "AT" | "CATEGORY":
            return 1, 1
        case "SUBPATTERN":
            return _of(about[3])
        case "ATOMIC_GROUP":
            return _of(about)
        case "ASSERT" | "ASSERT_NOT":
            return _of(about[1])
        case "BRANCH":
            found = [_of(each) for each in about[1]]
            return sum(ways for ways, _ in found), max(steps for _, steps in found)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*about)
        case "POSSESSIVE_REPEAT":
            least, _, inner = about
            ways, steps = _of(inner)
            return (1 if ways == 1 else MOST_WAYS + 1), steps * max(int(least), 1)
    raise _NotCounted(operation)  # a reference to a group, whose work depends on what that has matched


def _repeated(least: Any, most: Any, inner: Any) -> tuple[int, int]:
    ways, steps = _of(inner)
    first, last = int(least), min(int(most), max(LINE, int(least)))
    steps *= max(first, 1)
    if ways == 1:
        return last - first + 1, steps
    total, power = 0, ways ** min(first, 20)
    for _ in range(last - first + 1):
        total += power
        power *= ways
        if total > MOST_WAYS:
            break
    return total, steps
