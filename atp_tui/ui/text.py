"""Cells of a terminal: how wide safe text is, and how it is cut to a width. The sanitiser is in `model.text`."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size

from ..model.text import HIDDEN, UNREADABLE, Safe, safe, safe_bytes

__all__ = [
    "ELLIPSIS",
    "HIDDEN",
    "UNREADABLE",
    "Safe",
    "cut",
    "cut_middle",
    "fit",
    "safe",
    "safe_bytes",
    "width_of",
    "without_first",
    "wrap",
]


ELLIPSIS = safe("…")


def width_of(text: str) -> int:
    """Terminal cells that safe text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: Safe, width: int, ellipsis: Safe = ELLIPSIS) -> Safe:
    """Safe text in at most `width` cells; what is cut is marked by `ellipsis` where that fits itself."""
    if width_of(text) <= width:
        return text
    mark = ellipsis if width_of(ellipsis) <= width else ""
    return Safe(_head(text, width - width_of(mark)) + mark)


def cut_middle(text: Safe, width: int, ellipsis: Safe = ELLIPSIS) -> Safe:
    """Safe text in at most `width` cells, cut in its middle: names of hosts differ at their ends more than there."""
    if width_of(text) <= width:
        return text
    room = width - width_of(ellipsis)
    if room < 2:
        return cut(text, width, ellipsis)
    head = _head(text, (room + 1) // 2)
    return Safe(head + ellipsis + _tail(text, room - width_of(head)))


def without_first(text: Safe) -> Safe:
    """Safe text without its first character, which is a blank."""
    return Safe(text[1:])


def fit(text: Safe, width: int, ellipsis: Safe = ELLIPSIS, *, right: bool = False) -> Safe:
    """Safe text in exactly `width` cells: cut, or filled with spaces behind it (`right`: before it)."""
    shown = cut(text, max(width, 0), ellipsis)
    room = " " * (width - width_of(shown))
    return Safe(room + shown if right else shown + room)


def wrap(text: Safe, width: int, most: int, ellipsis: Safe = ELLIPSIS) -> list[Safe]:
    """Safe text in at most `most` lines of `width` cells, broken at spaces where there are any; the rest is cut."""
    lines: list[Safe] = []
    while text and len(lines) < most - 1 and width_of(text) > width > 0:
        head = _head(text, width)
        if len(head) < len(text) and text[len(head)] != " " and " " in head.strip():
            head = Safe(head[: head.rindex(" ")])
        lines.append(Safe(head.rstrip()))
        text = Safe(text[max(len(head), 1) :].lstrip())
    return [*lines, cut(text, width, ellipsis)] if text else lines


def _head(text: Safe, width: int) -> Safe:
    """The longest beginning of `text` that fits into `width` cells, its combining marks included."""
    if text.isascii():
        return Safe(text[: max(width, 0)])
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return Safe(text[:index])
    return text


def _tail(text: Safe, width: int) -> Safe:
    """The longest end of `text` that fits into `width` cells; a combining mark is not parted from its character."""
    start, used = len(text), 0
    while start > 0:
        begin = start - 1
        while begin > 0 and get_character_cell_size(text[begin]) == 0:
            begin -= 1
        used += width_of(text[begin:start])
        if used > width:
            break
        start = begin
    return Safe(text[start:])
