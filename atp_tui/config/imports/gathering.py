"""Hosts gathered while a source is read: entries with one name are one host, and each is checked at the end."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import field, replace
from pathlib import Path

from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ...model.host import HostInfo
from ...model.quoting import quoted, redacted
from ...model.settings import SshSettings
from ..forges import is_forge
from ..host_ids import HostIds
from .found import MOST_HOSTS, MOST_LEFT_OUT, FoundHost, Given, Imported, LeftOut
from .node_sets import TooManyNames, told

PATTERN = re.compile(r"[*?]")
"""Signs that make a name stand for others."""

SECRET = re.compile(r"pass|pwd|secret|token|credential|api.?key", re.IGNORECASE)
"""Names of values that the metadata of a host is no place for: it is shown."""

LONGEST_NAME = 253
"""Letters of a name in the DNS (RFC 1035, section 2.3.4, as text)."""

_COUNTED = 100_000
"""Names beyond MOST_HOSTS that are told apart to count them."""

_PORT = re.compile(r"[0-9]{1,9}")


class TooManyHosts(ConfigError):
    """A source that names more hosts than MOST_HOSTS: all of it is refused."""


def too_many_hosts(
    number: int, *, file: Path | None = None, line: int | None = None, least: bool = False, repeats: bool = False
) -> TooManyHosts:
    """The error of a source that names `number` hosts, or more (`least`); with `repeats`, some of them again."""
    return TooManyHosts(
        f"names {'more than ' if least else ''}{told(number)} hosts{', repeats counted' if repeats else ''}",
        file=file,
        line=line,
        hint=f"at most {MOST_HOSTS:,} are imported at a time: give a part of it",
    )


def too_many(error: TooManyNames, given: Given, line: int) -> TooManyHosts:
    """The same, of a line."""
    return too_many_hosts(error.number, file=given.file, line=line, repeats=error.repeats)


@dataclass(slots=True)
class Entry:
    """One host while it is gathered. Values are texts as they stand in the source; None: the source does not say."""

    name: str
    file: Path | None
    line: int | None
    id: str | None = None
    host: str | None = None
    uri: str | bool | None = None
    user: str | None = None
    port: str | None = None
    identity_file: str | None = None
    tags: dict[str, None] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def info(self, host_id: str) -> HostInfo:
        """The host. Raises ConfigError, naming the key, for a value that it cannot have."""
        host = self.host or self.name
        if max(len(host), len(host_id)) > LONGEST_NAME:
            raise ConfigError(f"has more than the {LONGEST_NAME} letters of a name", key="host")
        ssh = SshSettings(
            user=self.user or None,
            port=_port(self.port),
            identity_files=_path(self.identity_file),
        )
        return HostInfo(
            host_id,
            host,
            uri=None if self.uri is False else str(self.uri or ""),
            tags=tuple(self.tags),
            metadata=self.metadata,
            ssh=ssh,
        )

    @property
    def said(self) -> frozenset[str]:
        """The keys of hosts.toml to which the source gives a value."""
        given = {
            "uri": self.uri not in (None, ""),
            "tags": self.tags,
            "metadata": self.metadata,
            "ssh.user": self.user,
            "ssh.port": self.port,
            "ssh.identity_files": self.identity_file,
        }
        return frozenset(["host", *(key for key, value in given.items() if value)])


class Gathering:
    """Takes what a reader finds, and gives the Imported. `key`s tell entries apart: by default their names."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._beyond: set[int] = set()
        self._left_out: list[LeftOut] = []
        self._untold = 0
        self._tags: dict[str, bool] = {}

    def entry(self, name: str, given: Given, line: int | None, *, key: str | None = None) -> Entry:
        """The entry of that name, made where it is new: its line is then the first that names it.

        Beyond MOST_HOSTS it is counted and forgotten: `imported` tells.
        """
        key = name if key is None else key
        found = self._entries.get(key)
        if found is None:
            found = Entry(name, given.file, line)
            if len(self._entries) < MOST_HOSTS:
                self._entries[key] = found
            elif len(self._beyond) < _COUNTED:
                self._beyond.add(hash(key))
        return found

    def leave_out(self, name: str, reason: str, given: Given, line: int | None, hint: str = "") -> None:
        """Note what is not taken over."""
        self._note(LeftOut(redacted(name), reason, hint, line, given.file))

    def wrong(self, name: str, error: ConfigError, given: Given, line: int | None) -> None:
        """Note what is not taken over for an error in it."""
        self.leave_out(
            name, f"{error.key}: {error.message}" if error.key else error.message, given, line, error.hint or ""
        )

    def refused_name(self, name: str, given: Given, line: int | None) -> bool:
        """Whether a name is one that stands for no host of a fleet: a pattern, or a public forge. It is noted."""
        if PATTERN.search(name):
            self.leave_out(name, "is a pattern, and no host", given, line)
        elif is_forge(name):
            self.leave_out(name, "is a forge for git, by its name", given, line)
        else:
            return False
        return True

    def is_tag(self, group: str, given: Given, line: int | None) -> bool:
        """Whether a group can be a tag. One that cannot is noted once: its hosts come without it."""
        if group not in self._tags:
            try:
                HostInfo("x", "x", tags=(group,))
            except ConfigError as error:
                self.leave_out(f"group {group}", error.message, given, line, error.hint or "")
                self._tags[group] = False
            else:
                self._tags[group] = True
        return self._tags[group]

    def imported(self) -> Imported:
        """What was found. Raises TooManyHosts, and ConfigError where nothing was found at all."""
        if self._beyond:
            raise too_many_hosts(MOST_HOSTS + len(self._beyond), least=len(self._beyond) == _COUNTED)
        hosts: dict[str, FoundHost] = {}
        ids = HostIds()
        for entry in self._entries.values():
            try:
                info = entry.info(ids.free(entry.name) if entry.id is None else entry.id)
                if not ids.take(info.id):
                    first = hosts[info.id].line
                    raise ConfigError(f"{quoted(info.id)} is the id of the host at line {first} already", key="id")
            except ConfigError as error:
                self.wrong(entry.name, error, Given("", entry.file), entry.line)
            else:
                hosts[info.id] = FoundHost(info, entry.said, entry.line, entry.file)
        left_out = sorted(self._left_out, key=lambda each: (str(each.file or ""), each.line or 0))
        return Imported(tuple(hosts.values()), tuple(left_out), self._untold)

    def _note(self, left_out: LeftOut) -> None:
        if self._left_out[-1:] == [left_out]:
            return  # of each host that a range stands for
        if len(self._left_out) < MOST_LEFT_OUT:
            self._left_out.append(left_out)
        else:
            self._untold += 1
        if self._untold > MOST_LEFT_OUT * 10:
            what = f"has more than {MOST_LEFT_OUT * 10:,} entries that cannot be imported"
            raise ConfigError(what, file=left_out.file, hint="is it a file of this kind?")


def chosen(
    imported: Imported,
    choose: Callable[[HostInfo], bool] = lambda _: True,
    *,
    tags: Iterable[str] = (),
    user: str | None = None,
) -> Imported:
    """The hosts that `choose` takes, all with these tags behind their own, and with this user instead of theirs.

    Raises ConfigError for a word that is no tag, or no user.
    """
    added = tuple(tags)
    given = {key for key, value in (("tags", added), ("ssh.user", user)) if value}
    hosts = []
    for host in imported.hosts:
        if not choose(host.info):
            continue
        info = host.info
        if added:
            info = info.with_tags(info.tags, added)
        if user is not None:
            info = replace(info, ssh=replace(info.ssh or SshSettings(), user=user))
        hosts.append(replace(host, info=info, said=host.said | given))
    return replace(imported, hosts=tuple(hosts))


def _path(name: str | None) -> tuple[str, ...] | None:
    if name and name.startswith("~") and os.path.expanduser(name) == name:
        raise ConfigError(f"{quoted(name)} names a user who does not exist", key="ssh.identity_files")
    return (name,) if name else None


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not _PORT.fullmatch(text):
        raise ConfigError(f"{quoted(text)} is not a port", key="ssh.port", hint="write a number from 1 to 65535")
    return int(text)
