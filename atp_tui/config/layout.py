"""Where each host stands in the text of a hosts.toml: its lines, with the comments that belong to it.

A block of comments directly above a header belongs to it, and one directly below the last key of a host to that host; a
block parted from them by a blank line is nobody's. The text must be one that tomllib accepted: this only walks over it,
ten times as fast as `positions`, since it looks at headers alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache

from ..model.data_class import dataclass
from .positions import find_extents

Piece = tuple[int, int]
"""From which offset to which: whole lines, the line end of the last one included."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|"{1,2}(?!")|[^"\\])*"{3,5}'
    r"|'''(?:'{1,2}(?!')|[^'])*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_KEY_AND_SIGN = re.compile(r"""(?:[A-Za-z0-9_.-]|[ \t]|"(?:\\.|[^"\\\n])*"|'[^'\n]*')+=[ \t]*""")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_INSIDE = re.compile(r"""[^\[\]{}"'#]+|#[^\n]*""")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # and not what else Python takes for a line end
_COMMENT = re.compile(r"#[^\n]*[^\r\n]|#")
_HEADER = re.compile(r"""\[\[?((?:[A-Za-z0-9_.-]|[ \t]|"(?:\\.|[^"\\\n])*"|'[^'\n]*')+)\]\]?""")


@dataclass(frozen=True, slots=True)
class Layout:
    """A text, and the pieces of each of its hosts in their order; several where other tables stand in between.

    `array`: the hosts are the elements of one array (`hosts = [{…}]`), and this is where it goes from bracket to
    bracket. Then a piece is an element from brace to brace.
    """

    text: str
    hosts: tuple[tuple[Piece, ...], ...]
    array: Piece | None = None

    def region(self, index: int) -> Piece:
        """From the beginning of a host's first piece to the end of its last one, with the other tables in between."""
        return self.hosts[index][0][0], self.hosts[index][-1][1]

    def own_text(self, index: int) -> str:
        """The text of a host's pieces."""
        return "".join(self.text[start:end] for start, end in self.hosts[index])

    def rest(self) -> list[str]:
        """The lines that belong to no host, without the blank ones; of what stands in an array, the comments."""
        if self.array is not None:
            begin, end = self.array
            inside = "".join(self._between(begin, end))
            return [*_lines(self.text[:begin]), *_COMMENT.findall(inside), *_lines(self.text[end:])]
        return _lines("".join(self._between(0, len(self.text))))

    def _between(self, at: int, end: int) -> Iterator[str]:
        """The text between the pieces of the hosts."""
        for piece in sorted(piece for pieces in self.hosts for piece in pieces):
            yield self.text[at : piece[0]]
            at = piece[1]
        yield self.text[at:end]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


@dataclass(slots=True)
class _Section:
    """A header with the keys below it. `host` is the index of the host that it is a part of."""

    host: int | None
    start: int
    end: int


def lay_out(text: str) -> Layout:
    """The layout of a text that tomllib has accepted and that begins with no byte order mark.

    Raises ValueError or IndexError where it finds out that the text is another one.
    """
    sections: list[_Section] = [_Section(None, 0, 0)]
    number = -1
    for start, end in _statements(text):
        if text[start] != "[":
            sections[-1].end = _line_end(text, end)
            continue
        header = _HEADER.match(text, start)
        first, more = _first_key(header[1] if header else "")
        if first == "hosts" and not more and text.startswith("[[", start):
            number += 1
        owner = number if first == "hosts" and number >= 0 else None
        sections.append(_Section(owner, text.rfind("\n", 0, start) + 1, _line_end(text, end)))
    if number < 0 and "hosts" in text[: sections[0].end]:
        return _of_array(text, sections[0].end)
    _give_comments(text, sections)
    return Layout(text, _pieces(sections, number + 1))


def line_end_of(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """The beginning and end of each header and each pair."""
    at = _after(_BLANK, text, 0)
    while at < len(text):
        start = at
        of_header = text[at] == "["
        at = _after(_HEADER, text, at) if of_header else _after_value(text, _after(_KEY_AND_SIGN, text, at))
        yield start, at
        at = _after(_BLANK, text, at)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError(f"no TOML at {at}")
    return match.end()


def _after_value(text: str, at: int) -> int:
    if text[at] in "\"'":
        return _after(_STRING, text, at)
    if text[at] not in "[{":
        return _after(_SCALAR, text, at)
    depth = 0
    while True:
        sign = text[at]
        if sign in "\"'":
            at = _after(_STRING, text, at)
            continue
        if sign not in "[]{}":
            at = _after(_INSIDE, text, at)
            continue
        depth += 1 if sign in "[{" else -1
        at += 1
        if not depth:
            return at


@lru_cache(256)
def _first_key(key: str) -> tuple[str, bool]:
    """The first part of a dotted key, and whether more parts follow. A thousand hosts have a handful of headers."""
    table = tomllib.loads(f"{key.strip()} = 0")
    ((first, value),) = table.items()
    return first, isinstance(value, dict)


def _line_end(text: str, at: int) -> int:
    """The end of a line, with its line end."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _give_comments(text: str, sections: list[_Section]) -> None:
    """Widen each section by the comments that belong to it."""
    for number, section in enumerate(sections):
        last = number + 1 == len(sections)
        until = len(text) if last else sections[number + 1].start
        if until == section.end:
            continue
        lines = _LINE.findall(text[section.end : until])
        blank = [not line.strip() for line in lines]
        if section.end and (last or any(blank)):  # what stands between two headers without a blank is the second one's
            section.end += sum(map(len, lines[: blank.index(True) if any(blank) else len(lines)]))
        if not last:
            above = blank[::-1].index(True) if any(blank) else len(lines)
            sections[number + 1].start -= sum(map(len, lines[len(lines) - above :]))


def _pieces(sections: list[_Section], number: int) -> tuple[tuple[Piece, ...], ...]:
    pieces: list[list[Piece]] = [[] for _ in range(number)]
    before: int | None = None
    for section in sections:
        if section.host is not None:
            own = pieces[section.host]
            if before == section.host:
                own[-1] = (own[-1][0], section.end)
            else:
                own.append((section.start, section.end))
        before = section.host
    return tuple(map(tuple, pieces))


def _of_array(text: str, until: int) -> Layout:
    """The layout where the hosts stand in an array, above the first header."""
    pairs = find_extents(text[:until]).pairs
    hosts = pairs.get(("hosts",))
    if hosts is None:
        return Layout(text, ())
    elements: list[tuple[Piece, ...]] = []
    while (element := pairs.get(("hosts", len(elements)))) is not None:
        elements.append(((element.value, element.end),))
    return Layout(text, tuple(elements), (hosts.value, hosts.end))
