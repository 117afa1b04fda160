"""Whole hosts taken out of a text and put into it, with the blank lines between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .layout import Piece, line_end_of

_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*(?:[ \t]*\Z)?")


def without_pieces(text: str, pieces: Iterable[Piece]) -> str:
    """The text without these pieces, each with the blank lines on one of its sides."""
    kept = text
    for start, end in sorted(pieces, reverse=True):
        above, below = kept[:start], kept[end:]
        blank = _BLANK_LINES.match(below)
        assert blank is not None, "it matches nothing, too"
        if blank.end() == len(below):
            above = above[: _blank_from(above)]  # the end of a file is not blank
            below = ""
        elif _ends_blank(above):
            below = below[blank.end() :]
        kept = above + below
    return kept


def with_block(text: str, at: int, block: str) -> str:
    """The text with the lines of a host put in where a piece begins or ends, a blank line on either side of them."""
    line_end = line_end_of(text or block)
    above, below = text[:at], text[at:]
    if above and not above.endswith("\n"):
        above += line_end
    if not _ends_blank(above):
        above += line_end
    if below.strip() and not block.endswith("\n"):
        block += line_end
    if below.strip() and not re.match(r"[ \t]*\r?\n", below):
        block += line_end
    return above + block + below


def _ends_blank(text: str) -> bool:
    """Whether the last line is blank, or there is none."""
    start = _blank_from(text)
    return not start or start < len(text)


def _blank_from(text: str) -> int:
    """Where the blank lines at the end of a text begin."""
    kept = len(text.rstrip(" \t\r\n"))
    line_end = text.find("\n", kept)
    return 0 if not kept else len(text) if line_end < 0 else line_end + 1
