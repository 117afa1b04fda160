"""The [[hosts]] of a document read into HostInfo, each with what it inherits."""

from __future__ import annotations

from typing import Any

from ..model.errors import ConfigError
from ..model.host import HostInfo, uri_ssh_settings
from ..model.quoting import quoted, redacted
from ..model.settings import SshSettings, TransportConfig
from .layers import Layers, read_ssh, read_transport
from .positions import KeyPath
from .problems import Problems
from .tables import Values, add_misfit, describe, home_of, settle

HOST_KEYS = ("id", "host", "uri", "tags", "metadata", "ssh", "transport", "enabled")
"""The keys of one [[hosts]] entry."""


Found = dict[str, tuple[Problems, int]]
"""The ids seen so far: of which file each is, by its problems, and the index of its host there."""


def read_hosts(
    hosts: object, layers: Layers, problems: Problems, found: Found
) -> tuple[tuple[HostInfo, ...], tuple[HostInfo, ...]]:
    """The hosts of a document in its order, and those that are not enabled; their ids are added to `found`.

    What is wrong with one is noted, and the others are read all the same.
    """
    if not isinstance(hosts, list):
        problems.add(("hosts",), f"is {describe(hosts)}", "begin each host with [[hosts]], in two pairs of brackets")
        return (), ()
    read: list[HostInfo] = []
    disabled: list[HostInfo] = []
    for index, table in enumerate(hosts):
        path: KeyPath = ("hosts", index)
        if not isinstance(table, dict):
            problems.add(path, f"is {describe(table)}", "begin each host with [[hosts]]")
            continue
        name = table.get("id")
        if isinstance(name, str) and name in found:
            _add_taken(problems, (*path, "id"), name, *found[name])
        elif isinstance(name, str) and name.isprintable():
            found[name] = problems, index
            problems.host_ids[index] = redacted(name)
        entry = _Entry(table, path, layers, problems)
        (read if entry.is_enabled() else disabled).append(entry.read())
    return tuple(read), tuple(disabled)


def _add_taken(problems: Problems, path: KeyPath, name: str, of: Problems, index: int) -> None:
    """Note an id that another host has, with the places of both."""
    line = of.line(("hosts", index, "id"))
    if of is problems:
        problems.add(path, f"{quoted(name)} is the id of the host at line {line} already", "choose another")
        return
    hint = "choose another, or take the host out of one of the two files: a move that was cut short leaves it in both"
    problems.add(path, f"{quoted(name)} is the id of the host at {of.file}:{line} already", hint)


class _Entry:
    """One [[hosts]] table. Each method reads one of its keys, and gives something harmless for a wrong one."""

    def __init__(self, table: dict[str, Any], path: KeyPath, layers: Layers, problems: Problems) -> None:
        self._table = table
        self._path = path
        self._layers = layers
        self._problems = problems

    def read(self) -> HostInfo:
        for key in self._table.keys() - set(HOST_KEYS):
            self._problems.unknown((*self._path, key), HOST_KEYS, home_of(key, self._path))
        values: dict[str, Any] = {
            "id": self._text("id", f"x{self._path[-1]}", "kvm01"),
            "host": self._text("host", "x", "192.0.2.11"),
            "uri": self._uri(),
            "tags": self._tags(),
        }
        values |= {"metadata": self._metadata(), "commands": self._table.get("ssh") is not False}
        host = self._make(values)
        self._remark(host)
        below = self._layers.below(host.tags)
        return host.with_settings(self._ssh(host, below.ssh), self._transport(host, below.transport))

    def is_enabled(self) -> bool:
        value = self._table.get("enabled", True)
        if not isinstance(value, bool):
            self._wrong("enabled", f"is {describe(value)}", "write enabled = false, or leave it out")
        return value is not False

    def _make(self, values: dict[str, Any]) -> HostInfo:
        harmless = {"id": f"x{self._path[-1]}", "host": "x", "uri": "test:///default", "tags": ()}
        while True:
            try:
                return HostInfo(**values)
            except ConfigError as error:
                key = error.key or "id"
                self._wrong(key, error.message, error.hint)
                values |= {key: harmless[key]}

    def _remark(self, host: HostInfo) -> None:
        uri = host.connection_uri
        for remark in uri.remarks if uri is not None else ():
            self._problems.warn((*self._path, "uri"), remark.message, remark.hint)

    def _wrong(self, key: str, message: str, hint: str | None) -> None:
        self._problems.add((*self._path, key), message, hint)

    def _text(self, key: str, harmless: str, example: str) -> str:
        value = self._table.get(key)
        if isinstance(value, str):
            return value
        missing = key not in self._table
        self._wrong(key, "is missing" if missing else f"is {describe(value)}", f'write one such as {key} = "{example}"')
        return harmless

    def _uri(self) -> str | None:
        value = self._table.get("uri")
        if value is False:
            return None
        if "uri" not in self._table or (isinstance(value, str) and value):
            return value or ""
        hint = "write a connection URI in quotes, false for SSH alone, or leave it out for qemu+ssh://{host}/system"
        self._wrong("uri", f"is {describe(value)}", hint)
        return ""

    def _tags(self) -> tuple[str, ...]:
        value = self._table.get("tags", [])
        if isinstance(value, list) and all(isinstance(tag, str) for tag in value):
            return tuple(value)
        add_misfit(self._problems, (*self._path, "tags"), value, 'an array of texts, such as ["prod", "rack1"]')
        return ()

    def _metadata(self) -> dict[str, str]:
        table = self._table.get("metadata", {})
        if not isinstance(table, dict):
            self._wrong("metadata", f"is {describe(table)}", 'write { site = "north" }')
            return {}
        read = {}
        for key, value in table.items():
            if isinstance(value, bool):
                read[key] = "true" if value else "false"
            elif isinstance(value, str | int):
                read[key] = str(value)
            else:  # a fraction or a moment would not come out as it was written: 1.10 as 1.1
                self._problems.add((*self._path, "metadata", key), f"is {describe(value)}", "write it in quotes")
        return read

    def _ssh(self, host: HostInfo, below: SshSettings) -> SshSettings | None:
        table = self._table.get("ssh", {})
        if table is False and not host.over_ssh:
            return None
        own = SshSettings()
        if isinstance(table, dict):
            own = read_ssh(table, (*self._path, "ssh"), self._problems, self._layers.directory)
        elif table is not False:
            self._wrong("ssh", f"is {describe(table)}", "write [hosts.ssh] and its keys below, or ssh = false")
        return own.over(uri_ssh_settings(host.uri)).over(below)

    def _transport(self, host: HostInfo, below: Values) -> TransportConfig | None:
        table = self._table.get("transport", {})
        own = read_transport(table, (*self._path, "transport"), self._problems, below)
        if not own:
            return self._layers.transport_below(host.tags, self._problems)
        return settle(TransportConfig, {**below, **own}, self._problems)[0]
