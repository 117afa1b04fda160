"""A line of a host's output as it is drawn: its last state, its colours, and nothing else that it asks a terminal for.

Colours come of SGR sequences (ECMA-48, 8.3.117). The colours are those of the theme, so that they can be read on its
ground, and no host can write in the colour of the ground. Sequences that only end a line (`erase to the end`, as grep
writes it, and `ESC ( B` of tput) are left out; each other escape stays visible, as a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...executor.progress import last_state
from ...model.data_class import dataclass
from ..roles import output_role
from ..text import Safe, safe_bytes
from .lines import Spans, drawn

LINE_BYTES = 2000
"""Longer lines are cut: nobody reads them here, and a host may send a gigabyte without a line end."""

_SEQUENCE = re.compile(rb"\x1b\[(?:([0-9;:]{0,64})m|0?K)|\x1b\(B")

_COLOUR_SPACE = re.compile(r"\b([34]8:2):[0-9]*(?=(?::[0-9]+){3})")
"""The number of a colour space, mostly empty, which ISO 8613-6 has before red, green and blue."""

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def shown_line(line: bytes) -> Safe:
    """The text of a line, cut where it is longer than anyone reads, without its colours."""
    return safe_bytes(uncoloured(_cut(line)))


def uncoloured(line: bytes) -> bytes:
    """A line without the sequences that are not shown: what a person searches is what is read."""
    return _SEQUENCE.sub(b"", line) if b"\x1b" in line else line


def shown_spans(line: bytes, role: str = "text") -> Spans:
    """The same with its colours; what has none has the role `role`."""
    said = _cut(line)
    if b"\x1b" not in said:
        return ((safe_bytes(said), role),)
    return drawn(*_pieces(said, role))


def _cut(line: bytes) -> bytes:
    line = last_state(line)
    return line[:LINE_BYTES] + ("…".encode() if len(line) > LINE_BYTES else b"")


@dataclass(frozen=True, slots=True)
class _Look:
    colour: str = ""
    ground: str = ""
    bold: bool = False
    underline: bool = False
    reverse: bool = False

    def role(self, plain: str) -> str:
        colour = self.ground or self.colour  # a coloured ground is the colour turned round: it can be read as well
        reverse = self.reverse != bool(self.ground)
        if not (colour or self.bold or self.underline or reverse):
            return plain
        return output_role(colour, bold=self.bold, underline=self.underline, reverse=reverse)


def _pieces(said: bytes, role: str) -> Iterator[tuple[str, str]]:
    look, at = _Look(), 0
    for found in _SEQUENCE.finditer(said):
        if found.start() > at:
            yield said[at : found.start()].decode("utf-8", "replace"), look.role(role)
        at = found.end()
        if found[1] is not None:
            look = _after(look, found[1].decode())
    yield said[at:].decode("utf-8", "replace"), look.role(role)


def _after(look: _Look, parameters: str) -> _Look:
    """The look after an SGR sequence; parameters that mean neither a colour nor a weight change nothing."""
    codes = [int(each or "0") for each in re.split("[;:]", _COLOUR_SPACE.sub(r"\1", parameters))]
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            colour, codes = _chosen(codes)
            look = _coloured(look, colour, ground=code == 48)
        else:
            look = _with(look, code)
    return look


def _coloured(look: _Look, colour: str, *, ground: bool) -> _Look:
    if not colour:
        return look
    return replace(look, ground=colour) if ground else replace(look, colour=colour)


def _with(look: _Look, code: int) -> _Look:
    tens, number = divmod(code, 10)
    if tens in (3, 4, 9, 10) and number < len(_COLOURS):
        return _coloured(look, _COLOURS[number], ground=tens in (4, 10))
    match code:
        case 0:
            return _Look()
        case 1 | 22:
            return replace(look, bold=code == 1)
        case 4 | 24:
            return replace(look, underline=code == 4)
        case 7 | 27:
            return replace(look, reverse=code == 7)
        case 39:
            return replace(look, colour="")
        case 49:
            return replace(look, ground="")
    return look


def _chosen(codes: list[int]) -> tuple[str, list[int]]:
    """The colour of `38;5;N` or `38;2;R;G;B`, as the nearest of the eight, and the codes behind it."""
    match codes:
        case [5, number, *rest]:
            return _of_palette(number), rest
        case [2, red, green, blue, *rest]:
            return _nearest(red, green, blue), rest
    return "", []


def _of_palette(number: int) -> str:
    if number < 16:
        return _COLOURS[number % 8]
    if number >= 232:
        return "white"
    number -= 16
    levels = (number // 36 % 6, number // 6 % 6, number % 6)
    return _nearest(*(55 + 40 * each if each else 0 for each in levels))  # xterm's cube


def _nearest(*levels: int) -> str:
    """Which of red, green and blue are more than half of the strongest."""
    strongest = max(levels)
    bits = [each * 2 > strongest for each in levels]
    return _COLOURS[sum(bit << place for place, bit in enumerate(bits))] if strongest else "black"
