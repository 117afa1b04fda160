"""Who we are: private keys parsed once, and the agent's."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.data_class import dataclass
from ...model.message import Message, text, told
from ...model.say import Say
from .agents import connect_agent, held_by
from .certificates import out_of_time, parse_certificate, term_of, unreadable
from .credentials import Credentials
from .endpoint import Endpoint
from .files import ParsedFiles

if TYPE_CHECKING:
    from asyncssh import SSHCertificate, SSHKey, SSHKeyPair

    from .answering import Answering
    from .locked_keys import Unlocked

_USUAL = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa", "id_rsa")
"""Names below ~/.ssh, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """A private key file. `key` None: it cannot be used by itself, for `trouble`; the agent may hold it.

    `certificate` is the one beside it, or the file itself where that is one.
    """

    key: SSHKey | SSHKeyPair | None
    public_data: bytes | None
    trouble: Message | None = None
    certificate: SSHCertificate | None = None
    locked: Path | None = None
    """The file, where a passphrase makes it a key."""
    public: SSHKey | None = None
    """The public half of a locked one, where that is known."""


class Identities:
    """The key files of all hosts, each parsed once. Key objects are shared, key pairs are not: those carry a choice of
    signature that asyncssh makes anew for each server."""

    def __init__(self) -> None:
        self._files: ParsedFiles[_KeyFile] = ParsedFiles(_parse)
        self._certificates: ParsedFiles[SSHCertificate] = ParsedFiles(parse_certificate)
        self._unlocked: Unlocked | None = None
        self._touches = asyncio.Lock()
        self._worked: dict[tuple[str, int, str], bytes] = {}

    def forget(self) -> None:
        """Let go of the keys that a passphrase has decrypted."""
        if self._unlocked is not None:
            self._unlocked.forget()

    def worked(self, endpoint: Endpoint, found: Credentials) -> None:
        """An sshd has let us in: the key that did it is the first that is offered to it the next time."""
        if found.took:
            self._worked[endpoint.name, endpoint.port, endpoint.user] = found.took

    @asynccontextmanager
    async def credentials(self, endpoint: Endpoint, answering: Answering | None = None) -> AsyncIterator[Credentials]:
        """What to offer to an endpoint. The agent is connected as long as the context is open: it signs.

        `answering` asks for passphrases; without it, keys that need one are left out.
        """
        found = Credentials()
        files = self._key_files(endpoint, found)
        agent = await connect_agent(endpoint, found)
        try:
            held = await held_by(agent, endpoint, found, self._touches, answering) if agent else []
            self._order(endpoint, [self._unlocking(file, answering, found) for file in files], held, found)
            _leave_out_short(endpoint, found)
            _certify(
                [*self._certificate_files(endpoint, found), *(file.certificate for file in files if file.certificate)],
                found,
            )
            if worked := self._worked.get((endpoint.name, endpoint.port, endpoint.user)):
                from .offered import public_of

                found.keys.sort(key=lambda offer: public_of(offer) != worked)
            if not found.keys and not found.troubles:
                found.troubles.append(_nothing_offered(endpoint))
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
                file = self._files.get(path) or self._files.get(_with(path, ".pub"))
            except OSError as error:
                found.troubles.append(told(Say.ABOUT, subject=str(path), message=text(error.strerror or str(error))))
                continue
            certificate = self._beside(path, file, found)
            if file is not None:
                files.append(replace(file, certificate=certificate))
            elif certificate is not None:
                files.append(
                    _KeyFile(None, certificate.key.public_data, told(Say.NO_SUCH_FILE, file=str(path)), certificate)
                )
            elif given is not None:
                found.troubles.append(told(Say.NO_SUCH_FILE, file=str(path)))
        return files

    def _beside(self, path: Path, file: _KeyFile | None, found: Credentials) -> SSHCertificate | None:
        """The certificate beside a key file, whatever becomes of the key, or in its place. It may be renewed while the
        key stays as it is. One that cannot be read is a trouble."""
        beside = _with(path, "-cert.pub")
        for place in (beside, *([path] if file is not None and file.key is None else [])):
            try:
                certificate = self._certificates.get(place)
            except (OSError, ValueError) as error:
                if place == beside:
                    found.troubles.append(unreadable(place, error))
                continue
            if certificate is not None:
                found.troubles += out_of_time(certificate, place)
                _note_term(certificate, place, found)
                return certificate
        return None

    def _certificate_files(self, endpoint: Endpoint, found: Credentials) -> list[SSHCertificate]:
        """What each CertificateFile has. One that cannot be read is a trouble."""
        certificates = []
        for path in endpoint.certificate_files:
            try:
                certificate = self._certificates.get(path)
            except (OSError, ValueError) as error:
                found.troubles.append(unreadable(path, error))
                continue
            if certificate is None:
                found.troubles.append(told(Say.NO_SUCH_FILE, file=str(path)))
            else:
                found.troubles += out_of_time(certificate, path)
                _note_term(certificate, path, found)
                certificates.append(certificate)
        return certificates

    def _unlocking(self, file: _KeyFile, answering: Answering | None, found: Credentials) -> _KeyFile:
        """A locked key as it is offered: decrypted where a person has typed its passphrase, else by its public half."""
        from .locked_keys import LockedKey, Unlocked

        path = file.locked
        if path is None or answering is None:
            return file
        unlocked = self._unlocked = self._unlocked or Unlocked()
        if (key := unlocked.get(path)) is not None:
            return replace(file, key=key, public_data=key.public_data)

        async def unlock() -> SSHKey | None:
            key = await unlocked.unlock(path, answering)
            if key is not None:
                found.signed = key.public_data  # it does so next
                if file.trouble in found.troubles:
                    found.troubles.remove(file.trouble)
            return key

        if file.public is not None:
            return replace(file, key=LockedKey(file.public, path, unlock))
        before = found.more

        async def more() -> SSHKey | None:
            found.more, key = before, await unlock()
            return key or (await before() if before else None)

        found.more = more
        return file

    @staticmethod
    def _order(endpoint: Endpoint, files: Sequence[_KeyFile], held: list[SSHKeyPair], found: Credentials) -> None:
        """Named files, then the agent, then the usual files: sshd ends a login after six keys that it doesn't know."""
        from asyncssh import SSHKey

        named: list[SSHKey | SSHKeyPair] = []
        for file in files:
            wanted = {file.public_data, file.certificate and file.certificate.public_data} - {None}
            in_agent = [pair for pair in held if pair.public_data in wanted]
            named += in_agent
            if file.key is not None and not (file.locked and in_agent):
                named.append(file.key)
            if not in_agent and file.trouble is not None and not isinstance(file.key, SSHKey):
                found.troubles.append(file.trouble)
            held = [pair for pair in held if pair not in in_agent]
        others = [] if endpoint.identities_only else held
        found.keys += [*others, *named] if endpoint.identity_files is None else [*named, *others]


