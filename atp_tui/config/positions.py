"""Where in a TOML text each key and value stands, which neither tomllib nor tomlkit tells.

The text must be one that tomllib accepted: that leaves this scanner nothing to check, only to walk.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import field
from typing import cast

from ..model.data_class import dataclass

KeyPath = tuple[str | int, ...]
"""The way from a document's root to a value: keys of tables and indices of arrays."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'")
_STRING = re.compile(
    r'"""(?:\\.|"{1,2}(?!")|[^"\\])*"{3,5}'  # up to two quotes may stand right before the closing three
    r"|'''(?:'{1,2}(?!')|[^'])*'{3,5}|" + _QUOTED.pattern,
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")  # a number, a boolean, or a moment (which may have a space in it)


def find_positions(text: str) -> Mapping[KeyPath, int]:
    """The offset in `text` of every table (its header), key and array element, by its path.

    A table that several lines make up has the place of its header, or else of the first key below it.
    """
    return _Scanner(text).scan()


@dataclass(frozen=True, slots=True)
class Extent:
    """From where to where in a text a pair goes, or an array's element; `value` is where its value begins.

    `table` is the table below whose header a pair stands; None for what stands inside another value.
    """

    start: int
    value: int
    end: int
    table: KeyPath | None = None


@dataclass(frozen=True, slots=True)
class Extents:
    """All pairs and elements of a text by their path, and its headers in their order: path, start and end of each."""

    pairs: dict[KeyPath, Extent] = field(default_factory=dict)
    headers: list[tuple[KeyPath, int, int]] = field(default_factory=list)


def find_extents(text: str) -> Extents:
    """Where each pair, element and header of `text` begins and ends."""
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.extents


def line_of(text: str, offset: int) -> int:
    """The line of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[KeyPath, int] = {}
        self._last_index: dict[KeyPath, int] = {}
        self.extents = Extents()

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table, table)
            self._skip(_BLANK)
        return self._found

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _header(self) -> KeyPath:
        start = self._at
        of_array = self._text.startswith("[[", start)
        self._at += 2 if of_array else 1
        path: KeyPath = ()
        for part in self._key():
            path = (*self._element(path), part)
            self._found.setdefault(path, start)
        self._at += 2 if of_array else 1
        if of_array:
            self._last_index[path] = self._last_index.get(path, -1) + 1
            path = self._element(path)
        elif path not in self._last_index:
            self._found[path] = start  # a header is a better place than an earlier header below it
        self._found.setdefault(path, start)
        self.extents.headers.append((path, start, self._at))
        return path

    def _element(self, path: KeyPath) -> KeyPath:
        """Where keys below `path` go: to the last table of an array of tables."""
        return (*path, self._last_index[path]) if path in self._last_index else path

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACE)
            bare = self._skip(_BARE)
            parts.append(bare or cast(str, tomllib.loads(f"key = {self._skip(_QUOTED)}")["key"]))
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return parts
            self._at += 1

    def _pair(self, above: KeyPath, table: KeyPath | None = None) -> None:
        start = self._at
        path = above
        for part in self._key():
            path = (*path, part)
            self._found.setdefault(path, start)
        self._at += 1
        self._skip(_SPACE)
        self._value(path, start, table)

    def _value(self, path: KeyPath, start: int, table: KeyPath | None = None) -> None:
        value = self._at
        opening = self._text[value]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        elif not self._skip(_STRING):
            self._skip(_SCALAR)
        end = self._at
        while self._text[end - 1] in " \t":  # behind a number
            end -= 1
        self.extents.pairs[path] = Extent(start, value, end, table)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while not self._closes("]"):
            self._found[(*path, index)] = self._at
            self._value((*path, index), self._at)
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while not self._closes("}"):
            self._pair(path)
        self._at += 1

    def _closes(self, bracket: str) -> bool:
        """Go over blanks and a comma to the next element; whether there is none."""
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)
        return self._text[self._at] == bracket
