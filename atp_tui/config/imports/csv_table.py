"""Hosts of a table as spreadsheets save it: a line of heads, then a host a line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ...model.errors import ConfigError
from ...model.near import nearest
from ...model.quoting import quoted
from .found import Given, Imported
from .gathering import SECRET, Entry, Gathering

KEYS = ("id", "host", "uri", "tags", "user", "port")
"""Heads with a meaning, in any capitals. Any other is a key of the host's metadata."""

SEPARATORS = ",;\t"

_COMPARED = 50
"""Heads that are looked at for a slip."""

_TAG = re.compile(r"[^\s,;|]+")
_HINT = "begin with a line of heads such as id,host,tags: one of them is id or host"


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of a table.

    `id` defaults to the host and `host` to the id; in `tags` blanks, commas, semicolons or | part several, and `false`
    as `uri` is a host with SSH alone. Raises ConfigError for a text without heads, or with a head twice.
    """
    gathering = Gathering()
    for given in texts:
        _read(given, gathering)
    return gathering.imported()


def _read(given: Given, gathering: Gathering) -> None:
    rows = _rows(given, gathering)
    first = next(rows, None)
    if first is None:
        raise ConfigError("is empty", file=given.file, hint=_HINT)
    heads = _heads(first[1], given, first[0])
    for head in filter(SECRET.search, heads):
        gathering.leave_out(head, "is a column of secrets, by its head", given, first[0])
    for line, cells in rows:
        if not any(cells):
            continue
        values = dict(zip(heads, cells, strict=False))
        name = values.get("host") or values.get("id") or ""
        if len(cells) > len(heads) and any(cells[len(heads) :]):
            reason = f"has {len(cells)} cells below {len(heads)} heads"
            gathering.leave_out(name or cells[0], reason, given, line, "put a cell with a separator in it in quotes")
        elif not name:
            gathering.leave_out(next(filter(None, cells)), "has neither id nor host", given, line)
        else:
            # a line is a host of its own, also with a name that another one has: that is told, not merged
            _fill(gathering.entry(name, given, line, key=f"{given.file}:{line}"), values)


def _rows(given: Given, gathering: Gathering) -> Iterator[tuple[int, list[str]]]:
    """The rows with the lines where they begin. A quote that is not closed leaves out what it swallows."""
    stream = io.StringIO(given.text, newline="")
    reader = csv.reader(stream, delimiter=_separator(given.text), strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            name = f"lines {line} to {reader.line_num}" if reader.line_num > line else f"line {line}"
            gathering.leave_out(name, f"cannot be read: {error}", given, line, "a quote has to be closed")
            continue
        if cells:
            yield line, cells


def _separator(text: str) -> str:
    """The separator that the line of heads has most of."""
    heads = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=heads.count)


def _heads(cells: Sequence[str], given: Given, line: int) -> list[str]:
    heads = [cell.lower() if cell.lower() in KEYS else cell for cell in cells]
    if not {"id", "host"} & set(heads):
        near = [match for head in heads[:_COMPARED] for match in nearest(head.lower(), ("id", "host"), 1)]
        hint = f"did you mean {near[0]}?" if near else _HINT
        raise ConfigError("has no head id or host", file=given.file, line=line, hint=hint)
    for head, number in Counter(filter(None, heads)).items():
        if number > 1:
            raise ConfigError(f"the head {quoted(head)} stands there twice", file=given.file, line=line)
    return heads


def _fill(entry: Entry, values: dict[str, str]) -> None:
    entry.id = values.get("id") or None
    entry.host = values.get("host") or None
    entry.uri = False if values.get("uri", "").lower() == "false" else values.get("uri") or None
    entry.user = values.get("user") or None
    entry.port = values.get("port") or None
    entry.tags = dict.fromkeys(_TAG.findall(values.get("tags", "")))
    others = {head: value for head, value in values.items() if head and value and head not in KEYS}
    entry.metadata = {head: value for head, value in others.items() if not SECRET.search(head)}
