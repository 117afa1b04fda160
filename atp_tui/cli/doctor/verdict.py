"""What a check says, and what a check is: a look at the machine, and a pure function that judges what it has found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from ...config.fleet import FleetConfig
from ...config.load import KeyCheck, load
from ...config.paths import find_config
from ...engine.targets import first_reading
from ...model.errors import ConfigError, ConfigErrors
from ...model.host import HostInfo

F = TypeVar("F")


class Level(StrEnum):
    """How bad it is. Something that is `WRONG` keeps the program, or a part of it, from working."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was found, and what would mend it ("" where nothing is to be done)."""

    level: Level
    found: str
    remedy: str = ""


def ok(found: str) -> Verdict:
    return Verdict(Level.OK, found)


def warning(found: str, remedy: str = "") -> Verdict:
    return Verdict(Level.WARNING, found, remedy)


def wrong(found: str, remedy: str = "") -> Verdict:
    return Verdict(Level.WRONG, found, remedy)


def number(count: int, what: str) -> str:
    """`1 key`, `1,000 keys`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


@dataclass(frozen=True, slots=True)
class Fleet:
    """What became of reading hosts.toml. `path` None: there is none. `config` None: there is none that can be used."""

    path: Path | None = None
    config: FleetConfig | None = None
    errors: tuple[ConfigError, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a person asks about: the configuration that --config names, a set of hosts ("" all), the environment."""

    config: Path | None = None
    targets: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def read(self) -> Fleet:
        """hosts.toml, read once: it may be a pipe."""
        try:
            path = find_config(self.config, self.environ)
            return Fleet() if path is None else Fleet(path, load(path, key_check()))
        except ConfigErrors as error:
            return Fleet(error.file, errors=error.errors)
        except ConfigError as error:
            return Fleet(error.file, errors=(error,))

    @property
    def fleet(self) -> FleetConfig | None:
        """The configuration; None where there is none, or none that can be used: its own check says so."""
        return self.read.config

    @cached_property
    def hosts(self) -> tuple[HostInfo, ...]:
        """The hosts that are meant. Raises ConfigError (key "targets") for a set of which nothing is known."""
        hosts = () if self.fleet is None else self.fleet.hosts
        if not self.targets or not hosts:
            return hosts
        sets = () if self.fleet is None else self.fleet.sets
        reading = first_reading((self.targets,), hosts, sets=sets)
        if reading.undecided:
            raise ConfigError(
                f"{self.targets} depends on what the hosts say ({reading.moving}), and no host is asked",
                key="targets",
                hint="name hosts and tags alone",
            )
        return tuple(host for host in hosts if host.id in set(reading.ids))


def key_check() -> KeyCheck | None:
    """The screen's check of [ui.keys]; None where the screen cannot be loaded, which another check tells."""
    try:
        from ...ui.key_check import key_problems
    except ImportError:
        return None
    return key_problems


@dataclass(frozen=True, slots=True)
class Check(Generic[F]):
    """One line of the table of checks. `look` may raise; `judge` is pure, and gives at least one verdict."""

    name: str
    look: Callable[[Asked], F]
    judge: Callable[[F], Iterable[Verdict]]
