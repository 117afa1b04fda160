"""Names of an Ansible inventory: `web[01:40].example.org`, `db[a:f]`, `kvm[0:20:5]`, with or without a port."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_letters

from ...model.errors import ConfigError
from ...model.quoting import quoted
from .found import MOST_HOSTS
from .node_sets import LONGEST_END, TooManyNames

FORM = "write ranges as in kvm[01:40] or db[a:f]"

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(r"((?:[^\[\]:]++|\[[^\[\]]*+\])++):([0-9]+)")
_NUMBERS = re.compile(r"(?P<low>[0-9]*):(?P<high>[0-9]+)(?::(?P<step>[0-9]+))?")
_LETTERS = re.compile(r"(?P<low>[A-Za-z]):(?P<high>[A-Za-z])(?::(?P<step>[0-9]+))?")


def without_port(pattern: str) -> tuple[str, str | None]:
    """A name with the port behind it apart. An IPv6 address has none."""
    found = _PORT.fullmatch(pattern)
    return (found[1], found[2]) if found else (pattern, None)


def expanded(pattern: str) -> list[str]:
    """The names that a pattern stands for, as Ansible has them (its inventory's expand_hostname_range).

    Raises TooManyNames before that many are made, and ConfigError for what is no range.
    """
    parts = _BRACKET.split(pattern)
    if any(sign in text for text in parts[::2] for sign in "[]"):
        raise ConfigError(f"a bracket without its partner in {quoted(pattern)}", hint=FORM)
    ranges = [_range(text, pattern) for text in parts[1::2]]
    number = 1
    for each in ranges:
        number *= each.number
    if number > MOST_HOSTS:
        raise TooManyNames(number)
    return ["".join(_joined(parts[::2], words)) for words in product(*[each.words() for each in ranges])]


def _joined(between: list[str], words: tuple[str, ...]) -> list[str]:
    return [text for pair in zip(between, (*words, ""), strict=True) for text in pair]


class _Range:
    """The words of one bracket, which are made as they are asked for."""

    def __init__(self, numbers: range, width: int, letters: bool) -> None:
        self._numbers = numbers
        self._width = width
        self._letters = letters

    @property
    def number(self) -> int:
        """How many they are. len() of a range refuses very large ones."""
        return (self._numbers.stop - self._numbers.start - 1) // self._numbers.step + 1

    def words(self) -> list[str]:
        """All of them."""
        if self._letters:
            return [ascii_letters[number] for number in self._numbers]
        return [str(number).zfill(self._width) for number in self._numbers]


def _range(text: str, pattern: str) -> _Range:
    letters = _LETTERS.fullmatch(text)
    found = letters or _NUMBERS.fullmatch(text)
    if found is None:
        raise ConfigError(f"[{text}] is no range in {quoted(pattern)}", hint=FORM)
    low, high, step = found["low"], found["high"], int((found["step"] or "1")[:LONGEST_END])
    if letters:
        first, last, width = ascii_letters.index(low), ascii_letters.index(high), 0
    else:
        if max(len(low), len(high)) > LONGEST_END:
            raise ConfigError(f"a number of too many digits in {quoted(pattern)}", hint=FORM)
        first, last = int(low or "0"), int(high)
        width = len(low) if len(low) > 1 and low[0] == "0" else 0
        if width and width != len(high):
            raise ConfigError(
                f"the ends of [{text}] have not the same number of digits in {quoted(pattern)}", hint=FORM
            )
    if first > last or step == 0:
        what = "has a step of 0" if step == 0 else "runs backwards"
        raise ConfigError(f"[{text}] {what} in {quoted(pattern)}", hint=FORM)
    return _Range(range(first, last + 1, step), width, letters is not None)
