"""A host as a person wrote it down, and the connection URI it is reached by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv6Address
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from .checks import fits_host, fits_user
from .errors import ConfigError
from .settings import Channel, SshSettings, TransportConfig

TRANSPORTS = ("ssh", "tcp", "tls", "unix")
"""Those of libvirt's remote transports that the program opens itself; https://libvirt.org/uri.html lists them all."""

SIMULATED = "sim"
"""The URI scheme of hosts that exist only inside the program."""

ALL = "all"
"""The name of the group of all hosts (`@all`), which no tag may take."""

_HOST_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCHEME = re.compile(r"(?P<driver>[a-z][a-z0-9]*)(?:\+(?P<transport>[a-z0-9]+))?")
_PASSWORD = re.compile(r"(?<=://)([^/@:?#\[]*):(?!\d*(?:[/?#]|$))[^@]*(?=@)")
_NOT_IN_TAGS = frozenset(",&!^:@[]*?")  # ClusterShell's operators and wildcards: such a tag could never be a target


@dataclass(frozen=True, slots=True)
class ConnectionUri:
    """A libvirt connection URI in parts: driver[+transport]://[user@][host][:port]/path[?query].

    `host` is without the brackets of IPv6. `transport` is None for a connection inside the machine.
    """

    driver: str
    transport: str | None
    user: str | None
    host: str | None
    port: int | None
    path: str
    query: Mapping[str, str]
    text: str

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)  # asked of each host at every repaint; a failure is not kept
def parse_uri(text: str) -> ConnectionUri:
    """Check a connection URI and take it apart.

    Raises ConfigError (key "uri") for: no scheme, a transport the program does not open, a password in the URI, a
    bad port, an empty host where the transport needs one, control characters or white space anywhere.
    """
    shown = _PASSWORD.sub(r"\1:…", text)  # a message must not carry the password it may warn of

    def wrong(what: str, hint: str) -> ConfigError:
        return ConfigError(f"{what} in {shown!r}", key="uri", hint=hint)

    example = "write a URI such as qemu+ssh://root@kvm01/system or qemu+tcp://kvm01/system"
    if shown != text:
        raise wrong("a password", "never write one there: it ends up in process lists and logs")
    if not text or any(character <= " " or character == "\x7f" for character in text):
        raise wrong("white space or a control character" if text else "nothing", example)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        hint = "write [2001:db8::1]:16509 for an IPv6 address with a port, a number from 1 to 65535"
        raise wrong(str(error), hint) from error
    scheme = _SCHEME.fullmatch(parts.scheme)
    if scheme is None or "://" not in text:
        raise wrong("no driver://", example)
    transport = scheme["transport"]
    host = unquote(_host_of(parts.netloc)) or None
    user = unquote(parts.username) if parts.username else None
    if port == 0:
        raise wrong("the port 0", "write a number from 1 to 65535")
    for part in (host or "", user or ""):
        if part.startswith("-") or not part.isprintable():
            raise wrong(f"{part!r}", example)
    if (host and not fits_host(host)) or (user and not fits_user(user)):
        raise wrong(
            "a name that a shell would act on", "ssh refuses such names too: write the host's and the user's own"
        )
    if transport is not None and transport not in TRANSPORTS:
        raise wrong(f"the transport {transport!r}", "the transports are " + ", ".join(TRANSPORTS))
    if transport in ("ssh", "tcp", "tls") and not host:
        raise wrong(f"no host for +{transport}", example)
    if transport == "unix" and host:
        raise wrong("a host for +unix", "write driver+unix:///path?socket=/run/…")
    if transport is None and host and scheme["driver"] != SIMULATED:
        transport = "tls"  # libvirt's own default for a URI with a host and no transport
    query = MappingProxyType(dict(parse_qsl(parts.query, keep_blank_values=True)))
    for part in (unquote(parts.path), *query, *query.values()):
        if any(character < " " or character == "\x7f" for character in part):
            raise wrong(f"{part!r}, which no path can be,", example)
    return ConnectionUri(scheme["driver"], transport, user, host, port, parts.path or "/", query, text)


