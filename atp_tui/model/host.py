"""A host as a person wrote it down, and the connection URI it is reached by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from ipaddress import IPv6Address

from .checks import fits_host
from .data_class import dataclass
from .errors import ConfigError
from .frozen import FrozenDict
from .jump import parse_jump
from .quoting import quoted, redacted
from .settings import Channel, Login, SshSettings, TransportConfig
from .uri import TRANSPORTS, ConnectionUri, default_uri, parse_uri
from .uri_drivers import SIMULATED

__all__ = [
    "ALL",
    "SIMULATED",
    "TRANSPORTS",
    "ConnectionUri",
    "HostInfo",
    "default_uri",
    "parse_uri",
    "settings_of",
    "tags_of",
    "uri_ssh_settings",
]

ALL = "all"
"""The name of the group of all hosts (`@all`), which no tag may take."""

_HOST_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NOT_IN_ADDRESSES = frozenset("/@[]")
_NOT_IN_TAGS = frozenset(",&!^:@[]*?")  # ClusterShell's operators and wildcards: such a tag could never be a target


_DESCRIPTION = frozenset({"tags", "metadata", "transport"})
"""The fields of HostInfo that may change while its connections stay open."""


@dataclass(frozen=True, slots=True)
class HostInfo:
    """One entry of hosts.toml.

    `id` names the host everywhere; `host` is its name or address on the network. `uri` is its connection URI:
    left out, `qemu+ssh://{host}/system`; None, a host with SSH alone. `ssh` None: a host without SSH settings.
    `commands` False: no command runs there, though its hypervisor may be reached over SSH.
    `transport` holds this host's own settings where they differ from the program's.

    Raises ConfigError, naming the key, for an id a node set cannot hold (letters, digits, `.`, `_`, `-`), a bad address
    or URI, a tag that could not be a target.
    """

    id: str
    host: str
    uri: str | None = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    ssh: SshSettings | None = field(default_factory=SshSettings)
    transport: TransportConfig | None = None
    commands: bool = True
    _parts: ConnectionUri | None = field(init=False, repr=False, compare=False, default=None)
    """The URI in parts: of ten thousand hosts, each is asked for it at every repaint."""

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _HOST_ID.fullmatch(self.id):
            raise ConfigError(
                f"{quoted(self.id)} is not a host id",
                key="id",
                host=redacted(str(self.id)),
                hint="use letters, digits, '.', '_' and '-', beginning and ending with a letter or digit",
            )
        self._check_address()
        if self.uri == "":
            object.__setattr__(self, "uri", default_uri(self.host))
        if self.uri is not None:
            self._check_uri(self.uri)
        elif not self.takes_commands:
            raise ConfigError(
                "a host with neither uri nor ssh cannot be reached",
                key="uri",
                host=self.id,
                hint="give it a uri, or remove ssh = false",
            )
        object.__setattr__(self, "tags", tuple(dict.fromkeys(self.tags)))
        self._check_tags()
        object.__setattr__(self, "metadata", FrozenDict(self.metadata))

    def _check_address(self) -> None:
        host = self.host
        bad = not host or host.startswith("-") or not host.isprintable() or not _NOT_IN_ADDRESSES.isdisjoint(host)
        bad = bad or not fits_host(host)  # a ProxyCommand's shell would act on the rest
        if not bad and ":" in host:
            try:
                IPv6Address(host)
            except ValueError:
                bad = True
        if bad:
            raise ConfigError(
                f"{quoted(host)} is not a host name or address",
                key="host",
                host=self.id,
                hint="write a name or address alone, such as kvm01.example.org, 192.0.2.11 or 2001:db8::11; "
                "a port goes to the uri or to [hosts.ssh]",
            )

    def _check_uri(self, uri: str) -> None:
        try:
            uri_ssh_settings(uri)
            object.__setattr__(self, "_parts", parse_uri(uri))
        except ConfigError as error:
            raise ConfigError(error.message, key="uri", host=self.id, hint=error.hint) from error

    def _check_tags(self) -> None:
        for tag in self.tags:
            if not tag or not tag.isprintable() or " " in tag or not _NOT_IN_TAGS.isdisjoint(tag):
                hint = "a tag is one word without , & ! ^ : @ [ ] * ?, so that @tag can be a target"
                raise ConfigError(f"{quoted(tag)} is not a tag", key="tags", host=self.id, hint=hint)
            if tag == ALL:
                hint = "@all means every host already: choose another word"
                raise ConfigError(f"{quoted(tag)} cannot be a tag", key="tags", host=self.id, hint=hint)

    def with_uri(self, uri: str | None) -> HostInfo:
        """This host reached by another URI; None leaves it SSH alone."""
        return replace(self, uri=uri)

    def with_tags(self, *tags: str | Iterable[str]) -> HostInfo:
        """This host with these tags instead of its own: `with_tags("a", "b")` or `with_tags(["a", "b"])`."""
        return replace(self, tags=tuple(name for tag in tags for name in ((tag,) if isinstance(tag, str) else tag)))

    def with_metadata(self, metadata: Mapping[str, str]) -> HostInfo:
        """This host with this metadata instead of its own."""
        return replace(self, metadata=dict(metadata))

    def with_settings(self, ssh: SshSettings | None, transport: TransportConfig | None) -> HostInfo:
        """This host with these settings. Nothing else is checked anew: of ten thousand hosts each is read once."""
        host = object.__new__(HostInfo)  # copy() takes three times as long
        for name in self.__slots__:
            object.__setattr__(host, name, getattr(self, name))
        object.__setattr__(host, "ssh", ssh)
        object.__setattr__(host, "transport", transport)
        return host

    def reached_like(self, other: HostInfo) -> bool:
        """Whether both are reached in the same ways, so that a connection to one is one to the other."""
        ways = (each.name for each in fields(self) if each.compare and each.name not in _DESCRIPTION)
        return all(getattr(self, name) == getattr(other, name) for name in ways)

    @property
    def connection_uri(self) -> ConnectionUri | None:
        """The URI in parts; None for a host with SSH alone."""
        return self._parts

    @property
    def reached_by(self) -> str | None:
        """How its hypervisor is reached, as a person knows it: "qemu+ssh"; None for SSH alone."""
        uri = self._parts
        if uri is None:
            return None
        return f"{uri.driver}+{uri.transport}" if uri.transport else uri.driver

    @property
    def takes_commands(self) -> bool:
        """Whether commands may run on this host over SSH."""
        return self.commands and self.ssh is not None

    @property
    def ssh_settings(self) -> SshSettings:
        """How to reach the host's sshd: its own settings, and where they say nothing the user and port of its URI."""
        return (self.ssh or SshSettings()).over(uri_ssh_settings(self.uri))

    @property
    def jump_host(self) -> str | None:
        """The jump host that is connected to first, as `name:port`, where hosts.toml names one."""
        hops = parse_jump(self.ssh.proxy_jump) if self.ssh is not None and self.ssh.proxy_jump else ()
        return f"{hops[0].host.lower()}:{hops[0].port or 22}" if hops else None

    @property
    def main_channel(self) -> Channel:
        """The channel that is kept open and watched: the hypervisor's, or SSH where there is no hypervisor."""
        return "ssh" if self.uri is None else "virt"

    @property
    def over_ssh(self) -> bool:
        """Whether the hypervisor connection rides on the host's SSH connection."""
        uri = self.connection_uri
        return uri is not None and uri.transport == "ssh"


