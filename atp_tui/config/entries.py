"""Hosts written as TOML. tomlkit writes; it is imported late, since reading a configuration does not need it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from ..model.host import HostInfo, default_uri, uri_ssh_settings
from ..model.settings import FLEET_WIDE, TransportConfig
from .arrays import with_elements
from .fleet import FleetConfig
from .layout import lay_out, line_end_of
from .pairs import Key, Plain
from .positions import find_positions


def with_hosts(text: str, hosts: Sequence[HostInfo], config: FleetConfig) -> str:
    """The text of a configuration with hosts added at its end; `config` is what the text says without them."""
    import tomlkit

    entries = [_entry(host, config) for host in hosts]
    if not entries:
        return text
    for entry in entries:
        if metadata := entry.get("metadata"):
            entry["metadata"] = tomlkit.inline_table()
            entry["metadata"].update(metadata)
    place = find_positions(text).get(("hosts",))
    if place is not None and text[place] != "[":
        return _with_elements(text, entries)
    line_end = line_end_of(text)
    gap = "" if not text else line_end if text.endswith("\n") else line_end * 2
    return text + gap + tomlkit.dumps({"hosts": entries}).replace("\n", line_end)


def pairs_of_host(host: HostInfo, config: FleetConfig) -> tuple[tuple[Key, Plain], ...]:
    """The keys and values that `with_hosts` would write of a host."""
    return tuple(_flat(_entry(host, config), ()))


def _flat(table: Mapping[str, Any], above: Key) -> Iterator[tuple[Key, Plain]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), tuple(value) if isinstance(value, list) else value


def _with_elements(text: str, entries: Sequence[dict[str, Any]]) -> str:
    """The same where the hosts are one array (`hosts = [{…}]`), after which TOML allows no [[hosts]]."""
    import tomlkit

    elements: list[str] = []
    for entry in entries:
        element = tomlkit.inline_table()
        element.update(entry)
        elements.append(element.as_string())
    layout = lay_out(text)
    assert layout.array is not None, "that is where the hosts are"
    there = [pieces[0] for pieces in layout.hosts]
    return with_elements(text, layout.array[0], there, elements, line_end_of(text))


def _entry(host: HostInfo, config: FleetConfig) -> dict[str, Any]:
    """The keys of one [[hosts]] entry, without what the host would have from `config` anyway."""
    entry: dict[str, Any] = {"id": host.id, "host": host.host}
    if host.uri != default_uri(host.host):
        entry["uri"] = False if host.uri is None else host.uri
    if host.tags:
        entry["tags"] = list(host.tags)
    if host.metadata:
        entry["metadata"] = dict(host.metadata)
    if host.ssh is None or not host.commands:
        entry["ssh"] = False
    elif ssh := _difference(host.ssh, uri_ssh_settings(host.uri).over(config.ssh)):
        entry["ssh"] = ssh
    if host.transport is not None and (transport := _transport_difference(host.transport, config.transport)):
        entry["transport"] = transport
    return entry


def _difference(settings: Any, defaults: Any) -> dict[str, Any]:
    """The fields of a dataclass that say something else than those of another one, as TOML takes them."""
    different = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if value is None or value == getattr(defaults, field.name) or dataclasses.is_dataclass(value):
            continue
        different[field.name] = [_plain(each) for each in value] if isinstance(value, tuple) else _plain(value)
    return different


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, StrEnum) else value


def _transport_difference(settings: TransportConfig, defaults: TransportConfig) -> dict[str, Any]:
    different = {key: value for key, value in _difference(settings, defaults).items() if key not in FLEET_WIDE}
    for table in ("pool", "reconnect"):
        if inner := _difference(getattr(settings, table), getattr(defaults, table)):
            different[table] = inner
    return different
