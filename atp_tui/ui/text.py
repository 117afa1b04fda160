"""Cells of a terminal: how wide safe text is, and how it is cut to a width. The sanitiser is in `model.text`."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size

from ..model.text import HIDDEN, UNREADABLE, safe, safe_bytes

__all__ = ["HIDDEN", "UNREADABLE", "cut", "cut_middle", "fit", "safe", "safe_bytes", "width_of", "wrap"]


def width_of(text: str) -> int:
    """Terminal cells that safe text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """Safe text in at most `width` cells; what is cut is marked by `ellipsis` where that fits itself."""
    if width_of(text) <= width:
        return text
    mark = ellipsis if width_of(ellipsis) <= width else ""
    return _head(text, width - width_of(mark)) + mark


def cut_middle(text: str, width: int, ellipsis: str = "…") -> str:
    """Safe text in at most `width` cells, cut in its middle: names of hosts differ at their ends more than there."""
    if width_of(text) <= width:
        return text
    room = width - width_of(ellipsis)
    if room < 2:
        return cut(text, width, ellipsis)
    head = _head(text, (room + 1) // 2)
    return head + ellipsis + _tail(text, room - width_of(head))


def fit(text: str, width: int, ellipsis: str = "…", *, right: bool = False) -> str:
    """Safe text in exactly `width` cells: cut, or filled with spaces behind it (`right`: before it)."""
    shown = cut(text, max(width, 0), ellipsis)
    room = " " * (width - width_of(shown))
    return room + shown if right else shown + room


def wrap(text: str, width: int, most: int, ellipsis: str = "…") -> list[str]:
    """Safe text in at most `most` lines of `width` cells, broken at spaces where there are any; the rest is cut."""
    lines: list[str] = []
    while text and len(lines) < most - 1 and width_of(text) > width > 0:
        head = _head(text, width)
        if len(head) < len(text) and text[len(head)] != " " and " " in head.strip():
            head = head[: head.rindex(" ")]
        lines.append(head.rstrip())
        text = text[max(len(head), 1) :].lstrip()
    return [*lines, cut(text, width, ellipsis)] if text else lines


def _head(text: str, width: int) -> str:
    """The longest beginning of `text` that fits into `width` cells, its combining marks included."""
    if text.isascii():
        return text[: max(width, 0)]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:index]
    return text


def _tail(text: str, width: int) -> str:
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
    return text[start:]
