"""The lock of the screen: what was typed is dropped, and what unlocks is compared with a salted hash of it.

It keeps a person who comes by from looking, and what was typed from being used. It is no wall: whoever may read the
memory of this program, or end it, is past it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from functools import partial

from ..model.credential import Secret
from ..model.questions import Locked
from ..transport.login_desk import LoginDesk
from .aside import off_loop
from .libvirt.credentials import CredentialStore

MOST = 32
"""Secrets that unlock: each takes 50 ms of a thread to be hashed."""

_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1
"""scrypt's parameters (RFC 7914): 16 MiB and 50 ms for a guess."""


class Lock:
    """Used on the event loop."""

    def __init__(self, desk: LoginDesk, credentials: CredentialStore) -> None:
        self._desk = desk
        self._credentials = credentials
        self._locked: Locked | None = None
        self._salt = b""
        self._hashes: asyncio.Future[list[bytes]] | None = None
        self._wants_proof = False

    def locked(self) -> Locked | None:
        """None: it is not."""
        return self._locked

    async def lock(self) -> None:
        """Drop all that was typed, and lock. Once more does no harm. Where nothing was in use since the last lock, what
        opens that opens this, too: else the second one would keep nobody away."""
        if self._locked is not None:
            return
        texts = dict.fromkeys(each.reveal() for each in (*self._desk.gate.taken(), *self._credentials.passwords()))
        secrets = [Secret(each) for each in texts][-MOST:]
        del texts
        if secrets or self._hashes is None:  # else what opened it the last time does: it was dropped then
            self._salt = os.urandom(16)
            self._hashes = asyncio.ensure_future(_hashed(secrets, self._salt))
        self._wants_proof = self._wants_proof or bool(secrets)
        self._locked = Locked(self._wants_proof)
        self._desk.forget()
        self._credentials.forget_all()
        await asyncio.shield(self._hashes)

    async def unlock(self, secret: Secret | None, /) -> bool:
        """Whether it is open now: by any of the secrets, or where there was none by anything."""
        if self._locked is None or self._hashes is None:
            return True
        if self._locked.wants_proof:
            hashes = await asyncio.shield(self._hashes)
            given = [] if secret is None else await _hashed([secret], self._salt)
            if not any(hmac.compare_digest(each, own) for each in given for own in hashes):
                return False
        self._locked = None
        self._desk.news()
        return True


async def _hashed(secrets: list[Secret], salt: bytes) -> list[bytes]:
    try:
        return await off_loop("lock", partial(_hashes_of, secrets, salt))
    except RuntimeError:  # no thread is left: it is done here all the same
        return _hashes_of(secrets, salt)


def _hashes_of(secrets: list[Secret], salt: bytes) -> list[bytes]:
    return [
        hashlib.scrypt(each.reveal().encode(errors="surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL)
        for each in secrets
    ]
