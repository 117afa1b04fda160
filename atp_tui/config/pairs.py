"""Keys of one host set and removed in its own text, which is a small document; all else of the text stays.

A new key never gets a header of its own: a header that is put in would take the keys below it for its own. It stands
beside its like (`ssh.port` below `ssh.user`, in the braces, below `[hosts.ssh]`), or else as a dotted key of the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..model.errors import ConfigError
from ..model.quoting import redacted
from .arrays import with_element, without_element
from .layout import line_end_of
from .positions import Extent, Extents, KeyPath, find_extents
from .problems import bare

Key = tuple[str, ...]
"""A key of a host by its parts: ("ssh", "user")."""

Plain = str | int | float | bool | tuple[str, ...]
"""A value as a host has it."""

ROOT: KeyPath = ("hosts", 0)
"""Where the host stands in its own small document."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_REST_OF_LINE = re.compile(r"[^\n]*(?:\n|$)")
_COMMA_BEHIND = re.compile(r"[ \t]*,[ \t]*")
_COMMA_BEFORE = re.compile(r"[ \t]*,[ \t]*$")


def named(key: Key) -> str:
    """A key as a message shows it: `ssh.user`."""
    return ".".join(bare(redacted(part)) for part in key)


def written(value: Plain) -> str:
    """A value as TOML writes it. Raises ConfigError for a text that is not Unicode."""
    import tomlkit  # late: reading a configuration does not need it

    text = tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError("the value is not UTF-8 text") from None
    return text


def _key(parts: Key) -> str:
    """A key as TOML writes it."""
    return ".".join(part if _BARE.fullmatch(part) else written(part) for part in parts)


