"""What only a person can answer: a refused host key, a password. Plain data."""

from __future__ import annotations

from .data_class import dataclass


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """An SSH host key that a person must decide on. `changed`: another key is on file for this host.

    `address` is the machine that shows it: the host itself, or a jump host on the way to it. `on_file` are the keys on
    file, each as its type and fingerprint.
    """

    host_id: str
    address: str
    fingerprint: str
    public_key: str
    changed: bool
    on_file: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordQuestion:
    """A name and a password that a host wants. `refused`: it did not take those it was given.

    `address` is the machine that asks, `user` the name that is known already or empty, `uri` the one they would be for.
    """

    host_id: str
    address: str
    user: str
    refused: bool
    uri: str