def _note_term(certificate: SSHCertificate, path: Path, found: Credentials) -> None:
    if (term := term_of(certificate, str(path), path)) is not None:
        found.terms.append(term)


def _nothing_offered(endpoint: Endpoint) -> Message:
    if endpoint.agent is None:
        agent = told(Say.NO_AGENT)
    elif endpoint.identities_only:
        agent = told(Say.AGENT_LEFT_OUT)
    else:
        agent = told(Say.AGENT_EMPTY, agent=str(endpoint.agent))
    return told(Say.NO_KEY_OFFERED_OR_THERE if endpoint.identity_files is None else Say.NO_KEY_OFFERED, agent=agent)


def _leave_out_short(endpoint: Endpoint, found: Credentials) -> None:
    """As OpenSSH, offer no RSA key below RequiredRSASize, whether of a file or of the agent."""
    from asyncssh import SSHKey
    from asyncssh.packet import SSHPacket

    least = endpoint.key_rules.least_rsa_bits
    for key in tuple(found.keys):
        assert not isinstance(key, tuple)  # certificates come later
        packet = SSHPacket(key.public_data if isinstance(key, SSHKey) else key.key_public_data)
        if packet.get_string() != b"ssh-rsa":
            continue
        packet.get_mpint()
        if (bits := packet.get_mpint().bit_length()) < least:
            found.keys.remove(key)
            file = os.fsdecode(key.get_filename() or b"") if isinstance(key, SSHKey) else ""
            name = file or key.get_comment() or told(Say.RSA_KEY)
            found.troubles.append(told(Say.KEY_TOO_SHORT, key=name, bits=bits, least=least))


def _certify(certificates: Sequence[SSHCertificate], found: Credentials) -> None:
    """Put each certificate ahead of its key, a file's or the agent's. One that the agent holds too is left out."""
    from asyncssh import SSHKey

    offered = {key.public_data for key in found.keys if not isinstance(key, tuple)}
    for certificate in certificates:
        if certificate.public_data in offered:
            continue
        for at, key in enumerate(found.keys):
            if not isinstance(key, tuple) and key.public_data == certificate.key.public_data:
                if isinstance(key, SSHKey):
                    found.keys.insert(at, (key, certificate))
                else:
                    certified = copy.copy(key)  # a pair signs for one public key, and belongs to this connection alone
                    certified.set_certificate(certificate)
                    found.keys.insert(at, certified)
                offered.add(certificate.public_data)
                break


def _open_to_others(path: Path) -> Message | None:
    """What is wrong with a private key's mode, by OpenSSH's rule (authfile.c): nothing where another user owns it."""
    status = path.stat()
    if status.st_uid != os.getuid() or not status.st_mode & 0o077:
        return None
    mode = f"{status.st_mode & 0o777:04o}"
    return told(Say.OTHERS_MAY_READ, file=str(path), mode=mode)


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _locked(path: Path, trouble: Message) -> _KeyFile:
    import asyncssh

    from .locked_keys import public_half

    public = public_half(path)
    if public is None:
        with contextlib.suppress(asyncssh.KeyImportError, OSError):
            public = asyncssh.read_public_key(_with(path, ".pub"))
    return _KeyFile(None, None if public is None else public.public_data, trouble, locked=path, public=public)


def _parse(path: Path) -> _KeyFile:
    import asyncssh

    try:
        key = asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        locked = isinstance(error, asyncssh.KeyEncryptionError) or str(error).startswith("Passphrase")
        if locked:
            trouble = _open_to_others(path) or told(Say.NEEDS_PASSPHRASE, file=str(path))
        else:
            trouble = told(Say.ABOUT, subject=str(path), message=text(str(error)))
        if trouble.id is Say.NEEDS_PASSPHRASE:
            return _locked(path, trouble)
        lone = told(Say.PUBLIC_KEY_ALONE, file=str(path))
        for place in (path, _with(path, ".pub")):
            with contextlib.suppress(asyncssh.KeyImportError, OSError):
                public = asyncssh.read_public_key(place).public_data
                return _KeyFile(None, public, trouble if locked or place != path else lone)
        return _KeyFile(None, None, trouble)
    if exposed := _open_to_others(path):
        return _KeyFile(None, key.public_data, exposed)
    if key.get_algorithm().startswith("sk-"):
        trouble = told(Say.NEEDS_AGENT, file=str(path))
        return _KeyFile(None, key.public_data, trouble)
    return _KeyFile(key, key.public_data)
