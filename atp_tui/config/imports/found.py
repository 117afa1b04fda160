"""What a source of hosts has been found to say, as plain data."""

from __future__ import annotations

from pathlib import Path

from ...model.data_class import dataclass
from ...model.host import HostInfo

MOST_HOSTS = 10_000
"""Hosts that one import may name. A slip in a range must fill neither the memory nor a hosts.toml."""

MOST_LEFT_OUT = 10_000
"""Entries that are told one by one of what was left out. Of more, their number is told; at ten times as many a source
is refused."""


@dataclass(frozen=True, slots=True)
class Given:
    """The text of one file, or of standard input (`file` None)."""

    text: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class FoundHost:
    """A host that a source names. `info` is what hosts.toml would hold of it.

    `said` are the keys that the source gives a value ("host", "uri", "tags", "metadata", "ssh.user", "ssh.port",
    "ssh.identity_files"): all others of `info` are defaults, about which the source has no opinion. `line` counts from
    1, in `file` (None: standard input).
    """

    info: HostInfo
    said: frozenset[str]
    line: int | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not taken over: an entry, or a part of one.

    `name` is what it is called, without what could be a password; `reason` says why, and `hint` what would be right.
    Text of the source in them is not yet safe for a terminal.
    """

    name: str
    reason: str
    hint: str = ""
    line: int | None = None
    file: Path | None = None

    def __str__(self) -> str:
        """`file:line: name: reason; hint`, leaving out what is not known."""
        file = "" if self.file is None else str(self.file)
        line = f"line {self.line}" if self.line and not file else str(self.line or "")
        where = ":".join(part for part in (file, line) if part)
        return (f"{where}: " if where else "") + f"{self.name}: {self.reason}" + (f"; {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Imported:
    """All that was read of a source: its hosts in their order, each id once; what was left out, in the order of lines.

    `untold` counts what was left out beyond MOST_LEFT_OUT.
    """

    hosts: tuple[FoundHost, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    untold: int = 0
