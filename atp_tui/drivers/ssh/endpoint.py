"""Where a host's sshd is and how to log in: hosts.toml first, then the URI, ssh_config, and OpenSSH's defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...model.causes import Cause
from ...model.errors import ConnectFailed, Unsupported
from ...model.host import HostInfo
from ...model.settings import HostKeyPolicy, SshSettings

if TYPE_CHECKING:
    from asyncssh import SSHClientConnectionOptions

_DEFAULT_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts")
_MOST_HOPS = 8


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One sshd to log in to. `key_name` is the name its key is filed under; `options` holds the rest of ssh_config.

    `identity_files` None: the usual ones below ~/.ssh. The first of `known_hosts` takes new keys.
    """

    name: str
    port: int
    user: str
    key_name: str
    identity_files: tuple[Path, ...] | None
    identities_only: bool
    agent: Path | None
    known_hosts: tuple[Path, ...]
    policy: HostKeyPolicy
    family: int
    bind_address: str | None
    proxy_command: str | None
    jump: str | None
    options: SSHClientConnectionOptions = field(repr=False)


def resolve(host: HostInfo) -> Endpoint:
    """The endpoint of a host. Raises Unsupported for a host without SSH, ConnectFailed for settings of no use."""
    settings = host.ssh
    if settings is None:
        raise Unsupported(f"{host.id} takes no commands (ssh = false)", host=host.id)
    uri = host.connection_uri
    if uri is None or uri.transport != "ssh":
        return _resolve(host.host, settings.user, settings.port, settings)
    return _resolve(uri.host or host.host, settings.user or uri.user, settings.port or uri.port, settings)


def config_file(settings: SshSettings) -> Path:
    """The ssh_config that counts, whether or not it is there."""
    return _expanded(settings.config_file or "~/.ssh/config")


def path_to(host: HostInfo) -> list[Endpoint]:
    """The sshds to go through, the host's own last. Raises as `resolve` does, and ConnectFailed for too long a path.

    What hosts.toml says of the host's files and policy holds for its jump hosts too; user and port do not.
    """
    target = resolve(host)
    settings = host.ssh or SshSettings()
    path = [target]
    before = target.jump
    while before:
        behind = path[0]
        for text in reversed(before.split(",")):
            hop = _hop(text, settings)
            # `Host *` with a ProxyJump makes the jump host its own
            if (hop.name, hop.port) != (path[0].name, path[0].port):
                path.insert(0, hop)
        # ssh_config may put the first jump host behind another one
        before = path[0].jump if path[0] is not behind else None
        if len(path) > _MOST_HOPS:
            words = f"more than {_MOST_HOPS} jump hosts in a row: is there a circle?"
            raise ConnectFailed(words, permanent=True, kind=Cause.BAD_JUMP)
    return path


def _hop(text: str, settings: SshSettings) -> Endpoint:
    user, _, place = text.strip().rpartition("@")
    port: int | None = None
    if place.startswith("["):
        name, _, rest = place[1:].partition("]")
        digits = rest.removeprefix(":")
    else:
        name, _, digits = place.partition(":") if place.count(":") == 1 else (place, "", "")
    if digits:
        if not digits.isdigit() or not 0 < int(digits) < 65536:
            raise _not_a_hop(text)
        port = int(digits)
    if not name:
        raise _not_a_hop(text)
    own = SshSettings(
        identity_files=settings.identity_files,
        known_hosts=settings.known_hosts,
        config_file=settings.config_file,
        host_key_policy=settings.host_key_policy,
    )
    return _resolve(name, user or None, port, own)


def _not_a_hop(text: str) -> ConnectFailed:
    words = f"{text!r} is not a jump host: write [user@]host[:port]"
    return ConnectFailed(words, permanent=True, kind=Cause.BAD_JUMP)


def _resolve(name: str, user: str | None, port: int | None, settings: SshSettings) -> Endpoint:
    options = _read_config(name, user, port, settings)
    config = options.config
    real_name = options.host or name
    alias = cast("str | None", config.get("HostKeyAlias"))
    jump = settings.proxy_jump or cast("str | None", config.get("ProxyJump"))
    jump = None if jump is None or jump.lower() == "none" else jump
    command = cast("str | None", config.get("ProxyCommand"))
    identities = settings.identity_files or cast("list[str] | None", config.get("IdentityFile"))
    return Endpoint(
        name=real_name,
        port=options.port,
        user=options.username,
        key_name=alias or real_name,
        identity_files=None if identities is None else tuple(_expanded(file) for file in identities),
        identities_only=bool(config.get("IdentitiesOnly")),
        agent=_agent(cast("str | None", config.get("IdentityAgent"))),
        known_hosts=_known_hosts(options, settings),
        policy=settings.host_key_policy or HostKeyPolicy.STRICT,
        family=options.family,
        bind_address=options.local_addr[0] if options.local_addr else None,
        proxy_command=None if jump or command is None or command.lower() == "none" else command,
        jump=jump,
        options=options,
    )


def _read_config(name: str, user: str | None, port: int | None, settings: SshSettings) -> SSHClientConnectionOptions:
    """asyncssh's reading of ssh_config for one host, without loading any key: those are parsed once, elsewhere.

    The file is read anew for each attempt: what it says depends on host and user, and it may include others.
    """
    import asyncssh

    file = config_file(settings)
    if settings.config_file and not file.exists():  # /dev/null is a good one: it says nothing
        raise ConnectFailed(f"there is no ssh_config file {file}", permanent=True, kind=Cause.SSH_CONFIG)
    try:
        return asyncssh.SSHClientConnectionOptions(
            config=[file] if os.access(file, os.R_OK) else None,
            host=name,
            username=user or (),
            port=port or (),
            client_keys=None,
            known_hosts=None,
            x509_trusted_certs=None,
        )
    except (ValueError, OSError) as error:
        raise ConnectFailed(f"{file} cannot be used: {error}", permanent=True, kind=Cause.SSH_CONFIG) from error


def _known_hosts(options: SSHClientConnectionOptions, settings: SshSettings) -> tuple[Path, ...]:
    if settings.known_hosts:
        return tuple(_expanded(file) for file in settings.known_hosts)
    user_files = cast("list[str] | None", options.config.get("UserKnownHostsFile"))
    if user_files is None:
        return tuple(_expanded(file) for file in _DEFAULT_KNOWN_HOSTS)
    # `UserKnownHostsFile none` or /dev/null is how people turn checking off; here it leaves every key unknown
    shared = cast("list[str] | None", options.config.get("GlobalKnownHostsFile")) or [_DEFAULT_KNOWN_HOSTS[-1]]
    return tuple(_expanded(file) for file in [*(user_files or ["/dev/null"]), *shared])


def _agent(written: str | None) -> Path | None:
    if written is not None and written.lower() == "none":
        return None
    socket = os.environ.get("SSH_AUTH_SOCK") if written in (None, "SSH_AUTH_SOCK") else written
    return _expanded(socket) if socket else None


def _expanded(file: str) -> Path:
    return Path(os.path.expanduser(file))  # the method would raise for a user who does not exist