def settings_of(host: HostInfo, fleet: TransportConfig) -> TransportConfig:
    """The settings that a host goes by: its own where it has some, else those of the fleet."""
    return host.transport or fleet


def uri_ssh_settings(uri: str | None) -> SshSettings:
    """What a `+ssh` URI says of the way to the host's sshd; nothing for any other URI. Raises ConfigError.

    That is its user and port, keyfile=, known_hosts= and sshauth=.
    """
    parts = None if uri is None else parse_uri(uri)
    if parts is None or parts.transport != "ssh":
        return SshSettings()
    keyfile, known_hosts, logins = (parts.query.get(name) for name in ("keyfile", "known_hosts", "sshauth"))
    return SshSettings(
        user=parts.user,
        port=parts.port,
        identity_files=None if keyfile is None else (keyfile,),
        known_hosts=None if known_hosts is None else (known_hosts,),
        auth=None if logins is None else tuple(Login(name) for name in logins.split(",") if name in set(Login)),
    )


def tags_of(hosts: Iterable[HostInfo]) -> dict[str, tuple[str, ...]]:
    """Every tag with the ids of its hosts, both in the order of the file."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for tag in host.tags:
            found.setdefault(tag, []).append(host.id)
    return {tag: tuple(ids) for tag, ids in found.items()}
