"""The one sanitiser: what came from a host or a file becomes text that a terminal can only show.

Every surface uses it: the screen, what verbs print, the log. Textual passes ESC and C1 bytes through to the terminal
and reads `[…]` as markup, so remote text must go through `safe` and then into segments or `Content`, never into
anything that parses markup. Each character that is taken out leaves a visible mark, so that a hostile name cannot pass
for a harmless one.

What has been through it is of the type `Safe`, which nothing else makes: what draws takes that alone, and mypy sees to
it. A figure that is a text after all is sanitised with the line that it stands in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import NewType

Safe = NewType("Safe", str)
"""One line of text that a terminal can only show. `safe` makes it; `ui.text` cuts it, and that leaves it one."""

Printed = NewType("Printed", str)
"""Lines of safe text with line feeds of ours between them, or a piece of such lines."""

HIDDEN = "·"
"""Stands for an invisible or reordering character: zero-width, bidi control, private use, unassigned."""

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""Stands for what is no character at all: a lone surrogate, a C1 control, a byte that is not UTF-8."""

TAB_SIZE = 8
MOST_MARKS = 2
"""Combining marks that may sit on one character; more of them only serve to paint over the lines above."""

_ASCII_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\N{SYMBOL FOR DELETE}"}

_DISPUTED = frozenset(
    [chr(code) for code in range(0x1F1E6, 0x1F200)]  # regional indicators: a flag is 1, 2 or 4 cells wide
    + [chr(code) for code in range(0x1F3FB, 0x1F400)]  # skin tones: 0 or 2 cells
    + ["\u115f", "\u1160", "\u3164", "\uffa0"]  # Hangul fillers: letters that show nothing
)
"""Printable characters on whose width terminals disagree: a line with one of them would shift its neighbours."""

_PRESENTATION = "\ufe0e\ufe0f"
"""Variation selectors after a symbol: common in honest output, and without them nothing changes but the width."""


_HARMLESS = re.compile("[ -~·…\u2190-\u21ff\u2500-\u25ff\u2715\u2800-\u28ff]*").fullmatch
"""ASCII with the signs, frames and charts that the screen is made of: found harmless in a fifth of the time."""


def safe(text: str) -> Safe:
    """`text` in one line, with no control, escape, bidi, zero-width or unpaired code left in it.

    Tabs become spaces; line ends and other controls become their pictures (`␊`, `␛`).
    """
    if text.isascii():
        return Safe(text if text.isprintable() else text.expandtabs(TAB_SIZE).translate(_ASCII_CONTROLS))
    if _HARMLESS(text) or (text.isprintable() and not any(map(_needs_care, set(text)))):
        return Safe(text)
    return Safe(_rebuilt(text.expandtabs(TAB_SIZE)))


_TEXT = itemgetter(0)


def safe_pieces(pieces: tuple[tuple[str, str], ...]) -> tuple[tuple[Safe, str], ...]:
    """The pieces of a line, each a text and something of ours about it; the texts as `safe` gives them.

    All of the line is looked at once, and given back as it is where nothing is in it that must be taken out: looking at
    each piece by itself made a screenful of hosts dearer by a third.
    """
    if _HARMLESS("".join(map(_TEXT, pieces))):
        return pieces  # type: ignore[return-value]  # the same, now that it is known
    return tuple([(safe(text), about) for text, about in pieces])


def safe_bytes(data: bytes) -> Safe:
    """`data` read as UTF-8, then as `safe`; each run of bytes that is not UTF-8 becomes a replacement character."""
    return safe(data.decode("utf-8", "replace"))


def printed(lines: Iterable[Safe]) -> Printed:
    """The lines, each with its line feed."""
    return Printed("".join([f"{line}\n" for line in lines]))


LINE_END = Printed("\n")


def continued(*pieces: Safe | Printed) -> Printed:
    """The pieces one after the other; a line goes on where no line feed stands between them."""
    return Printed("".join(pieces))


def coloured(text: Safe, colour: int) -> Printed:
    """The text in one of a terminal's eight colours (ECMA-48, SGR 30 to 37), for a standard output that is one."""
    return Printed(f"\x1b[{30 + colour}m{text}\x1b[39m")


_PLAIN = bytes([0x0A, *range(0x20, 0x7F)])


def every_line(output: bytes, prefix: Safe) -> Printed:
    """The lines of output, each made safe as `safe_bytes` makes it, with `prefix` before each but the first.

    The last one has no line feed. One that ends its lines with CR LF means no harm by it: the CR is left out.
    """
    if not output.translate(None, _PLAIN):  # a quick look at all of it: most output is like that
        return Printed(output.replace(b"\n", b"\n" + prefix.encode()).decode())
    lines = output.decode("utf-8", "replace").split("\n")
    return Printed(f"\n{prefix}".join([safe(line.removesuffix("\r")) for line in lines]))


@lru_cache(maxsize=4096)
def _needs_care(character: str) -> bool:
    return character in _DISPUTED or _has_no_width(character)


def _has_no_width(character: str) -> bool:
    """Whether a terminal puts it onto the character before it: marks, and the vowels and finals of Hangul."""
    return (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7ff"
    )


def _rebuilt(text: str) -> str:
    shown: list[str] = []
    marks = MOST_MARKS  # a mark at the very start would land on whatever is painted left of it
    before = ""
    for character in text:
        if character.isprintable() and _needs_care(character) and character not in _DISPUTED:
            presentation = character in _PRESENTATION and unicodedata.category(before or " ") in ("So", "Sm", "Po")
            if not presentation:
                shown.append(character if marks < MOST_MARKS and character not in _PRESENTATION else HIDDEN)
                marks += 1
        else:
            shown.append(_replacement(character))
            marks = 0 if shown[-1] == character else MOST_MARKS
        before = character
    return "".join(shown)


def _replacement(character: str) -> str:
    code = ord(character)
    if code in _ASCII_CONTROLS:
        return _ASCII_CONTROLS[code]
    if character.isprintable():
        return HIDDEN if character in _DISPUTED else character
    category = unicodedata.category(character)
    if category == "Zs":
        return "  " if unicodedata.east_asian_width(character) in "FW" else " "
    return UNREADABLE if category in ("Cc", "Cs") else HIDDEN
