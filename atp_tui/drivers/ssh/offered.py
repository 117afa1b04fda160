"""Keys as they are offered, best first: the one that has let us in before comes before all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncssh
from asyncssh.public_key import SSHKeyPair, SSHLocalKeyPair

from .credentials import Credentials

if TYPE_CHECKING:
    from .credentials import Offer


class _Noted(SSHLocalKeyPair):
    """A key of a file, for one connection, that notes that it has signed."""

    def __init__(self, key: asyncssh.SSHKey, certificate: asyncssh.SSHCertificate | None, found: Credentials) -> None:
        super().__init__(key, None, certificate, None)
        self._found = found

    def sign(self, data: bytes) -> bytes:
        self._found.signed = self.key_public_data
        return super().sign(data)


def pairs_of(found: Credentials) -> Sequence[SSHKeyPair] | None:
    """What asyncssh is to offer; None: nothing. Those of an agent, and of locked files, note by themselves."""
    return [each if isinstance(each, SSHKeyPair) else _noted(each, found) for each in found.keys] or None


def _noted(offer: Offer, found: Credentials) -> SSHKeyPair:
    key, certificate = offer if isinstance(offer, tuple) else (offer, None)
    assert isinstance(key, asyncssh.SSHKey), "a pair was let through"
    return _Noted(key, certificate, found)


def public_of(offer: Offer) -> bytes:
    """The public key of something that is offered, that of its certificate's key included."""
    key = offer[0] if isinstance(offer, tuple) else offer
    return key.key_public_data if isinstance(key, SSHKeyPair) else key.public_data