def new_pairs(table: Mapping[str, Any], above: Key = ()) -> Iterator[str]:
    """Each key of a host that is not written yet, with its value: `ssh.user = "root"`. Put into a text key by key, a
    host of a wide table would take seconds."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from new_pairs(value, (*above, name))
        else:
            yield f"{_key((*above, name))} = {written(value)}"


def with_key(text: str, key: Key, value: Plain) -> str:
    """The text of a host with a key set. Raises ConfigError where a part of the key holds a value of its own."""
    extents = find_extents(text)
    path = (*ROOT, *key)
    here = extents.pairs.get(path)
    if here is not None:
        return text[: here.value] + written(value) + text[here.end :]
    if _is_below(path, extents):
        return with_key(without_key(text, key), key, value)
    for depth in range(len(key) - 1, -1, -1):
        found = _put(text, extents, (*ROOT, *key[:depth]), key[depth:], value)
        if found is not None:
            return found
    raise AssertionError("the host has a header, or braces")


def without_key(text: str, key: Key) -> str:
    """The text of a host without a key, and without all that stands below it; unchanged where there is none."""
    path = (*ROOT, *key)
    while True:
        extents = find_extents(text)
        tables = [(start, end) for header, start, end in extents.headers if header[: len(path)] == path]
        if tables:
            text = _without_table(text, extents, *tables[-1])
            continue
        pairs = [(where, extent) for where, extent in extents.pairs.items() if where[: len(path)] == path]
        if not pairs:
            return text
        where, extent = min(pairs, key=lambda pair: (pair[1].start, -pair[1].end))
        text = _without_pair(text, extents, where, extent)


def with_text(text: str, key: Key, new: str) -> str:
    """The text of a host with one more text in an array."""
    elements, bracket = _elements(text, key)
    if bracket is None:
        return with_key(text, key, (new,))
    return with_element(text, bracket, elements, len(elements), written(new), line_end_of(text))


def without_text(text: str, key: Key, number: int) -> str:
    """The text of a host without the element of that number in an array."""
    return without_element(text, _elements(text, key)[0], number)


def _elements(text: str, key: Key) -> tuple[list[tuple[int, int]], int | None]:
    pairs = find_extents(text).pairs
    path = (*ROOT, *key)
    array = pairs.get(path)
    if array is None:
        return [], None
    found: list[tuple[int, int]] = []
    while (element := pairs.get((*path, len(found)))) is not None:
        found.append((element.value, element.end))
    return found, array.value


def _is_below(path: KeyPath, extents: Extents) -> bool:
    below = [*extents.pairs, *(header for header, _, _ in extents.headers)]
    return any(len(where) >= len(path) and where[: len(path)] == path for where in below)


def _put(text: str, extents: Extents, table: KeyPath, rest: Key, value: Plain) -> str | None:
    """The text with a new key in that table; None where the host has no such table yet."""
    braces = extents.pairs.get(table)
    if braces is not None:
        if text[braces.value] != "{":
            held = redacted(text[braces.value : braces.end])
            raise ConfigError(
                f"cannot be set while {named(_relative(table))} is {held}",
                key=named((*_relative(table), *rest)),
                hint=f"take that away first: {named(_relative(table))}=",
            )
        return _into_braces(text, extents, braces, f"{_key(rest)} = {written(value)}")
    if any(header == table for header, _, _ in extents.headers):
        pairs = [extent for extent in extents.pairs.values() if extent.table == table]
        ends = [end for header, _, end in extents.headers if header == table]
        return _into_lines(text, pairs, ends[0], f"{_key(rest)} = {written(value)}")
    like = [(where, extent) for where, extent in extents.pairs.items() if _dotted_below(table, where, extent)]
    if not like:
        return None
    _, last = max(like, key=lambda pair: pair[1].start)
    assert last.table is not None
    key = (*_relative(table)[len(last.table) - len(ROOT) :], *rest)
    return _into_lines(text, [last], last.end, f"{_key(key)} = {written(value)}")


def _dotted_below(table: KeyPath, where: KeyPath, extent: Extent) -> bool:
    above = extent.table
    return above is not None and len(above) < len(table) and where[: len(table)] == table


def _relative(path: KeyPath) -> Key:
    return tuple(str(part) for part in path[len(ROOT) :])


def _into_braces(text: str, extents: Extents, braces: Extent, pair: str) -> str:
    inside = [each.end for each in extents.pairs.values() if braces.value < each.start and each.end < braces.end]
    if inside:
        at = max(inside)
        return f"{text[:at]}, {pair}{text[at:]}"
    return f"{text[: braces.value]}{{ {pair} }}{text[braces.end :]}"


def _into_lines(text: str, pairs: Iterable[Extent], header_end: int, pair: str) -> str:
    """The text with a line below the last of these pairs, or below the header."""
    last = max(pairs, key=lambda extent: extent.start, default=None)
    end = header_end if last is None else last.end
    indent = "" if last is None else text[text.rfind("\n", 0, last.start) + 1 : last.start]
    line_end = line_end_of(text)
    at = _REST_OF_LINE.match(text, end).end()  # type: ignore[union-attr] # it matches everything
    if not text[:at].endswith("\n"):
        return f"{text}{line_end}{indent}{pair}"
    return f"{text[:at]}{indent}{pair}{line_end}{text[at:]}"


def _without_pair(text: str, extents: Extents, where: KeyPath, extent: Extent) -> str:
    if extent.table is not None:
        begin = text.rfind("\n", 0, extent.start) + 1
        return text[:begin] + text[_REST_OF_LINE.match(text, extent.end).end() :]  # type: ignore[union-attr]
    braces = next(
        (above, each)
        for depth in range(len(where) - 1, -1, -1)
        if (each := extents.pairs.get(above := where[:depth])) is not None
    )
    alone = not any(
        each is not extent and braces[1].value < each.start and each.end < braces[1].end
        for place, each in extents.pairs.items()
        if place[: len(where)] != where
    )
    if alone and braces[0] != ROOT:
        return _without_pair(text, extents, *braces)  # an empty table says nothing
    behind = _COMMA_BEHIND.match(text, extent.end)
    if behind:
        return text[: extent.start] + text[behind.end() :]
    before = _COMMA_BEFORE.search(text, 0, extent.start)
    return text[: before.start() if before else extent.start] + text[extent.end :]


def _without_table(text: str, extents: Extents, start: int, end: int) -> str:
    """The text without a header, the block of comments directly above it, and the keys below it."""
    begins = sorted(begin for _, begin, _ in extents.headers if begin > start)
    pairs = [each.end for each in extents.pairs.values() if each.table is not None and each.start > start]
    last = max((each for each in pairs if not begins or each < begins[0]), default=end)
    begin = text.rfind("\n", 0, start) + 1
    above_ends = [each.end for each in extents.pairs.values() if each.end < start]
    floor = max([*above_ends, *(ended for _, _, ended in extents.headers if ended < start)], default=0)
    while begin > floor and (line := text[text.rfind("\n", 0, begin - 1) + 1 : begin]).lstrip().startswith("#"):
        if begin - len(line) < floor:
            break  # the end of a value, or a comment behind it
        begin -= len(line)
    rest = text[_REST_OF_LINE.match(text, last).end() :]  # type: ignore[union-attr]
    above = text[:begin]
    if not rest.strip():
        above = re.sub(r"\r?\n[ \t\r\n]*\Z", line_end_of(text), above)
    return above + rest
