"""What one hosts.toml comes to, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..model import checks
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.settings import SshSettings, TransportConfig
from .accents import Accents


@dataclass(frozen=True, slots=True)
class UiSettings:
    """`[ui]`: `theme` is a name that stands in a file of themes/, or "auto". `refresh` is the seconds between updates.

    `keys` are `[ui.keys]`: the id of what keys do, and the keys, as they are written. `history_secrets` are regular
    expressions of command lines that the history does not keep. `accents` are `[ui.accents]`: tags and their colours.

    Raises ConfigError, naming the key, for a value out of range.
    """

    theme: str = "dark"
    refresh: float = 1.0
    keys: tuple[tuple[str, str], ...] = ()
    history_secrets: tuple[str, ...] = ()
    accents: Accents = ()

    def __post_init__(self) -> None:
        checks.word("ui.theme", self.theme, "dark")
        checks.seconds("ui.refresh", self.refresh)
        for pattern in self.history_secrets:
            checks.pattern("ui.history_secrets", pattern)


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """`[monitor]`: `interval` is the seconds between two samples of a host. Raises ConfigError out of range."""

    interval: float = 2.0

    def __post_init__(self) -> None:
        checks.seconds("monitor.interval", self.interval)


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """A whole configuration.

    In `hosts`, each in the order of the file, overrides are resolved: `ssh` is merged over the tags' and `[ssh]`'s
    settings and holds the user and port of a `+ssh` URI; `transport` is set where anything differs from
    `transport` here. `ssh` here is what `[ssh]` says. `path` is None for a fleet that came from no file.
    `disabled` are the hosts with `enabled = false`: they are kept in the file, never contacted, and in no targets.
    `warnings` are about what does no harm but can hardly be meant.
    """

    path: Path | None = None
    transport: TransportConfig = field(default_factory=TransportConfig)
    ssh: SshSettings = field(default_factory=SshSettings)
    hosts: tuple[HostInfo, ...] = ()
    ui: UiSettings = field(default_factory=UiSettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    warnings: tuple[ConfigError, ...] = ()
    disabled: tuple[HostInfo, ...] = ()
