"""What only a person can answer: a refused host key, a password, what an sshd asks for. Plain data."""

from __future__ import annotations

from enum import StrEnum

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


class Wants(StrEnum):
    """What an SSH login, or a command of it, wants of a person."""

    PASSPHRASE = "passphrase"
    """That of a key file. It is tried here, and no host gets it."""
    PASSWORD = "password"
    SUDO = "sudo"
    """The password that sudo on a host wants of a user, for a command there."""
    ANSWERS = "answers"
    """What the sshd asks for in its own words, such as a one-time code. It goes to that host alone."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing that an sshd asks for. `shown`: what is typed may be seen."""

    words: str
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """A security key that is to be touched now, for a login to a host. `key` is its name in the agent."""

    host_id: str
    where: str
    key: str


@dataclass(frozen=True, slots=True)
class Locked:
    """The screen is locked: what was typed is dropped, and nothing is shown. `wants_proof`: a password or passphrase
    that was in use then unlocks it, else any key."""

    wants_proof: bool


@dataclass(frozen=True, slots=True)
class LoginQuestion:
    """What a login waits for. It is answered by its `number`, which no other question has had.

    `where` is the sshd that asks (`192.0.2.3 port 22`), with PASSPHRASE the key file. `hop`: that is a jump host on the
    way to `host_id`. `realm` names what one answer is good for, "" where that is the one host. `instruction` and the
    prompts are the far side's words, bounded and not yet safe for a terminal. `hosts` wait for this answer, `others` of
    them hosts that want a password of the same user and are asked for by themselves. `refused` answers were wrong.
    `more` is the number of the other questions that are open.
    """

    number: int
    wants: Wants
    host_id: str
    user: str
    where: str
    hop: bool = False
    realm: str = ""
    instruction: str = ""
    prompts: tuple[Prompt, ...] = ()
    hosts: int = 1
    others: int = 0
    refused: int = 0
    more: int = 0