def _host_of(netloc: str) -> str:
    """The host in the case it was written in, which urlsplit().hostname loses: ssh_config's patterns mind it."""
    address = netloc.rpartition("@")[2]
    return address[1:].partition("]")[0] if address.startswith("[") else address.partition(":")[0]


def default_uri(host: str) -> str:
    """`qemu+ssh://{host}/system`, with brackets around an IPv6 address and its zone's `%` escaped."""
    return f"qemu+ssh://[{host.replace('%', '%25')}]/system" if ":" in host else f"qemu+ssh://{host}/system"


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

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _HOST_ID.fullmatch(self.id):
            raise ConfigError(
                f"{self.id!r} is not a host id",
                key="id",
                host=str(self.id),
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
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

    def _check_address(self) -> None:
        host = self.host
        bad = not host or host.startswith("-") or not host.isprintable() or any(letter in "/@[]" for letter in host)
        bad = bad or not fits_host(host)  # a ProxyCommand's shell would act on the rest
        if not bad and ":" in host:
            try:
                IPv6Address(host)
            except ValueError:
                bad = True
        if bad:
            raise ConfigError(
                f"{host!r} is not a host name or address",
                key="host",
                host=self.id,
                hint="write a name or address alone, such as kvm01.example.org, 192.0.2.11 or 2001:db8::11; "
                "a port goes to the uri or to [hosts.ssh]",
            )

    def _check_uri(self, uri: str) -> None:
        try:
            parse_uri(uri)
        except ConfigError as error:
            raise ConfigError(error.message, key=error.key, host=self.id, hint=error.hint) from error

    def _check_tags(self) -> None:
        for tag in self.tags:
            if not tag or not tag.isprintable() or " " in tag or not _NOT_IN_TAGS.isdisjoint(tag):
                hint = "a tag is one word without , & ! ^ : @ [ ] * ?, so that @tag can be a target"
                raise ConfigError(f"{tag!r} is not a tag", key="tags", host=self.id, hint=hint)
            if tag == ALL:
                hint = "@all means every host already: choose another word"
                raise ConfigError(f"{tag!r} cannot be a tag", key="tags", host=self.id, hint=hint)

    def with_uri(self, uri: str | None) -> HostInfo:
        """This host reached by another URI; None leaves it SSH alone."""
        return replace(self, uri=uri)

    def with_tags(self, *tags: str) -> HostInfo:
        """This host with these tags instead of its own."""
        return replace(self, tags=tuple(tags))

    def with_metadata(self, metadata: Mapping[str, str]) -> HostInfo:
        """This host with this metadata instead of its own."""
        return replace(self, metadata=dict(metadata))

    @property
    def connection_uri(self) -> ConnectionUri | None:
        """The URI in parts; None for a host with SSH alone."""
        return None if self.uri is None else parse_uri(self.uri)

    @property
    def takes_commands(self) -> bool:
        """Whether commands may run on this host over SSH."""
        return self.commands and self.ssh is not None

    @property
    def ssh_settings(self) -> SshSettings:
        """How to reach the host's sshd: its own settings, and where they say nothing the user and port of its URI."""
        return (self.ssh or SshSettings()).over(uri_ssh_settings(self.uri))

    @property
    def main_channel(self) -> Channel:
        """The channel that is kept open and watched: the hypervisor's, or SSH where there is no hypervisor."""
        return "ssh" if self.uri is None else "virt"

    @property
    def over_ssh(self) -> bool:
        """Whether the hypervisor connection rides on the host's SSH connection."""
        uri = self.connection_uri
        return uri is not None and uri.transport == "ssh"


def uri_ssh_settings(uri: str | None) -> SshSettings:
    """The user and port that a `+ssh` URI names; nothing for any other URI. Raises ConfigError for a bad URI."""
    parts = None if uri is None else parse_uri(uri)
    if parts is None or parts.transport != "ssh":
        return SshSettings()
    return SshSettings(user=parts.user, port=parts.port)


def tags_of(hosts: Iterable[HostInfo]) -> dict[str, tuple[str, ...]]:
    """Every tag with the ids of its hosts, both in the order of the file."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for tag in host.tags:
            found.setdefault(tag, []).append(host.id)
    return {tag: tuple(ids) for tag, ids in found.items()}
