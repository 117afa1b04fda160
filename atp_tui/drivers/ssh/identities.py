"""Who we are: private keys parsed once, and the agent's. Nothing here asks for a passphrase."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .endpoint import Endpoint
from .files import ParsedFiles

if TYPE_CHECKING:
    from asyncssh import SSHAgentClient, SSHCertificate, SSHKey, SSHKeyPair

AGENT_LIMIT = 2.0
"""Seconds that an agent has for connecting, and as many for the list of its keys."""

_USUAL = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa", "id_rsa")
"""Names below ~/.ssh, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """A private key file. `key` None: it cannot be used by itself, for `trouble`; the agent may hold it."""

    key: SSHKey | None
    certificate: SSHCertificate | None
    public_data: bytes | None
    trouble: str = ""


@dataclass(slots=True)
class Credentials:
    """What to offer, best first, and what could not be offered: for the message when all is refused."""

    keys: list[SSHKey | SSHKeyPair | tuple[SSHKey, SSHCertificate]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    signing: str = ""
    """What the agent has been asked for and has not answered yet; empty: nothing."""


class Identities:
    """The key files of all hosts, each parsed once. Key objects are shared, key pairs are not: those carry a choice of
    signature that asyncssh makes anew for each server."""

    def __init__(self) -> None:
        self._files: ParsedFiles[_KeyFile] = ParsedFiles(_parse)
        self._certificates: ParsedFiles[SSHCertificate] = ParsedFiles(_parse_certificate)

    @asynccontextmanager
    async def credentials(self, endpoint: Endpoint) -> AsyncIterator[Credentials]:
        """What to offer to an endpoint. The agent is connected as long as the context is open: it signs."""
        found = Credentials()
        files = self._key_files(endpoint, found)
        agent = await _connect_agent(endpoint, found)
        try:
            held = await _held_by(agent, endpoint, found) if agent else []
            self._order(endpoint, files, held, found)
            self._certify(endpoint, found)
            yield found
        finally:
            if agent:
                agent.close()

    def _key_files(self, endpoint: Endpoint, found: Credentials) -> list[_KeyFile]:
        given = endpoint.identity_files
        paths = [Path("~/.ssh").expanduser() / name for name in _USUAL] if given is None else given
        files = []
        for path in paths:
            try:
                # as OpenSSH: a public key names the one that the agent holds
                file = self._files.get(path) or self._files.get(path.with_name(path.name + ".pub"))
            except OSError as error:
                found.troubles.append(f"{path}: {error.strerror or error}")
                continue
            if file is not None:
                files.append(file)
            elif given is not None:
                found.troubles.append(f"{path}: no such file")
        return files

    def _certify(self, endpoint: Endpoint, found: Credentials) -> None:
        """Put each CertificateFile with its key, ahead of the key by itself. One that cannot be read is a trouble."""
        for path in endpoint.certificate_files:
            try:
                certificate = self._certificates.get(path)
            except (OSError, ValueError) as error:
                found.troubles.append(f"{path}: {error}")
                continue
            if certificate is None:
                found.troubles.append(f"{path}: no such file")
                continue
            public = certificate.key.public_data
            for at, key in enumerate(found.keys):
                if not isinstance(key, tuple) and key.public_data == public:
                    found.keys[at : at + 1] = _certified(key, certificate)
                    break

    @staticmethod
    def _order(endpoint: Endpoint, files: Sequence[_KeyFile], held: list[SSHKeyPair], found: Credentials) -> None:
        """Named files, then the agent, then the usual files: sshd ends a login after six keys that it doesn't know."""
        named: list[SSHKey | SSHKeyPair | tuple[SSHKey, SSHCertificate]] = []
        for file in files:
            in_agent = [pair for pair in held if file.public_data and pair.public_data == file.public_data]
            if file.key is not None:
                named.append((file.key, file.certificate) if file.certificate else file.key)
            elif in_agent:
                named += in_agent
            else:
                found.troubles.append(file.trouble)
            held = [pair for pair in held if pair not in in_agent]
        others = [] if endpoint.identities_only else held
        found.keys += [*others, *named] if endpoint.identity_files is None else [*named, *others]


async def _connect_agent(endpoint: Endpoint, found: Credentials) -> SSHAgentClient | None:
    import asyncssh

    if endpoint.agent is None:
        return None
    try:
        async with asyncio.timeout(AGENT_LIMIT):
            return await asyncssh.connect_agent(str(endpoint.agent))
    except TimeoutError:
        found.troubles.append(_silent(endpoint))
    except (OSError, asyncssh.Error) as error:
        found.troubles.append(f"the agent at {endpoint.agent} does not answer: {error}")
    return None


async def _held_by(agent: SSHAgentClient, endpoint: Endpoint, found: Credentials) -> list[SSHKeyPair]:
    try:
        async with asyncio.timeout(AGENT_LIMIT):
            held = list(await agent.get_keys())
    except TimeoutError:
        found.troubles.append(_silent(endpoint))
        return []
    except (OSError, ValueError) as error:
        found.troubles.append(f"the agent gives no keys: {error}")
        return []
    _watch_signing(agent, endpoint, found, {pair.key_public_data: pair.get_comment() or "" for pair in held})
    return held


def _silent(endpoint: Endpoint) -> str:
    return f"the agent at {endpoint.agent} takes connections and says nothing (SSH_AUTH_SOCK)"


def _watch_signing(agent: SSHAgentClient, endpoint: Endpoint, found: Credentials, names: dict[bytes, str]) -> None:
    """Have what the agent does not sign told: asyncssh goes on to the next key without a word.

    It may take long where a person is asked (`ssh-add -c`), so the attempt's own limit is the limit.
    """
    sign = agent.sign

    async def watched(key_blob: bytes, data: bytes, flags: int = 0) -> bytes:
        key = f"with {names.get(key_blob) or 'a key'}"
        found.signing = f"the agent at {endpoint.agent} has been asked to sign {key} and has not answered"
        try:
            signature = await sign(key_blob, data, flags)
        except (OSError, ValueError, EOFError) as error:
            found.troubles.append(f"the agent at {endpoint.agent} refused to sign {key}")
            raise ValueError(str(error)) from error
        found.signing = ""
        return signature

    agent.sign = watched  # type: ignore[method-assign]


def _certified(
    key: SSHKey | SSHKeyPair, certificate: SSHCertificate
) -> list[SSHKey | SSHKeyPair | tuple[SSHKey, SSHCertificate]]:
    from asyncssh import SSHKey

    if isinstance(key, SSHKey):
        return [(key, certificate), key]
    key.set_certificate(certificate)  # the agent's pair is this connection's own
    return [key]


def _parse_certificate(path: Path) -> SSHCertificate:
    import asyncssh

    return asyncssh.read_certificate(path)


def _open_to_others(path: Path) -> str:
    """What is wrong with a private key's mode, by OpenSSH's rule (authfile.c): nothing where another user owns it."""
    status = path.stat()
    if status.st_uid != os.getuid() or not status.st_mode & 0o077:
        return ""
    mode = f"{status.st_mode & 0o777:04o}"
    return f"{path} is not used, since others may read or change it (mode {mode}): chmod 600 {path}"


def _parse(path: Path) -> _KeyFile:
    import asyncssh

    def public(suffix: str) -> Path | None:
        beside = path.with_name(path.name + suffix)
        return beside if beside.is_file() else None

    try:
        key = asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        locked = isinstance(error, asyncssh.KeyEncryptionError) or str(error).startswith("Passphrase")
        trouble = f"{path} needs a passphrase and no agent holds it" if locked else f"{path}: {error}"
        trouble = (_open_to_others(path) if locked else "") or trouble
        lone = f"{path} is a public key, and no agent holds its private key"
        for place in (path, public(".pub")):
            try:
                if place is not None:
                    return _KeyFile(
                        None,
                        None,
                        asyncssh.read_public_key(place).public_data,
                        trouble if locked or place != path else lone,
                    )
            except (asyncssh.KeyImportError, OSError):
                continue
        return _KeyFile(None, None, None, trouble)
    if exposed := _open_to_others(path):
        return _KeyFile(None, None, key.public_data, exposed)
    if key.get_algorithm().startswith("sk-"):
        trouble = f"{path} is of a security key, which needs an agent here: ssh-add {path}"
        return _KeyFile(None, None, key.public_data, trouble)
    try:
        beside = public("-cert.pub")
        certificate = asyncssh.read_certificate(beside) if beside else None
    except (asyncssh.KeyImportError, OSError):
        certificate = None
    return _KeyFile(key, certificate, key.public_data)
