"""Hosts edited in the text of a hosts.toml: what nobody has asked to change stays, byte for byte.

An edit replaces pieces of the text. The result is read back: each other host must have its keys and its lines, comments
included, and each other table and each line that is no host's must be there as before. Else the edit is refused.
(tomlkit, which writes values here, is not let at whole files: a host that it appends to a file without a final line end
is no TOML, a table that it adds below a dotted key takes the next keys for its own, and the comment above a host that
it deletes goes to the next one.)
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any

from ..model.data_class import dataclass
from ..model.errors import ConfigError, ConfigErrors
from ..model.quoting import quoted, redacted
from .arrays import carried, with_element, without_element
from .edits import (
    Add,
    Change,
    Copy,
    EditOfFile,
    Move,
    Put,
    Remove,
    Table,
    Tag,
    bare_of_empty,
    changed,
    holds,
    put,
    same,
)
from .layout import Layout, lay_out, line_end_of
from .load import read_document
from .pairs import new_pairs, with_key, with_text, without_key, without_text
from .placing import with_block, without_pieces

_MARK = "\ufeff"
_ARRAY = "hosts = ["


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a hosts.toml without its byte order mark, as tomllib reads it, and with the places of its hosts."""

    text: str
    tables: dict[str, Any]
    layout: Layout

    @property
    def hosts(self) -> list[Table]:
        return list(self.tables.get("hosts", []))


@dataclass(frozen=True, slots=True)
class Edited:
    """A text after edits. `touched`: the ids of the hosts that are new, gone or changed, under old and new names."""

    document: Document
    touched: tuple[str, ...]


def read(text: str, path: Path) -> Document:
    """The document of a text. Raises ConfigErrors where it is not TOML, or its hosts are no tables."""
    text = text.removeprefix(_MARK)
    return Document(text, _tables(text, path), lay_out(text))


def _tables(text: str, path: Path) -> dict[str, Any]:
    tables = read_document(text, path)
    hosts = tables.get("hosts", [])
    if not isinstance(hosts, list) or not all(isinstance(host, dict) for host in hosts):
        raise ConfigError("the hosts are no tables", key="hosts", file=path, hint="begin each host with [[hosts]]")
    return tables


def edited(before: Document, edits: Sequence[EditOfFile], path: Path) -> Edited:
    """The document after these edits, in their order.

    Raises ConfigError for a host that is not there, an id that is taken, a key that cannot be set so, and for a result
    that would be anything else than what was asked for.
    """
    draft = _Draft(before, path)
    try:
        _draw(draft, edits)
        after = Document(draft.layout.text, _tables(draft.layout.text, path), draft.layout)
    except (ValueError, IndexError) as error:
        raise _refused(path, "the file would be no TOML") from error
    except ConfigErrors as error:  # of the reading alone: an edit has one at a time
        raise _refused(path, f"the file would be broken: {error.message}") from error
    _compare(before, after, draft)
    return Edited(after, tuple(draft.touched))


def _draw(draft: _Draft, edits: Sequence[EditOfFile]) -> None:
    """Make all edits: those that leave each host where it is at once, and removals at once."""
    for in_place, group in itertools.groupby(edits, lambda edit: isinstance(edit, Change | Tag)):
        if in_place:
            draft.change([edit for edit in group if isinstance(edit, Change | Tag)])
            continue
        for kind, same_kind in itertools.groupby(group, type):
            if kind is Remove:
                draft.removed = True
                draft.remove([edit.host for edit in same_kind if isinstance(edit, Remove)])
                continue
            if kind is Add and draft.layout.array is None:
                draft.add([edit for edit in same_kind if isinstance(edit, Add)])
                continue
            for edit in same_kind:
                draft.place(edit)


def _refused(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"the edit is refused, nothing was written: {why}", file=path, hint="edit this place by hand: its layout is odd"
    )


