"""Diffie-Hellman in a group of the server's choice, without a test of its prime.

asyncssh has OpenSSL do it, which knows the usual groups. Any other, and OpenSSH's moduli file has hundreds, it tests
with each call whether it is made of primes: 0.5 s for 2,048 bits, 20 s for 4,096, minutes for 8,192, twice a
connection. The event loop waits meanwhile, and any peer can ask for that before its key is checked. OpenSSH's client
makes no such test either (kexgexc.c, dh.c): the host signs for the group with its key.
"""

from __future__ import annotations

import secrets

import asyncssh
from asyncssh import kex_dh
from asyncssh.crypto.dh import DH

_LEAST_BITS, _MOST_BITS = 2048, 8192
"""DH_GRP_MIN and DH_GRP_MAX in dh.h of OpenSSH."""

_EXPONENT_BITS = 512
"""Of the private number: twice the strength of the largest group is some 400 (NIST SP 800-56A), and OpenSSH takes 512
for the usual ciphers."""

_USUAL = frozenset((group, prime) for bits, group, prime in kex_dh._dh_gex_groups if bits >= _LEAST_BITS)
"""(generator, prime) of those that OpenSSL knows, and does in a tenth of the time."""


class Exchange:
    """One side of an exchange, as asyncssh's DH. Raises KeyExchangeFailed for numbers that OpenSSH refuses."""

    def __init__(self, generator: int, modulus: int) -> None:
        _check(generator, modulus)
        self._modulus = modulus
        self._private = secrets.randbits(_EXPONENT_BITS - 1) | 1 << (_EXPONENT_BITS - 1)
        self._public = pow(generator, self._private, modulus)

    def get_public(self) -> int:
        """The number to send."""
        return self._public

    def get_shared(self, peer_public: int) -> int:
        """The secret, from the number that the other side has sent."""
        if not 1 < peer_public < self._modulus - 1:
            raise asyncssh.KeyExchangeFailed("its number for the key exchange gives the secret away")
        return pow(peer_public, self._private, self._modulus)


def _check(generator: int, modulus: int) -> None:
    bits = modulus.bit_length()
    if not _LEAST_BITS <= bits <= _MOST_BITS or not 1 < generator < modulus - 1 or not modulus & 1:
        words = f"its Diffie-Hellman group has {bits:,} bits; {_LEAST_BITS:,} to {_MOST_BITS:,} and a generator do"
        raise asyncssh.KeyExchangeFailed(words)


def _chosen_group(exchange: kex_dh._KexDHGex, generator: int, modulus: int) -> None:
    _check(generator, modulus)
    kex_dh._KexDHBase._init_group(exchange, generator, modulus)


def _exchange(generator: int, modulus: int) -> DH | Exchange:
    # group 1 is asked for by its name alone, where ssh_config says so
    if (generator, modulus) in _USUAL or modulus == kex_dh._group1_p:
        return DH(generator, modulus)
    return Exchange(generator, modulus)


def use_own_groups() -> None:
    """Have asyncssh use it, for all connections of this program."""
    kex_dh._KexDHGex._init_group = _chosen_group  # type: ignore[assignment,method-assign]
    kex_dh.DH = _exchange  # type: ignore[attr-defined,assignment]
