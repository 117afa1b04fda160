"""A host as a person wrote it down, and the connection URI it is reached by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from .errors import ConfigError
from .settings import Channel, SshSettings, TransportConfig

TRANSPORTS = ("ssh", "tcp", "tls", "unix")
"""libvirt's remote transports that the program opens itself; https://libvirt.org/uri.html#remote-uris lists them all."""

SIMULATED = "sim"
"""The URI scheme of hosts that exist only inside the program."""

_HOST_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCHEME = re.compile(r"(?P<driver>[a-z][a-z0-9]*)(?:\+(?P<transport>[a-z0-9]+))?")


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


def parse_uri(text: str) -> ConnectionUri:
    """Check a connection URI and take it apart.

    Raises ConfigError (key "uri") for: no scheme, a transport the program does not open, a password in the URI, a
    bad port, an empty host where the transport needs one, control characters or white space anywhere.
    """

    def wrong(what: str, hint: str) -> ConfigError:
        return ConfigError(f"{what} in {text!r}", key="uri", hint=hint)

    example = "write a URI such as qemu+ssh://root@kvm01/system or qemu+tcp://kvm01/system"
    if not text or any(character <= " " or character == "\x7f" for character in text):
        raise wrong("white space or a control character" if text else "nothing", example)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong(str(error), "write [2001:db8::1]:16509 for an IPv6 address with a port") from error
    scheme = _SCHEME.fullmatch(parts.scheme)
    if scheme is None or "://" not in text:
        raise wrong("no driver://", example)
    if parts.password is not None:
        raise ConfigError(
            f"a password in the URI of {parts.hostname!r}",  # the message must not carry what it warns of
            key="uri",
            hint="never write one there: it ends up in process lists and logs",
        )
    transport = scheme["transport"]
    host = unquote(parts.hostname) if parts.hostname else None
    if transport is not None and transport not in TRANSPORTS:
        raise wrong(f"the transport {transport!r}", "the transports are " + ", ".join(TRANSPORTS))
    if transport in ("ssh", "tcp", "tls") and not host:
        raise wrong(f"no host for +{transport}", example)
    if transport == "unix" and host:
        raise wrong("a host for +unix", "write driver+unix:///path?socket=/run/…")
    if transport is None and host and scheme["driver"] != SIMULATED:
        transport = "tls"  # libvirt's own default for a URI with a host and no transport
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    user = unquote(parts.username) if parts.username else None
    return ConnectionUri(
        scheme["driver"], transport, user, host, port, parts.path or "/", MappingProxyType(query), text
    )


def default_uri(host: str) -> str:
    """`qemu+ssh://{host}/system`, with brackets around an IPv6 address."""
    return f"qemu+ssh://[{host}]/system" if ":" in host else f"qemu+ssh://{host}/system"


@dataclass(frozen=True, slots=True)
class HostInfo:
    """One entry of hosts.toml.

    `id` names the host everywhere; `host` is its name or address on the network. `uri` is its connection URI:
    left out, `qemu+ssh://{host}/system`; None, a host with SSH alone. `ssh` None: a host that takes no commands.
    `transport` holds this host's own settings where they differ from the program's.

    Raises ConfigError for an id a node set cannot hold (letters, digits, `.`, `_`, `-`), an empty address, a bad URI.
    """

    id: str
    host: str
    uri: str | None = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    ssh: SshSettings | None = SshSettings()
    transport: TransportConfig | None = None

    def __post_init__(self) -> None:
        if not _HOST_ID.fullmatch(self.id):
            raise ConfigError(
                f"{self.id!r} is not a host id",
                key="id",
                host=self.id,
                hint="use letters, digits, '.', '_' and '-', beginning and ending with a letter or digit",
            )
        if not self.host or any(character <= " " or character in "/@\x7f" for character in self.host):
            raise ConfigError(
                f"{self.host!r} is not a host name or address",
                key="host",
                host=self.id,
                hint="write a name such as kvm01.example.org or an address such as 192.0.2.11",
            )
        if self.uri == "":
            object.__setattr__(self, "uri", default_uri(self.host))
        if self.uri is not None:
            parse_uri(self.uri)
        elif self.ssh is None:
            raise ConfigError(
                "a host with neither uri nor ssh cannot be reached",
                key="uri",
                host=self.id,
                hint="give it a uri, or remove ssh = false",
            )
        object.__setattr__(self, "tags", tuple(dict.fromkeys(self.tags)))
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

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
    def main_channel(self) -> Channel:
        """The channel that is kept open and watched: the hypervisor's, or SSH where there is no hypervisor."""
        return "ssh" if self.uri is None else "virt"

    @property
    def over_ssh(self) -> bool:
        """Whether the hypervisor connection rides on the host's SSH connection."""
        uri = self.connection_uri
        return uri is not None and uri.transport == "ssh"


def tags_of(hosts: Iterable[HostInfo]) -> dict[str, tuple[str, ...]]:
    """Every tag with the ids of its hosts, both in the order of the file."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for tag in host.tags:
            found.setdefault(tag, []).append(host.id)
    return {tag: tuple(ids) for tag, ids in found.items()}
