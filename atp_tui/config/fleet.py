"""What one hosts.toml comes to, as frozen data."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path

from ..model import checks
from ..model.answers import AnswerSettings
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.guard import GuardSettings
from ..model.host import HostInfo
from ..model.named import NamedCommand
from ..model.ring import JobsSettings
from ..model.sets import NO_SETS, Sets
from ..model.settings import SshSettings, TransportConfig
from ..model.spans import NEVER, span
from .accents import Accents


@dataclass(frozen=True, slots=True)
class UiSettings:
    """`[ui]`: `theme` is a name that stands in a file of themes/, or "auto". `refresh` is the seconds between updates.

    `keys` are `[ui.keys]`: the id of what keys do, and the keys, as they are written. `history_secrets` are regular
    expressions of command lines that the history does not keep. `accents` are `[ui.accents]`: tags and their colours.
    `lock_after` is how long nobody has to touch anything until the screen is locked, as `15m` or `never`.

    Raises ConfigError, naming the key, for a value out of range.
    """

    theme: str = "dark"
    refresh: float = 1.0
    keys: tuple[tuple[str, str], ...] = ()
    history_secrets: tuple[str, ...] = ()
    accents: Accents = ()
    lock_after: str = NEVER

    def __post_init__(self) -> None:
        checks.word("ui.theme", self.theme, "dark")
        checks.seconds("ui.refresh", self.refresh)
        span("ui.lock_after", self.lock_after)
        for pattern in self.history_secrets:
            checks.pattern("ui.history_secrets", pattern)


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """`[monitor]`: `interval` is the seconds between two samples of a host. Raises ConfigError out of range."""

    interval: float = 2.0

    def __post_init__(self) -> None:
        checks.seconds("monitor.interval", self.interval)


class AuditMode(StrEnum):
    """`audit` at the top of hosts.toml."""

    ON = "on"
    """Each act that changes something is recorded before it is carried out, else it is not."""
    SYSLOG = "syslog"
    """And each record's hash is given to the system's log."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Included:
    """A file that hosts.toml includes. `name` is how it is shown and typed: from the folder of hosts.toml on, where it
    lies there. `hosts` are the ids of the hosts in it, the disabled ones too."""

    path: Path
    name: str
    hosts: tuple[str, ...] = ()


PERIOD = 300.0
TIMEOUT = 30.0
"""Seconds, where a source of hosts says nothing else."""


@dataclass(frozen=True, slots=True)
class HostProgram:
    """`[[sources]]`: a program whose answer names hosts, run without a shell.

    It is run each `period` seconds, for `timeout` seconds at most. Its hosts get `tags` behind their own. `line` is
    where it stands in hosts.toml.
    """

    name: str
    command: tuple[str, ...]
    period: float = PERIOD
    timeout: float = TIMEOUT
    tags: tuple[str, ...] = ()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """A whole configuration.

    In `hosts`, in the order of the files, overrides are resolved: `ssh` is merged over the tags' and `[ssh]`'s
    settings and holds the user and port of a `+ssh` URI; `transport` is set where anything differs from
    `transport` here. `ssh` here is what `[ssh]` says. `path` is None for a fleet that came from no file.
    `disabled` are the hosts with `enabled = false`: they are kept in the file, never contacted, and in no targets.
    `warnings` are about what does no harm but can hardly be meant. `include` are the patterns of other files of hosts,
    and `included` the files that they name now. `programs` name further hosts, which stand behind the others in `hosts`
    and in no file: `program_hosts` has their ids by the program's name, `remarks` what is to be told of the programs,
    and `failing` the names of those that have given no answer when they were run last. `audit`: what is recorded.
    `guard`: what is asked about before it is done, and what is not done at all. `answers`: how they are compared.
    `commands` are those with a name. `jobs`: what rings as one ends. `sets` are the hosts with a name: targets.
    """

    path: Path | None = None
    transport: TransportConfig = field(default_factory=TransportConfig)
    ssh: SshSettings = field(default_factory=SshSettings)
    hosts: tuple[HostInfo, ...] = ()
    ui: UiSettings = field(default_factory=UiSettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    warnings: tuple[ConfigError, ...] = ()
    disabled: tuple[HostInfo, ...] = ()
    include: tuple[str, ...] = ()
    included: tuple[Included, ...] = ()
    programs: tuple[HostProgram, ...] = ()
    program_hosts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remarks: tuple[ConfigError, ...] = ()
    failing: tuple[str, ...] = ()
    audit: AuditMode = AuditMode.ON
    guard: GuardSettings = field(default_factory=GuardSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)
    commands: tuple[NamedCommand, ...] = ()
    jobs: JobsSettings = field(default_factory=JobsSettings)
    sets: Sets = NO_SETS

    @property
    def of_files(self) -> FleetConfig:
        """This configuration without the hosts that programs name."""
        named = {host for _, hosts in self.program_hosts for host in hosts}
        return replace(self, hosts=tuple(host for host in self.hosts if host.id not in named), program_hosts=())

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that hosts stand in, as they are typed: that of this configuration first."""
        return () if self.path is None else (self.path.name, *(file.name for file in self.included))

    def files_of_hosts(self) -> dict[str, str]:
        """The name of the file in which each host stands, by its id; `source:NAME` where a program names it."""
        homes = {host: file.name for file in self.included for host in file.hosts}
        homes |= {host: f"source:{name}" for name, hosts in self.program_hosts for host in hosts}
        own = "" if self.path is None else self.path.name
        return {host.id: homes.get(host.id, own) for host in (*self.hosts, *self.disabled)}