@dataclass(slots=True)
class _Draft:
    """The text as it comes to be, and what it is to mean."""

    before: Document
    path: Path
    layout: Layout = field(init=False)
    hosts: list[Table] = field(init=False)
    touched: dict[str, None] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    removed: bool = False
    brought: Counter[str] = field(default_factory=Counter)
    _numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.layout = self.before.layout
        self.hosts = self.before.hosts
        self._count()

    def change(self, edits: Sequence[Change | Tag]) -> None:
        """All edits that leave each host where it is, at once."""
        texts: dict[int, str] = {}
        for edit in edits:
            number = self._find(edit.host)
            start, end = self.layout.region(number)
            text = texts.get(number, self._small(self.layout.text[start:end]))
            with self._naming(edit.host):
                table = changed(self.hosts[number], edit)
                if same(table, self.hosts[number]):
                    continue
                texts[number] = self._in(text, edit, number)
            self._touch(edit.host)
            self.hosts[number] = table
            if table.get("id") != edit.host:
                self._require_free(str(table.get("id")))
                self._touch(str(table.get("id")))
                self._count()
        pieces, at = [], 0
        for number in sorted(texts):
            start, end = self.layout.region(number)
            pieces += [self.layout.text[at:start], self._large(texts[number])]
            at = end
        self._lay("".join([*pieces, self.layout.text[at:]]))

    def remove(self, ids: Sequence[str]) -> None:
        numbers = [self._find(host) for host in dict.fromkeys(ids)]
        for host in ids:
            self._touch(host)
        if self.layout.array is None:
            pieces = [piece for number in numbers for piece in self.layout.hosts[number]]
            self._lay(without_pieces(self.layout.text, pieces))
        else:
            text, elements = self.layout.text, self._elements()
            for number in sorted(numbers, reverse=True):  # those before it stay where they are
                text = without_element(text, elements, number)
            self._lay(text)
        gone = set(numbers)
        self.hosts = [host for number, host in enumerate(self.hosts) if number not in gone]
        self._count()

    def add(self, edits: Sequence[Add]) -> None:
        """New hosts, those for the end of the file at once."""
        for at_end, group in itertools.groupby(edits, lambda edit: edit.after is None):
            if not at_end:
                for edit in group:
                    self.place(edit)
                continue
            text = self.layout.text
            for edit in group:
                table = _table_of(edit)
                self._require_free(str(table.get("id")))
                self._touch(str(table.get("id")))
                text = with_block(text, len(text), self._block(table))
                self._numbers[str(table.get("id"))] = len(self.hosts)
                self.hosts.append(table)
            self._lay(text)

    def place(self, edit: EditOfFile) -> None:
        """One host put somewhere: a new one, a copy, or one that moves."""
        match edit:
            case Add(values=values, after=after):
                table = _table_of(edit)
                number = len(self.hosts) if after is None else self._find(after) + 1
                self._insert(number, self._block(table), table, at_end=after is None)
            case Copy(host=host, new=new, values=values):
                number = self._find(host)
                own = Change(host, ((("id",), new), *values))
                text = self._small(self._own_text(number))
                with self._naming(host):
                    text, table = self._in(text, own, number), changed(self.hosts[number], own)
                self._insert(number + 1, self._large(text), table)
            case Move(host=host, other=other, before=before):
                self._find(other)
                number = self._find(host)
                if host == other:
                    return
                table, block, fresh = self.hosts[number], self._own_text(number), host not in self.touched
                if self.layout.array is not None:
                    block = carried(self.layout.text, self._elements(), number)
                self.remove([host])
                place = self._find(other) + (not before)
                self._insert(place, block, table)
                if fresh:
                    self.moved.add(host)
            case Put(text=text, table=table, comments=comments):
                line_end = line_end_of(self.layout.text or text)
                block = text.replace("\r\n", "\n").replace("\n", line_end) or self._block(table)
                block = self._below(comments, block, line_end)
                self.brought.update(comments)
                self._insert(len(self.hosts), block, copy.deepcopy(table), at_end=True)
            case _:
                raise AssertionError(edit)

    def _insert(self, number: int, block: str, table: Table, *, at_end: bool = False) -> None:
        self._require_free(str(table.get("id")))
        self._touch(str(table.get("id")))
        text = self.layout.text
        if self.layout.array is not None:
            new = with_element(text, self.layout.array[0], self._elements(), number, block, line_end_of(text))
        elif at_end or not self.hosts:
            new = with_block(text, len(text), block)
        else:
            own = self.layout.region(number - 1)[1] if number else self.layout.hosts[0][0][0]
            new = with_block(text, own, block)
        self.hosts.insert(number, table)
        self._count()
        self._lay(new)

    def _block(self, table: Table) -> str:
        """A new host as it is written."""
        if self.layout.array is not None:
            return f"{{{', '.join(new_pairs(table))}}}"
        line_end = line_end_of(self.layout.text)
        return "".join(f"{line}{line_end}" for line in ("[[hosts]]", *new_pairs(table)))

    def _below(self, comments: Sequence[str], block: str, line_end: str) -> str:
        """A host that comes from another file, below its comments; in an array these are lines of their own."""
        if not comments:
            return block
        lines = [*comments, block if self.layout.array is None else f"{block},"]
        if self.layout.array is None:
            return line_end.join(lines)
        indent = "  "
        if self.layout.hosts:
            start = self.layout.hosts[-1][0][0]
            indent = self.layout.text[self.layout.text.rfind("\n", 0, start) + 1 : start]
        above = "" if self.layout.hosts else line_end
        return above + "".join(f"{indent}{line}{line_end}" for line in lines)

    def _in(self, text: str, edit: Change | Tag, number: int) -> str:
        if isinstance(edit, Change):
            table = copy.deepcopy(self.hosts[number])
            for key, value in edit.values:
                if not holds(table, key, value):  # else it stays as it is written
                    text = without_key(text, key) if value is None else with_key(text, key, value)
                put(table, key, value)
            return text
        held = list(self.hosts[number].get("tags", []))
        for index in reversed(range(len(held))):
            if held[index] in edit.remove:
                text = without_text(text, ("tags",), index)
                del held[index]
        for tag in dict.fromkeys(edit.add):
            if tag not in held:
                text = with_text(text, ("tags",), tag)
        return text

    def _small(self, text: str) -> str:
        return text if self.layout.array is None else f"{_ARRAY}{text}]"

    def _large(self, text: str) -> str:
        return text if self.layout.array is None else text.removeprefix(_ARRAY).removesuffix("]")

    def _own_text(self, number: int) -> str:
        return self.layout.own_text(number)

    def _elements(self) -> list[tuple[int, int]]:
        return [pieces[0] for pieces in self.layout.hosts]

    def _lay(self, text: str) -> None:
        self.layout = lay_out(text)

    def _count(self) -> None:
        self._numbers = {str(table.get("id")): number for number, table in enumerate(self.hosts)}

    def _find(self, host: str) -> int:
        number = self._numbers.get(host)
        if number is None:
            raise ConfigError(f"there is no host {quoted(host)}", file=self.path, hint="see atp-tui hosts list")
        return number

    def _require_free(self, host: str) -> None:
        if host in self._numbers:
            hint = "choose another id"
            raise ConfigError(f"there is a host {quoted(host)} already", key="id", file=self.path, hint=hint)

    def _touch(self, host: str) -> None:
        self.touched[host] = None
        self.moved.discard(host)

    @contextmanager
    def _naming(self, host: str) -> Iterator[None]:
        """An error in the block names the file and the host."""
        try:
            yield
        except ConfigError as error:
            key = f"hosts[{redacted(host)}]" + (f".{error.key}" if error.key else "")
            raise ConfigError(error.message, key=key, file=self.path, hint=error.hint, host=host) from error


