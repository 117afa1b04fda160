"""What a server says during the login that asyncssh keeps to itself: its algorithms, and its ways to log in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncssh
from asyncssh.constants import MSG_DISCONNECT, MSG_SERVICE_ACCEPT, MSG_USERAUTH_FAILURE
from asyncssh.packet import PacketDecodeError, SSHPacket

from ...model.message import Message, told
from ...model.say import Say

_KINDS = (
    ("key exchange", 0, "KexAlgorithms"),
    ("host key", 1, "HostKeyAlgorithms"),
    ("cipher", 2, "Ciphers"),
    ("cipher", 3, "Ciphers"),
    ("MAC", 4, "MACs"),
    ("MAC", 5, "MACs"),
)
"""The lists of SSH_MSG_KEXINIT that must have something in common (RFC 4253, 7.1), and their names in ssh_config."""

_BEFORE_LISTS = 17
"""Bytes of a KEXINIT before its lists: its number and the cookie."""

_NO_ALGORITHM = ("ext-info-", "kex-strict-")
"""Beginnings of words in the list of key exchanges that stand for something else (RFC 8308, OpenSSH's PROTOCOL)."""

_OWN_MAC = ("-gcm@openssh.com", "chacha20-poly1305@openssh.com")
"""Ends of ciphers that need no MAC."""

_HOST_KEYS = 1
"""The place of the host key algorithms among them."""

_Handler = Callable[[Any, int, int, SSHPacket], Awaitable[None] | None]

_MOST_NAMED = 12
"""Algorithms of a list that a message names."""


class Overheard:
    """Listens in on one connection.

    `methods`: what the server takes instead, after each refusal of a login. `took_one`: it has taken one login, and
    wants more. `goodbye`: its words as it disconnects, which asyncssh drops where their code is the usual one (11).

    `proved` is called once keys are exchanged and the host key is taken: what comes with the new keys is its owner's.
    `judged` hears of each login that was not enough: True for a part of what is wanted, False for a refused one.
    """

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        proved: Callable[[], None],
        judged: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._proved = proved
        self._judged = judged
        self.methods: tuple[str, ...] = ()
        self.took_one = False
        self.goodbye = ""
        handlers = dict(connection._packet_handlers)
        handlers[MSG_USERAUTH_FAILURE] = _heard(handlers[MSG_USERAUTH_FAILURE], self._refused)
        handlers[MSG_DISCONNECT] = _heard(handlers[MSG_DISCONNECT], self._disconnected)
        handlers[MSG_SERVICE_ACCEPT] = _heard(handlers[MSG_SERVICE_ACCEPT], self._accepted)
        connection._packet_handlers = handlers  # asyncssh finds it there before the class's own

    @property
    def host_key_algorithm(self) -> str:
        """The host key algorithm that both sides have agreed on: the first of ours that they have; empty: not known."""
        ours = _names(getattr(self._connection, "_client_kexinit", b""), _HOST_KEYS)
        theirs = frozenset(_names(getattr(self._connection, "_server_kexinit", b""), _HOST_KEYS))
        return next((name.decode("ascii", "replace") for name in ours if name in theirs), "")

    @property
    def mismatch(self) -> Message | None:
        """What the two sides have not in common; None where that is nothing, or the server told nothing."""
        ours = _lists(getattr(self._connection, "_client_kexinit", b""))
        theirs = _lists(getattr(self._connection, "_server_kexinit", b""))
        if not ours or not theirs:
            return None
        for kind, place, key in _KINDS:
            if not set(ours[place]) & set(theirs[place]) and not (kind == "MAC" and _without_mac(ours, theirs, place)):
                there, here = _named(theirs[place]), _named(ours[place])
                return told(Say.NO_COMMON_ALGORITHM, kind=kind, there=there, here=here, keyword=key)
        return None

    def _refused(self, packet: SSHPacket) -> None:
        self.methods = tuple(name.decode("ascii", "replace") for name in packet.get_namelist())
        taken = packet.get_boolean()
        self.took_one = taken or self.took_one
        self._judged(taken)

    def _accepted(self, packet: SSHPacket) -> None:
        self._proved()

    def _disconnected(self, packet: SSHPacket) -> None:
        packet.get_uint32()
        self.goodbye = packet.get_string().decode("utf-8", "replace")


def _heard(handle: _Handler, hear: Callable[[SSHPacket], None]) -> _Handler:
    """asyncssh's handler of one kind of packet, with ours before it."""

    def heard(connection: Any, kind: int, number: int, packet: SSHPacket) -> Awaitable[None] | None:
        with suppress(PacketDecodeError):  # asyncssh says so
            hear(SSHPacket(packet.get_remaining_payload()))
        return handle(connection, kind, number, packet)

    return heard


def _names(kexinit: bytes, place: int) -> Sequence[bytes]:
    """The list of names at that place of a KEXINIT; none where it does not come so far."""
    try:
        packet = SSHPacket(kexinit)
        packet.get_bytes(_BEFORE_LISTS)
        for _ in range(place):
            packet.get_string()
        return packet.get_namelist()
    except PacketDecodeError:
        return ()


def _lists(kexinit: bytes) -> list[list[str]]:
    """The first six lists of names of a KEXINIT; none where there is no whole one."""
    try:
        packet = SSHPacket(kexinit)
        packet.get_bytes(_BEFORE_LISTS)
        lists = [[name.decode("ascii", "replace") for name in packet.get_namelist()] for _ in range(6)]
    except PacketDecodeError:
        return []
    lists[0] = [name for name in lists[0] if not name.startswith(_NO_ALGORITHM)]
    return lists


def _without_mac(ours: list[list[str]], theirs: list[list[str]], place: int) -> bool:
    """Whether the cipher of that direction, the first of ours that they have, needs no MAC."""
    cipher = next((name for name in ours[place - 2] if name in theirs[place - 2]), "")
    return cipher.endswith(_OWN_MAC)


def _named(names: list[str]) -> str:
    shown = ", ".join(name[:64] for name in names[:_MOST_NAMED]) or "none"
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown
