"""Hosts that a program names in JSON: ids and node sets as texts, and hosts as objects."""

from __future__ import annotations

import json
from typing import Any

from ...model.errors import ConfigError
from . import host_list
from .found import MOST_HOSTS, Given, Imported
from .gathering import SECRET, Entry, Gathering, too_many_hosts

KEYS = ("id", "host", "uri", "tags", "user", "port", "metadata")
"""Keys of a host with a meaning. Any other with a text, a number or true or false is a key of its metadata."""


def read(text: str) -> Imported:
    """The hosts of a list, or of the list that an object has as "hosts". Raises ConfigError for all else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"its answer is no JSON: {error}") from error
    listed = found.get("hosts") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        raise ConfigError("its answer is no list", hint='write ["kvm01", {"id": "kvm02", "host": "192.0.2.2"}]')
    if len(listed) > MOST_HOSTS:
        raise too_many_hosts(len(listed))
    gathering, given, ids = Gathering(), Given(text), set[str]()
    for number, each in enumerate(listed, 1):
        for entry in [each] if isinstance(each, dict) else _named(each, number, gathering, given):
            name = _name(entry)
            if name is None:
                gathering.leave_out(f"entry {number}", "has neither id nor host", given, None)
            elif name in ids:
                gathering.leave_out(name, "stands in the answer twice", given, None)
            else:
                ids.add(name)
                _fill(gathering.entry(name, given, None), entry, number, gathering, given)
    imported = gathering.imported()
    if listed and not imported.hosts:
        raise ConfigError(f"its answer names no host: {imported.left_out[0]}")
    return imported


def _named(each: object, number: int, gathering: Gathering, given: Given) -> list[dict[str, Any]]:
    """The hosts of a text: a name, or a node set."""
    if not isinstance(each, str):
        gathering.leave_out(f"entry {number}", "is neither a text nor an object", given, None)
        return []
    imported = host_list.read([Given(each)])
    for left_out in imported.left_out:
        gathering.leave_out(left_out.name, left_out.reason, given, None, left_out.hint)
    if not (imported.hosts or imported.left_out):
        gathering.leave_out(f"entry {number}", "is an empty text", given, None)
    return [{"host": host.info.host} for host in imported.hosts]


def _name(entry: dict[str, Any]) -> str | None:
    return next((value for value in (entry.get("id"), entry.get("host")) if isinstance(value, str) and value), None)


def _fill(entry: Entry, found: dict[str, Any], number: int, gathering: Gathering, given: Given) -> None:
    wrong = [
        key
        for key, kinds in (("host", str), ("uri", str), ("user", str), ("port", int | str), ("metadata", dict))
        if found.get(key) is not None and (not isinstance(found[key], kinds) or found[key] is True)
    ]
    for key in wrong:
        if not (key == "uri" and found[key] is False):
            gathering.leave_out(f"entry {number}", f"{key} is not as it is to be, and left out", given, None)
    right = {key: value for key, value in found.items() if key not in wrong}
    entry.id = right.get("id") if isinstance(right.get("id"), str) else None
    entry.host = right.get("host") or None
    entry.uri = False if found.get("uri") is False else right.get("uri") or None
    entry.user = right.get("user") or None
    entry.port = None if right.get("port") is None else str(right["port"])
    tags = right.get("tags") or []
    tags = tags.replace(",", " ").split() if isinstance(tags, str) else tags
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, str) and gathering.is_tag(tag, given, None):
            entry.tags[tag] = None
    others = {key: value for key, value in right.items() if key not in KEYS}
    for key, value in {**others, **(right.get("metadata") or {})}.items():
        if SECRET.search(key):
            gathering.leave_out(f"entry {number}", f"{key} is a secret, by its name", given, None)
        elif isinstance(value, bool):
            entry.metadata[key] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            entry.metadata[key] = str(value)
