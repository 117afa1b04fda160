"""What a person may fill in of a host: what its own table says, and what counts where it says nothing. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.data_class import dataclass
from ..model.host import default_uri

KEYS = (
    "id", "host", "uri", "tags", "metadata", "enabled", "ssh.user", "ssh.port", "ssh.proxy_jump", "ssh.identity_files",
)  # fmt: skip
"""The keys of a form, in its order. All others are left to the file, or to KEY=VALUE."""

FILE = "file"
"""The field of a new host, and of no host's table, that names the file it goes into."""

_PARTS = {key: tuple(key.split(".")) for key in KEYS}

OF_ONE = frozenset({"id", "host", "uri"})
"""Keys that no two hosts have alike: no form of several hosts shows them."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One key. `value` is what stands in the host's own table, as it is typed; "" where nothing does.

    `inherited` counts then, and comes from `origin` ("[ssh]", "[tags.prod.ssh]", "" where the program decides). Of FILE
    `origin` are the other files.
    """

    key: str
    value: str = ""
    inherited: str = ""
    origin: str = ""


def fields_of(tables: Mapping[str, Any], host: Mapping[str, Any]) -> tuple[FormField, ...]:
    """The fields of a host's table in a document of `tables`, both as tomllib reads them."""
    return tuple(_field(key, tables, host) for key in KEYS)


def empty_fields(tables: Mapping[str, Any]) -> tuple[FormField, ...]:
    """The fields of a new host."""
    return fields_of(tables, {})


def file_field(names: Sequence[str]) -> FormField:
    """The file that a new host goes into, of these names, the first where nothing is typed."""
    return FormField(FILE, "", names[0], ", ".join(names[1:]))


def words_of(key: str, before: str, now: str) -> tuple[str, ...]:
    """The KEY=VALUE words that lead from one value of a field to another one, each quoted as for a shell."""
    if key == "metadata":
        old, new = _pairs(before), _pairs(now)
        changed = [f"metadata.{name}={new.get(name, '')}" for name in (old | new) if old.get(name) != new.get(name)]
        return tuple(map(shlex.quote, changed))
    if key in ("tags", "ssh.identity_files"):
        old_list, new_list = _list(before), _list(now)
        return () if old_list == new_list else (shlex.quote(f"{key}={','.join(new_list)}"),)
    return () if before.strip() == now.strip() else (shlex.quote(f"{key}={now.strip()}"),)


def _field(key: str, tables: Mapping[str, Any], host: Mapping[str, Any]) -> FormField:
    own = _typed(key, _at(host, key))
    if key == "uri":
        address = host.get("host")
        return FormField(key, own, default_uri(address) if isinstance(address, str) and address else "", "")
    if key == "enabled":
        return FormField(key, own, "true")
    if not key.startswith("ssh."):
        return FormField(key, own)
    tags = host.get("tags")
    for tag in reversed(tags if isinstance(tags, list) else []):
        found = _at(tables.get("tags", {}).get(tag, {}), key) if isinstance(tag, str) else None
        if found is not None:
            return FormField(key, own, _typed(key, found), f"[tags.{tag}.ssh]")
    found = _at(tables, key)
    return FormField(key, own, _typed(key, found), "[ssh]" if found is not None else "")


def _at(table: Any, key: str) -> Any:
    for part in _PARTS[key]:
        table = table.get(part) if isinstance(table, dict) else None  # as tomllib reads it; Mapping is slow to ask for
    return table


def _typed(key: str, value: Any) -> str:
    """A value as a person types it into a form."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(str(each) for each in value)
        case dict():
            return " ".join(shlex.quote(f"{name}={_typed(key, each)}") for name, each in value.items())
        case _:
            return str(value)


def _list(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _pairs(text: str) -> dict[str, str]:
    """`site=north rack="2 b"` by name. A word without = has no value, which is refused where it is written."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return {name: value for name, _, value in (word.partition("=") for word in words)}