def _table_of(edit: Add) -> Table:
    table: Table = {}
    for key, value in edit.values:
        put(table, key, value)
    return table


def _compare(before: Document, after: Document, draft: _Draft) -> None:
    """Raise ConfigError where the text says something else than it is to say, or has lost a line that was to stay."""
    tables = {key: table for key, table in before.tables.items() if key != "hosts"}
    now = {key: table for key, table in after.tables.items() if key != "hosts"}
    if not same(tables, now):
        raise _refused(draft.path, "another table would change")
    if len(after.hosts) != len(draft.hosts):
        raise _refused(draft.path, f"there would be {len(after.hosts)} hosts, and not {len(draft.hosts)}")
    for wanted, found in zip(draft.hosts, after.hosts, strict=True):
        host = wanted.get("id")
        touched = host in draft.touched
        if not same(bare_of_empty(wanted), bare_of_empty(found)) if touched else not same(wanted, found):
            raise _refused(draft.path, f"host {quoted(host)} would not be what was asked for")
    kept, own = _lines_of_hosts(before), _lines_of_hosts(after)
    for host in kept:
        if (host not in draft.touched or host in draft.moved) and kept[host] != own.get(host):
            raise _refused(draft.path, f"the lines of host {quoted(host)} would change")
    if not _is_kept(before.layout, after.layout, draft):
        raise _refused(draft.path, "lines between the hosts would change")


def _is_kept(before: Layout, after: Layout, draft: _Draft) -> bool:
    """Whether the lines that are no host's are as before. The comments beside an element go with it."""
    lines, left = before.rest(), after.rest()
    if before.array is None or lines == left:
        return lines == left
    gone = Counter(lines) - Counter(left)
    added = Counter(left) - Counter(lines)
    return not added - draft.brought and (not gone or (draft.removed and all(line.startswith("#") for line in gone)))


def _lines_of_hosts(document: Document) -> dict[str, str]:
    """The lines of each host, its comments included; of an array, each element."""
    layout = document.layout
    return {str(table.get("id")): layout.own_text(number).rstrip("\r\n") for number, table in enumerate(document.hosts)}
