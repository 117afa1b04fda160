"""Which host keys are trusted: known_hosts files read once, the policy for unknown keys, and a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.errors import ConfigError, HostKeyRejected
from ...model.host import HostInfo
from ...model.settings import HostKeyPolicy
from .files import ParsedFiles
from .known_hosts import append_key, host_pattern, replace_keys

if TYPE_CHECKING:
    from asyncssh import SSHKey
    from asyncssh.known_hosts import SSHKnownHosts

    from .endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """What the files say of one host. `named`: some line has a key for exactly this name and port."""

    keys: tuple[SSHKey, ...]
    authorities: tuple[SSHKey, ...]
    revoked: tuple[SSHKey, ...]
    named: bool


@dataclass(frozen=True, slots=True)
class _Place:
    file: Path
    pattern: str


class HostKeyStore:
    """The known_hosts files of all hosts. One object serves the driver and whoever asks a person about a key."""

    def __init__(self) -> None:
        self._parsed: ParsedFiles[SSHKnownHosts] = ParsedFiles(_parse)
        self._refused: dict[str, tuple[str, _Place]] = {}

    def look_up(self, endpoint: Endpoint) -> TrustedKeys:
        """What the endpoint's files say of it, by name alone: an address that was once met under another name proves
        nothing. Raises OSError for a file that is there and cannot be read.
        """
        exact = host_pattern(endpoint.key_name, endpoint.port)
        plain = host_pattern(endpoint.key_name, 22)
        keys: list[SSHKey] = []
        authorities: list[SSHKey] = []
        revoked: list[SSHKey] = []
        named = False
        for path in endpoint.known_hosts:
            hosts = self._parsed.get(path)
            # like OpenSSH, a key filed without a port is good on every port
            if hosts is None:
                continue
            for pattern in dict.fromkeys((exact, plain)):
                found = hosts.match(pattern, "", None)
                keys += found[0]
                authorities += found[1]
                revoked += found[2]
                named = named or (pattern == exact and bool(found[0]))
        good = tuple(key for key in dict.fromkeys(keys) if key not in revoked)
        return TrustedKeys(good, tuple(dict.fromkeys(authorities)), tuple(revoked), named)

    def accept(self, endpoint: Endpoint, key: SSHKey) -> None:
        """Store a key that was never seen before, where the policy is accept-new. Raises OSError.

        /dev/null as the file is how people say that nothing is to be stored.
        """
        if _keeps_keys(endpoint.known_hosts[0]):
            append_key(endpoint.known_hosts[0], host_pattern(endpoint.key_name, endpoint.port), public_line(key))

    def refuse(self, host: HostInfo, endpoint: Endpoint, public_key: str) -> None:
        """Remember for which name, a jump host's perhaps, this host's connection met a key that was refused."""
        place = _Place(endpoint.known_hosts[0], host_pattern(endpoint.key_name, endpoint.port))
        self._refused[host.id] = (public_key, place)

    def trust(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        """Store the key (`ssh-ed25519 AAAA…`) that a connection of `host` was refused for, and say in which file.

        The name it is stored for is that of the refusal, so a jump host's key is filed under the jump host. A key
        that was not refused is stored for the host itself. `replace` first removes what the file has for that name
        and keeps the former file as `….old`; without it a changed key stays refused.

        Raises ConfigError for text that is no public key and for a file that keeps none, ConnectFailed for settings
        that cannot be used, OSError.
        """
        import asyncssh

        from .endpoint import resolve

        try:
            line = public_line(asyncssh.import_public_key(public_key))
        except asyncssh.KeyImportError as error:
            raise ConfigError(
                f"{public_key[:60]!r} is not a public key", host=host.id, hint="write one such as ssh-ed25519 AAAA…"
            ) from error
        refused_key, place = self._refused.get(host.id, ("", None))
        if place is None or refused_key != line:
            endpoint = resolve(host)
            place = _Place(endpoint.known_hosts[0], host_pattern(endpoint.key_name, endpoint.port))
        if not _keeps_keys(place.file):
            raise ConfigError(f"{place.file} keeps no keys", key="ssh.known_hosts", host=host.id, hint="name a file")
        (replace_keys if replace else append_key)(place.file, place.pattern, line)
        self._refused.pop(host.id, None)
        return place.file


@dataclass(slots=True)
class HostKeyCheck:
    """One connection's check: what is trusted, what was presented, and what that comes to."""

    endpoint: Endpoint
    trusted: TrustedKeys
    presented: SSHKey | None = None

    def accepts(self, key: SSHKey) -> bool:
        """Called for a key that is not among the trusted ones and not revoked."""
        self.presented = key
        return self._is_new and self.endpoint.policy is HostKeyPolicy.ACCEPT_NEW

    @property
    def accepted_new(self) -> SSHKey | None:
        """The key to store once its owner has proved to hold it."""
        return self.presented if self._is_new else None

    @property
    def _is_new(self) -> bool:
        return not self.trusted.named

    def algorithms(self, defaults: Sequence[bytes], certificates: Sequence[bytes]) -> list[str]:
        """Host key algorithms to offer: those of known keys first, so that the host shows a key we can compare, then
        the rest, so that it can show another one and be told from a host that merely lacks ours. Certificates only
        where an authority is known for the host: there is no way back from them to the plain key.
        """
        known = [algorithm for key in self.trusted.keys for algorithm in key.sig_algorithms]
        offered = [*(certificates if self.trusted.authorities else ()), *known, *defaults]
        return [algorithm.decode("ascii") for algorithm in dict.fromkeys(offered)]

    def rejection(self, reason: str) -> HostKeyRejected:
        """The error for a key that was refused; `reason` is asyncssh's, for keys that never came before `accepts`."""
        name = host_pattern(self.endpoint.key_name, self.endpoint.port)
        files = ", ".join(str(path) for path in self.endpoint.known_hosts)
        if self.presented is None:
            return HostKeyRejected(f"{name}: {reason} ({files})", known=True, name=name)
        key = self.presented
        fingerprint = key.get_fingerprint()
        kind = key.get_algorithm()
        message = (
            f"host key not known: {name} shows {kind} {fingerprint}, which is not in {files}"
            if self._is_new
            else f"host key CHANGED: {name} shows {kind} {fingerprint}, which is not the one in {files}"
        )
        on_file = [f"{kept.get_algorithm()} {kept.get_fingerprint()}" for kept in self.trusted.keys]
        return HostKeyRejected(
            message,
            known=not self._is_new,
            fingerprint=fingerprint,
            public_key=public_line(key),
            on_file=() if self._is_new else tuple(on_file),
            name=name,
        )


def public_line(key: SSHKey) -> str:
    """`ssh-ed25519 AAAA…`, without a comment: a host could write anything into one."""
    return " ".join(key.export_public_key("openssh").decode("ascii", "replace").split()[:2])


def _keeps_keys(file: Path) -> bool:
    return file.is_file() or not file.exists()


def _parse(path: Path) -> SSHKnownHosts:
    from asyncssh.known_hosts import SSHKnownHosts

    hosts = SSHKnownHosts()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            hosts.load(line)
        except ValueError:
            continue  # as OpenSSH does: one bad line must not take all hosts away
    return hosts
