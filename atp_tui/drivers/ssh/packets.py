"""How packets are cut out of what was read, and opened: asyncssh's way costs more than their decryption.

asyncssh copies all that was read with each packet that it takes from its front, twice: of 256 KiB in packets of 32 that
is eight times as much as came, and of small packets hundreds of times. It makes a cipher anew for each packet, and
copies a packet three times before it is opened. Data of a channel, nearly all that ever comes, go there at once here.
"""

from __future__ import annotations

from typing import Any

from asyncssh import encryption
from asyncssh.connection import SSHConnection
from asyncssh.constants import MSG_CHANNEL_DATA
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NAMES = (b"aes128-gcm@openssh.com", b"aes256-gcm@openssh.com")

_TAG = 16
"""Bytes behind a packet that prove it (RFC 5647)."""

_HEADER = 4
"""Bytes before it: its length, which is not sealed."""

_FIXED = 4
"""Bytes of a nonce that stay; the rest counts the packets."""

_DATA_AT = 10
"""Where the data of a packet for a channel begin: behind the length of the padding, the kind, the channel, a length."""

_LEAST = _HEADER + _DATA_AT + _TAG


class Unread:
    """Bytes that were read and not worked on yet. What is cut off at the front stays behind, the rest is not copied.

    For asyncssh it does what bytes do: `+=`, `len`, `find` and a slice, which is an Unread where it has no end. `left`
    is what earlier reads have left, the beginning of a packet; `data` are those of the last one, from `at` on.
    """

    __slots__ = ("at", "data", "left")

    def __init__(self, data: bytes = b"", at: int = 0, left: bytes = b"") -> None:
        self.data = data
        self.at = at
        self.left = left

    def __add__(self, more: bytes) -> Unread:
        return Unread(more, 0, self.left + self.data[self.at :])

    def __len__(self) -> int:
        return len(self.left) + len(self.data) - self.at

    def find(self, what: bytes, start: int, end: int) -> int:
        """As bytes.find."""
        return self._whole().find(what, start, end)

    def __getitem__(self, part: slice) -> bytes | Unread:
        start, end = part.start or 0, part.stop
        if end is None:
            return self.cut(start)[1] if start else self
        return bytes(self.cut(end)[0][start:]) if end > 0 else b""  # below 0: see take_packet

    def cut(self, size: int) -> tuple[bytes | memoryview, Unread]:
        """The first `size` bytes, and the rest."""
        left, at = self.left, self.at
        if not left:
            return memoryview(self.data)[at : at + size], Unread(self.data, min(at + size, len(self.data)))
        if size < len(left):
            whole = self._whole()
            return memoryview(whole)[:size], Unread(whole, size)
        at += size - len(left)
        return left + self.data[self.at : at], Unread(self.data, min(at, len(self.data)))

    def _whole(self) -> bytes:
        return self.left + self.data[self.at :]


class Sealing(encryption.GCMEncryption):
    """AES-GCM as SSH has it, in one direction, by one cipher.

    `opened` is a packet that was opened ahead of asyncssh: empty where it is not proved, None where there is none.
    """

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._aead = AESGCM(key)
        self._fixed = nonce[:_FIXED]
        self._count = int.from_bytes(nonce[_FIXED:], "big")
        self.opened: bytes | None = None

    @classmethod
    def new(
        cls, cipher_name: str, key: bytes, iv: bytes, mac_alg: bytes = b"", mac_key: bytes = b"", etm: bool = False
    ) -> Sealing:
        return cls(key, iv)

    def encrypt_packet(self, seq: int, header: bytes, packet: bytes) -> tuple[bytes, bytes]:
        return header + self._aead.encrypt(self._next_nonce(), packet, header), b""  # with the proof behind it

    def decrypt_packet(self, seq: int, first: bytes, rest: bytes, header_len: int, mac: bytes) -> bytes | None:
        opened, self.opened = self.opened, None
        return self.open(first[:header_len], first[header_len:] + rest + mac) if opened is None else opened

    def open(self, header: bytes, sealed: bytes | memoryview) -> bytes:
        """The next packet, from the length of its padding on; empty for one that is not proved."""
        try:
            return self._aead.decrypt(self._next_nonce(), sealed, header)
        except InvalidTag:
            return b""

    def _next_nonce(self) -> bytes:
        nonce = self._fixed + self._count.to_bytes(8, "big")
        self._count = (self._count + 1) & 0xFFFFFFFFFFFFFFFF
        return nonce


def take_packet(connection: Any) -> bool:
    """Work on the next packet; whether to go on to the one behind it, which has not come yet where nothing was done."""
    sealing, unread = connection._recv_encryption, connection._inpbuf
    if type(sealing) is not Sealing or type(unread) is not Unread:
        return SSHConnection._recv_pkthdr(connection)
    header = bytes(unread.cut(_HEADER)[0])
    size = _HEADER + int.from_bytes(header, "big") + _TAG
    if not _LEAST <= size <= connection._max_recv_pktlen:
        return SSHConnection._recv_pkthdr(connection)  # which refuses it, or reads it for itself
    if size > len(unread):
        return False
    sealed, connection._inpbuf = unread.cut(size)
    opened = sealing.open(header, sealed[_HEADER:])
    if not connection._decompressor and (channel := _channel_of(connection, opened)) is not None:
        connection._recv_seq = (connection._recv_seq + 1) & 0xFFFFFFFF
        channel._accept_data(opened[_DATA_AT : len(opened) - opened[0]])
        return True
    sealing.opened = opened
    connection._packet = b""
    connection._pktlen = connection._recv_blocksize - _HEADER - _TAG  # then asyncssh cuts nothing off
    return SSHConnection._recv_packet(connection)


def _channel_of(connection: Any, opened: bytes) -> Any:
    """The channel that a packet has data for; None where it is another packet, or one that asyncssh would refuse."""
    if not opened or opened[1] != MSG_CHANNEL_DATA:
        return None
    channel = connection._channels.get(int.from_bytes(opened[2:6], "big"))
    size = int.from_bytes(opened[6:_DATA_AT], "big")
    if channel is None or channel._recv_state != "open" or size > channel._recv_window:
        return None
    return channel if size == len(opened) - opened[0] - _DATA_AT else None


def use_own_packets() -> None:
    """Have asyncssh's connections open and seal theirs so. Once more does no harm."""
    for name in _NAMES:
        encryption._enc_params[name] = (Sealing, encryption._enc_params[name][1])
