"""Elements put into the text of a TOML array, and taken out of it; all else of the text stays.

Where an element stands on lines of its own, these lines are its: with the comment behind it, and the block of comments
directly above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Element = tuple[int, int]
"""From which offset to which its value goes."""

_TO_LINE_END = re.compile(r"[ \t]*(,)?[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")
_COMMA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*(,)")
_BLANKS = re.compile(r"[ \t]*")


def unit_of(text: str, elements: Sequence[Element], number: int) -> Element | None:
    """The lines that an element has to itself; None where it has none."""
    start, end = elements[number]
    begin = text.rfind("\n", 0, start) + 1
    behind = _TO_LINE_END.match(text, end)
    if behind is None or text[begin:start].strip(" \t"):
        return None
    while (above := _line_before(text, begin)).strip().startswith("#"):
        begin -= len(above)
    return begin, behind.end()


def without_element(text: str, elements: Sequence[Element], number: int) -> str:
    """The text without an element, its comma, and the lines that were its."""
    unit = unit_of(text, elements, number)
    if unit is not None:
        return text[: unit[0]] + text[unit[1] :]  # the comma of the element before is allowed to be the last one
    start, end = elements[number]
    comma = _COMMA.match(text, end)
    if comma is not None:
        return text[:start] + text[_BLANKS.match(text, comma.end()).end() :]  # type: ignore[union-attr] # matches all
    before = elements[number - 1][1] if number else start
    if re.fullmatch(r"[ \t]*,[ \t]*", text[before:start]):
        start = before
    return text[:start] + text[end:]


def with_element(text: str, bracket: int, elements: Sequence[Element], place: int, new: str, line_end: str) -> str:
    """The text with an element before the one that has the number `place` now; `bracket` is where the array opens.

    `new` is the element, or, as `carried` gives them, the lines that it had in another place.
    """
    if not elements:
        return text[: bracket + 1] + new + text[bracket + 1 :]
    if place == 0:
        unit = unit_of(text, elements, 0)
        at = elements[0][0] if unit is None else unit[0]
        return text[:at] + (f"{_alone(new)}, " if unit is None else _line(new, text, elements[0], line_end)) + text[at:]
    before = elements[place - 1]
    unit = unit_of(text, elements, place - 1)
    if unit is None:
        return text[: before[1]] + f", {_alone(new)}" + text[before[1] :]
    comma = "" if _COMMA.match(text, before[1]) else ","
    return text[: before[1]] + comma + text[before[1] : unit[1]] + _line(new, text, before, line_end) + text[unit[1] :]


def with_elements(text: str, bracket: int, elements: Sequence[Element], new: Sequence[str], line_end: str) -> str:
    """The text with several elements behind the last one; on lines of their own where it has one."""
    if not new:
        return text
    between = ", "
    if elements and unit_of(text, elements, len(elements) - 1) is not None:
        start = elements[-1][0]
        between = "," + line_end + text[text.rfind("\n", 0, start) + 1 : start]
    return with_element(text, bracket, elements, len(elements), between.join(new), line_end)


def carried(text: str, elements: Sequence[Element], number: int) -> str:
    """An element as `with_element` takes it for another place: with its lines and a comma, where it has some lines."""
    start, end = elements[number]
    unit = unit_of(text, elements, number)
    if unit is None:
        return text[start:end]
    behind = text[end : unit[1]]
    if not _COMMA.match(behind):
        behind = "," + behind
    return text[unit[0] : end] + behind


def _line(new: str, text: str, beside: Element, line_end: str) -> str:
    """The new element as lines, indented as the one beside it."""
    if "\n" in new and new.endswith("\n"):
        return new
    indent = text[text.rfind("\n", 0, beside[0]) + 1 : beside[0]]
    return f"{indent}{new},{line_end}"


def _alone(new: str) -> str:
    """The element without the lines that it had."""
    if not new.endswith("\n"):
        return new
    lines = [line for line in new.split("\n") if not line.strip().startswith("#")]
    return re.sub(r",[ \t]*(#[^\n]*)?\s*\Z", "", "\n".join(lines).strip())


def _line_before(text: str, at: int) -> str:
    """The line that ends at an offset."""
    return text[text.rfind("\n", 0, max(at - 1, 0)) + 1 : at] if at else ""
