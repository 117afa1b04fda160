"""Which host keys are trusted: the known_hosts files, new keys stored, and a person's decision."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import ConfigError, ConnectFailed
from ...model.host import HostInfo
from ...model.message import Message
from ..aside import off_loop
from .key_files import WRITING, append_key, remove_keys, replace_keys
from .key_lookup import FiledKey, FiledKeys, KeyFiles
from .known_hosts import Marker, can_be_filed, filed_name
from .revoked_keys import RevokedKeys

if TYPE_CHECKING:
    from asyncssh import SSHKey

    from .endpoint import Endpoint

_log = logging.getLogger(__name__)
_SYSTEM = Path("/etc")

_MOST_REFUSED = 8
"""Refused keys of a host that are remembered with their names: a jump host's may be on the screen while the connection
has come to another one's."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a key is to be filed. `nameable`: a line with this name would mean this host alone. `hashed`: the line
    is to have the hash of the name."""

    files: tuple[Path, ...]
    name: str
    nameable: bool
    hashed: bool


class HostKeyStore:
    """The known_hosts files of all hosts. One object serves the driver and the questions to a person about a key.

    `warn` is told, as (host id, words), what went wrong without keeping a host from being connected, `note` what a
    person should know of a host.
    """

    def __init__(self) -> None:
        self.warn: Callable[[str, str], object] = lambda host, words: _log.warning("%s: %s", host, words)
        self.note: Callable[[str, Message], object] = lambda host, message: None
        self._files = KeyFiles()
        self._refused: dict[str, dict[str, _Place]] = {}

    async def look_up(self, endpoint: Endpoint) -> FiledKeys:
        """What the endpoint's files, and its KnownHostsCommand, say of it.

        By name alone: an address that was once met under another name proves nothing. Raises ConnectFailed for a
        command that fails.
        """
        filed = await self._files.look_up(endpoint.known_hosts, _name(endpoint), _portless(endpoint))
        if endpoint.known_hosts_command is None:
            return filed
        from .host_key_command import filed_by_command  # few configurations have such a command

        said = await filed_by_command(endpoint.known_hosts_command, endpoint, _name(endpoint))
        return FiledKeys((*filed.exact, *said), filed.portless, filed.unreadable)

    async def revoked(self, endpoint: Endpoint) -> list[tuple[str, RevokedKeys]]:
        """The endpoint's files of revoked keys. Raises ConnectFailed where one cannot be used: no key is good then."""
        if not endpoint.revoked_keys:
            return []
        return await off_loop(
            "revoked-keys", lambda: [(str(file), self._revoked_keys(file)) for file in endpoint.revoked_keys]
        )

    def _revoked_keys(self, file: Path) -> RevokedKeys:
        try:
            return self._files.revoked(file)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            words = f"no host key can be trusted: RevokedHostKeys {file} cannot be used: {reason}"
            raise ConnectFailed(words, permanent=True, kind=Cause.BAD_FILE) from error

    async def accept(self, host: HostInfo, endpoint: Endpoint, key: SSHKey) -> FiledKeys | None:
        """Store a key that was new when it was looked up, where the policy is accept-new. One that cannot be stored is
        told. Where somebody has stored another key for the name meanwhile, or revoked this one: nothing is stored, and
        what is on file now is the answer.

        /dev/null as the file is how people say that nothing is to be stored.
        """
        from .host_key_check import public_line
        from .verdict import Standing, standing

        file, line = endpoint.known_hosts[0], public_line(key)
        if not _keeps_keys(file):
            return None

        def store() -> FiledKeys | None:
            with WRITING:
                filed = self._files.read(endpoint.known_hosts, _name(endpoint), None)
                if _is_revoked(key, filed) or standing(key.public_data, filed) is Standing.CHANGED:
                    return filed
                append_key(file, _name(endpoint), line, hashed=endpoint.hash_names)
            return None

        try:
            return await off_loop("known-hosts", store)
        except OSError as error:
            self.warn(host.id, f"its new host key was taken, but not stored: {file}: {error.strerror or error}")
        return None

    def refuse(self, host: HostInfo, endpoint: Endpoint, public_key: str) -> None:
        """Remember for which name, a jump host's perhaps, this host's connection met a key that was refused."""
        refused = self._refused.setdefault(host.id, {})
        refused.pop(public_key, None)
        refused[public_key] = _place(endpoint)
        for old in tuple(refused)[:-_MOST_REFUSED]:
            del refused[old]

    async def trust(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        """As `trust_now`, off the event loop: files are read and synced, and ssh_config may have to be asked about."""
        return await off_loop("known-hosts", lambda: self.trust_now(host, public_key, replace=replace))

    def trust_now(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        """Store the key (`ssh-ed25519 AAAA…`) that a connection of `host` was refused for, and say in which file.

        The name it is stored for is that of the refusal, so a jump host's key is filed under the jump host. A key
        that was not refused is stored for the host itself. `replace` first removes what `ssh-keygen -R` would from
        the user's files, and keeps each former file as `….old`; without it a changed key stays refused.

        Raises ConfigError for text that is no public key, for a revoked key, for a name that no line can have, and
        for a file that keeps none, ConnectFailed for settings that cannot be used, OSError.
        """
        import asyncssh

        from .endpoint import resolve
        from .host_key_check import public_line

        try:
            key = asyncssh.import_public_key(public_key)
        except asyncssh.KeyImportError as error:
            raise ConfigError(
                f"{public_key[:60]!r} is not a public key", host=host.id, hint="write one such as ssh-ed25519 AAAA…"
            ) from error
        line = public_line(key)
        refused = self._refused.get(host.id, {})
        place = refused.get(line) or _place(resolve(host))
        if not place.files:
            raise ConfigError("no file keeps keys", key="ssh.known_hosts", host=host.id, hint="name a file")
        first = place.files[0]
        if not _keeps_keys(first):
            raise ConfigError(f"{first} keeps no keys", key="ssh.known_hosts", host=host.id, hint="name a file")
        if not place.nameable:
            raise ConfigError(f"no line of {first} can begin with {place.name!r}", host=host.id)
        self._refuse_revoked(host, place, key)
        (replace_keys if replace else append_key)(first, place.name, line, hashed=place.hashed)
        if replace:  # only now: were no key left on file, any key would pass for new
            for file in place.files[1:]:
                if _is_own(file) and not file.samefile(first):  # a second name of the first one
                    remove_keys(file, place.name)
        refused.pop(line, None)
        return first

    def _refuse_revoked(self, host: HostInfo, place: _Place, key: SSHKey) -> None:
        if found := _is_revoked(key, self._files.read(place.files, place.name, None)):
            raise ConfigError(f"the key is marked @revoked in {found.place}", host=host.id)


def _is_revoked(key: SSHKey, filed: FiledKeys) -> FiledKey | None:
    """The line that revokes the key."""
    marked = (line for line in filed.exact if line.marker is Marker.REVOKED and line.blob == key.public_data)
    return next(marked, None)


def _place(endpoint: Endpoint) -> _Place:
    return _Place(endpoint.known_hosts, _name(endpoint), can_be_filed(endpoint.key_name), endpoint.hash_names)


def _name(endpoint: Endpoint) -> str:
    return filed_name(endpoint.key_name, endpoint.port, alias=endpoint.key_alias)


def _portless(endpoint: Endpoint) -> str | None:
    """The name without the port, which OpenSSH asks for where nothing is filed with the port."""
    return None if endpoint.key_alias or endpoint.port == 22 else filed_name(endpoint.key_name, 22)


def _keeps_keys(file: Path) -> bool:
    return file.is_file() or not file.exists()


def _is_own(file: Path) -> bool:
    """Whether a file is the user's own, not the system's, which others answer for."""
    return file.is_file() and not file.resolve().is_relative_to(_SYSTEM) and file.stat().st_uid == os.geteuid()
