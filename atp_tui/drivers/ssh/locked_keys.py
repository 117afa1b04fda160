"""Private keys with a passphrase: offered by their public half, and decrypted once a host takes them and a person has
typed the passphrase. Decrypting takes 0.1 s or more of processor (bcrypt), so it is done on a thread."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import SSHKeyPair, decode_ssh_public_key

from ...model.credential import Secret
from ...model.questions import Wants
from ..aside import off_loop
from ..readable import readable
from .answering import Answering

_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"

LARGEST = 1 << 20
"""Bytes of a key file that are read."""

Unlock = Callable[[], Awaitable[asyncssh.SSHKey | None]]


def public_half(path: Path) -> asyncssh.SSHKey | None:
    """The public key that stands unencrypted in a private key of OpenSSH's own format; None: it is of another one, as
    PEM, or cannot be read (PROTOCOL.key)."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST)
        data = base64.b64decode(text.partition(_BEGIN)[2].partition(_END)[0])
        if not data.startswith(_MAGIC):
            return None
        packet = SSHPacket(data[len(_MAGIC) :])
        for _ in ("cipher", "kdf", "its options"):
            packet.get_string()
        if packet.get_uint32() != 1:
            return None
        return decode_ssh_public_key(packet.get_string())
    except (OSError, binascii.Error, PacketDecodeError, asyncssh.KeyImportError):
        return None


class LockedKey(SSHKeyPair):
    """A key that is offered, and whose private half comes when a host takes it. For one connection."""

    _key_type = "locked"

    def __init__(self, public: asyncssh.SSHKey, path: Path, unlock: Unlock) -> None:
        super().__init__(
            public.algorithm, public.algorithm, public.sig_algorithms, public.sig_algorithms, public.public_data, None,
            filename=str(path).encode(),
        )  # fmt: skip
        self._unlock = unlock

    async def sign_async(self, data: bytes) -> bytes:
        """Sign for a host that has taken the key. Raises ValueError where it stays locked: the next key is tried."""
        key = await self._unlock()
        if key is None:
            raise ValueError("the key stays locked")
        return key.sign(data, self.sig_algorithm)


class Unlocked:
    """Keys that were decrypted, by file, as long as their passphrase is kept and the file stays as it is."""

    def __init__(self) -> None:
        self._keys: dict[Path, tuple[tuple[int, ...], asyncssh.SSHKey]] = {}
        self._forgets = 0

    def forget(self) -> None:
        """Let go of all of them, those that are being decrypted included."""
        self._forgets += 1
        self._keys.clear()

    def get(self, path: Path) -> asyncssh.SSHKey | None:
        """The key of a file, if it was decrypted."""
        held = self._keys.get(path)
        return held[1] if held is not None and held[0] and held[0] == _stamp(path) else None

    async def unlock(self, path: Path, answering: Answering) -> asyncssh.SSHKey | None:
        """The key of a file, decrypted by what a person types, or has typed; None: nobody does. Asks again after a
        wrong passphrase."""
        while (key := self.get(path)) is None:
            lent = await answering.desk.secret(answering.asks, Wants.PASSPHRASE, str(path))
            if lent is None:
                answering.wanted.add(Wants.PASSPHRASE)
                return None
            if (key := self.get(path)) is None:  # another login may have decrypted it meanwhile
                forgets = self._forgets
                try:
                    stamp = _stamp(path)
                    key = await off_loop("key", partial(_decrypted, path, lent.secret))
                except BaseException:
                    lent.left()
                    raise
                if key is None:
                    answering.refused = True
                    lent.refused()
                    continue
                if forgets == self._forgets:
                    self._keys[path] = stamp, key
            lent.accepted()
            break
        answering.wanted.discard(Wants.PASSPHRASE)
        return key


def _decrypted(path: Path, passphrase: Secret) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.read_private_key(path, passphrase.reveal())
    except (ValueError, OSError):  # KeyImportError and KeyEncryptionError are ValueErrors
        return None


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = readable(path)
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
