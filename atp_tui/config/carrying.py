"""A host as it is taken along into another file, where hosts may stand otherwise: below [[hosts]] or in an array.

Its comments go with it. Where they would have no place, the move is refused.
"""

from __future__ import annotations

import re

from ..model.errors import ConfigError
from .arrays import unit_of
from .edits import Put, Table
from .layout import Layout

_HAS_NO_COMMENT = re.compile(r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^"'#])*""")
"""The beginning of a line, up to a comment."""


def carried_over(table: Table, number: int, source: Layout, target: Layout) -> Put:
    """The host of that number and table in the source as it is put into the target. Raises ConfigError, without a
    file."""
    text = source.own_text(number)
    if source.array is None and target.array is None:
        return Put(text, table)
    comments = _comments(source, number, text)
    if target.array is not None and comments and not _has_lines(target):
        hint = "write each host of that array on a line of its own, or move it by hand"
        raise ConfigError("has its hosts in one line, where the host's comments have no place", hint=hint)
    inline = source.array is not None and target.array is not None
    return Put(text if inline else "", table, comments)


def _comments(source: Layout, number: int, own: str) -> tuple[str, ...]:
    text, above, behind = own, "", ""
    if source.array is not None:
        elements = [pieces[0] for pieces in source.hosts]
        unit = unit_of(source.text, elements, number)
        if unit is not None:
            start, end = elements[number]
            above, behind = source.text[unit[0] : start], source.text[end : unit[1]]
    elif '"""' in own or "'''" in own:  # a line of such a text may look like a comment
        hint = "move it by hand"
        raise ConfigError("has a text of several lines in this host, which is written otherwise there", hint=hint)
    if source.array is not None and "\n" in text and "#" in text:
        raise ConfigError("has comments within this host, which would be lost", hint="move it by hand")
    found = [above, text if source.array is None else "", behind]
    return tuple(comment for part in found for line in part.splitlines() if (comment := _comment(line)))


def _comment(line: str) -> str:
    before = _HAS_NO_COMMENT.match(line)
    return line[before.end() :].strip() if before is not None else ""


def _has_lines(target: Layout) -> bool:
    """Whether a host of the array has lines of its own, or there is none yet."""
    elements = [pieces[0] for pieces in target.hosts]
    return not elements or unit_of(target.text, elements, len(elements) - 1) is not None
