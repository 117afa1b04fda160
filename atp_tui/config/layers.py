"""Settings that override each other: the file's own, those of a host's tags, and the host's.

The nearest to the host wins. Among a host's tags, the one that stands later in its list does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from ..model.data_class import dataclass
from ..model.quoting import quoted
from ..model.settings import FLEET_WIDE, SshSettings, TransportConfig
from .positions import KeyPath
from .problems import Problems, bare
from .tables import Given, Values, describe, home_of, read_table, settle

OVERRIDES = ("transport", "ssh")
"""The tables that may stand at the top, in a host and in a tag."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The settings given in one place. All of them are right, on their own and over what they were checked over."""

    transport: Values = field(default_factory=dict)
    ssh: SshSettings = field(default_factory=SshSettings)


class Layers:
    """The file's own settings and those of each tag. `directory` is where relative paths start."""

    def __init__(self, base: Layer, tags: Mapping[str, Layer], directory: Path) -> None:
        self.tags = tags
        self.directory = directory
        # by the tags that say anything: a thousand hosts share a handful
        self._below: dict[tuple[str, ...], Layer] = {(): base}
        self._transports: dict[tuple[str, ...], TransportConfig | None] = {(): None}

    def below(self, tags: Iterable[str]) -> Layer:
        """What a host with these tags has where it says nothing itself."""
        speaking = tuple(tag for tag in tags if tag in self.tags)
        if speaking not in self._below:
            merged = self._below[()]
            for layer in map(self.tags.__getitem__, speaking):
                merged = Layer({**merged.transport, **layer.transport}, layer.ssh.over(merged.ssh))
            self._below[speaking] = merged
        return self._below[speaking]

    def transport_below(self, tags: Iterable[str], problems: Problems) -> TransportConfig | None:
        """The transport settings of such a host, None where they are the file's own."""
        speaking = tuple(tag for tag in tags if tag in self.tags)
        if speaking not in self._transports:
            values = self.below(speaking).transport
            same = values == self._below[()].transport
            self._transports[speaking] = None if same else settle(TransportConfig, values, problems)[0]
        return self._transports[speaking]


def read_layers(document: dict[str, Any], problems: Problems, directory: Path) -> Layers:
    """The settings of a document, and those in its [tags.NAME] tables."""
    base = Layer(
        read_transport(document.get("transport", {}), ("transport",), problems, {}),
        read_ssh(document.get("ssh", {}), ("ssh",), problems, directory),
    )
    tags = document.get("tags", {})
    if not isinstance(tags, dict):
        problems.add(("tags",), f"is {describe(tags)}", "write [tags.NAME.transport] or [tags.NAME.ssh]")
        tags = {}
    layers = {tag: _read_tag(table, ("tags", tag), problems, base, directory) for tag, table in tags.items()}
    return Layers(base, layers, directory)


def _read_tag(table: object, path: KeyPath, problems: Problems, base: Layer, directory: Path) -> Layer:
    if not isinstance(table, dict):
        problems.add(path, f"is {describe(table)}", f"write [tags.{bare(path[-1])}.transport] and its keys below")
        return Layer()
    for key in table.keys() - set(OVERRIDES):
        problems.unknown((*path, key), OVERRIDES, home_of(key, path))
    return Layer(
        read_transport(table.get("transport", {}), (*path, "transport"), problems, base.transport),
        read_ssh(table.get("ssh", {}), (*path, "ssh"), problems, directory),
    )


def read_transport(table: object, path: KeyPath, problems: Problems, below: Values) -> dict[str, Given]:
    """The values of a transport table that are right over those `below` it."""
    given = read_table(TransportConfig, table, path, problems)
    if not given:
        return {}
    if path[0] in ("hosts", "tags"):
        for name in FLEET_WIDE & given.keys():
            whose = "a tag" if path[0] == "tags" else "one host"
            message = f"has no effect for {whose}: it is one limit for the whole fleet"
            problems.warn(given[name].path, message, "write it in [transport]")
    _, kept = settle(TransportConfig, {**below, **given}, problems, suspects=given)
    return {name: value for name, value in given.items() if kept.get(name) is value}


def read_ssh(table: object, path: KeyPath, problems: Problems, directory: Path) -> SshSettings:
    """The settings of an ssh table. A relative path in it starts from `directory`."""
    given = read_table(SshSettings, table, path, problems)
    if not given:
        return SshSettings()
    settings, _ = settle(SshSettings, given, problems)
    if settings.before and "/" in (program := settings.before[0]) and not program.startswith("~"):
        settings = replace(settings, before=(str(directory / program), *settings.before[1:]))
    if settings.identity_files is None and settings.known_hosts is None and settings.config_file is None:
        return settings

    def path_of(key: str, name: str) -> str:
        if name.startswith("~"):
            if os.path.expanduser(name) == name:
                problems.add(
                    given[key].path, f"{quoted(name)} names a user who does not exist", "write a path from / on"
                )
            return name
        # "none" is OpenSSH's word for no such file
        return name if name == "none" else str(directory / name)

    files, known, config = settings.identity_files, settings.known_hosts, settings.config_file
    return replace(
        settings,
        identity_files=None if files is None else tuple(path_of("identity_files", file) for file in files),
        known_hosts=None if known is None else tuple(path_of("known_hosts", file) for file in known),
        config_file=None if config is None else path_of("config_file", config),
    )
