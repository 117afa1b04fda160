"""What may be done to the hosts of a hosts.toml, as plain data, and what each of it means for a host's keys."""

from __future__ import annotations

import copy
from typing import Any

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.quoting import quoted
from .pairs import Key, Plain, named

Table = dict[str, Any]
"""The keys of a host as tomllib reads them."""


@dataclass(frozen=True, slots=True)
class Add:
    """A new host of these keys, directly below the host `after`; None: at the end of the file.

    `file` is the name of an included file that it goes into; "": hosts.toml itself.
    """

    values: tuple[tuple[Key, Plain], ...]
    after: str | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Other values for keys of a host; None takes a key away, with all that stands below it.

    `seen` are values that a person has seen there before: where one is another by now, the change is refused.
    """

    host: str
    values: tuple[tuple[Key, Plain | None], ...]
    seen: tuple[tuple[Key, Plain | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """Tags that a host gets, and tags that it loses; each harmless where it is so already."""

    host: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """The same host once more, directly below, under another id and with these values of its own."""

    host: str
    new: str
    values: tuple[tuple[Key, Plain], ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """A host, with the comments that belong to it."""

    host: str


@dataclass(frozen=True, slots=True)
class Move:
    """A host put directly before or after another one."""

    host: str
    other: str
    before: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """A host put at the end of another file, as it is written: an included one by its name, hosts.toml by its own.

    No other edit of the same host goes before it in one go.
    """

    host: str
    file: str


@dataclass(frozen=True, slots=True)
class Put:
    """A host as it is written in another file, at the end of this one: its `text`, and what that says.

    "": it is written otherwise here, below its `comments`, which are of an element of an array too.
    """

    text: str
    table: Table
    comments: tuple[str, ...] = ()


Edit = Add | Change | Tag | Copy | Remove | Move | Transfer
"""What may be asked for."""

EditOfFile = Add | Change | Tag | Copy | Remove | Move | Put
"""What is done to one file."""


def enabled(host: str, on: bool) -> Change:
    """A host that is watched again, or that is kept in the file alone."""
    return Change(host, ((("enabled",), None if on else False),))


def changed(table: Table, edit: Change | Tag) -> Table:
    """The keys of a host as they are to be afterwards. Raises ConfigError where `seen` is not there any more."""
    table = copy.deepcopy(table)
    if isinstance(edit, Tag):
        held = [tag for tag in table.get("tags", []) if tag not in edit.remove]
        new = [tag for tag in dict.fromkeys(edit.add) if tag not in held]
        if held + new != table.get("tags", []):
            table["tags"] = held + new
        return table
    for key, value in edit.seen:
        if not holds(table, key, value):
            now = _at(table, key)
            raise ConfigError(
                f"is {quoted(now) if now is not None else 'gone'} by now, and was {quoted(value)}",
                key=named(key),
                host=edit.host,
                hint="somebody else has changed it meanwhile: look at it again",
            )
    for key, value in edit.values:
        put(table, key, value)
    return table


def holds(table: Table, key: Key, value: Plain | None) -> bool:
    """Whether a key has that value; None: whether it is not there."""
    return same(_at(table, key), list(value) if isinstance(value, tuple) else value)


def put(table: Table, key: Key, value: Plain | None) -> None:
    """Set or remove a key in place."""
    *tables, last = key
    for part in tables:
        inner = table.get(part, {})
        if value is None and (part not in table or not isinstance(inner, dict)):
            return  # there is nothing to take away
        if not isinstance(inner, dict):
            held = "false" if inner is False else quoted(inner)
            hint = f"take that away first: {part}="
            raise ConfigError(f"cannot be set while {part} is {held}", key=named(key), hint=hint)
        table = table.setdefault(part, inner)
    if value is None:
        table.pop(last, None)
    else:
        table[last] = list(value) if isinstance(value, tuple) else value


def bare_of_empty(value: Any) -> Any:
    """A table without the tables in it that say nothing."""
    if not isinstance(value, dict):
        return value
    inner = {key: bare_of_empty(each) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each != {}}


def same(one: Any, other: Any) -> bool:
    """Whether two values of TOML are the same; 1, 1.0 and true are not, as they are for Python."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(each, other[key]) for key, each in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _at(table: Any, key: Key) -> Any:
    for part in key:
        table = table.get(part) if isinstance(table, dict) else None
    return table
