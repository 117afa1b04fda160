"""Packets are cut and opened as by asyncssh, whatever pieces they come in, and nothing needless goes with them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import asyncssh
import pytest
from asyncssh.connection import SSHConnection
from asyncssh.constants import MSG_CHANNEL_DATA, MSG_CHANNEL_EOF, MSG_IGNORE
from asyncssh.crypto import GCMCipher
from asyncssh.encryption import GCMEncryption
from asyncssh.packet import String, UInt32
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.ssh import intake
from atp_tui.drivers.ssh.packets import Sealing, Unread, take_packet

from ..daemons.sshd import PrivateSshd
from .ssh_links import HANG, host_of, linked, run

KEY, NONCE = bytes(range(16)), bytes(range(12))


@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 60)), max_size=30))
def test_what_was_not_worked_on_is_as_bytes_are(steps: list[bytes | int]) -> None:
    """A number cuts so many bytes off at the front, as asyncssh does it, once all of them are there."""
    plain, unread = b"", Unread()
    for step in steps:
        if isinstance(step, bytes):
            plain, unread = plain + step, unread + step
        elif step <= len(plain):
            assert unread[:step] == plain[:step]
            assert unread[step // 2 : step] == plain[step // 2 : step]
            rest = unread[step:]
            assert isinstance(rest, Unread)
            plain, unread = plain[step:], rest
        assert (len(unread), bool(unread)) == (len(plain), bool(plain))
        assert unread.find(b"\0", 0, 50) == plain.find(b"\0", 0, 50)


@given(st.lists(st.binary(min_size=16, max_size=300), min_size=1, max_size=5))
def test_packets_are_sealed_and_opened_as_by_asyncssh(packets: list[bytes]) -> None:
    ours, theirs = Sealing.new("aes128-gcm", KEY, NONCE), GCMEncryption(GCMCipher("aes128-gcm", KEY, NONCE))
    opening, their_opening = Sealing(KEY, NONCE), GCMEncryption(GCMCipher("aes128-gcm", KEY, NONCE))
    for number, packet in enumerate(packets):
        header = UInt32(len(packet))
        sealed = b"".join(ours.encrypt_packet(number, header, packet))
        assert sealed == b"".join(theirs.encrypt_packet(number, header, packet))
        first, rest, proof = sealed[:16], sealed[16:-16], sealed[-16:]
        assert opening.decrypt_packet(number, first, rest, 4, proof) == packet
        assert their_opening.decrypt_packet(number, first, rest, 4, proof) == packet


class Channel:
    """A channel that keeps what it is given."""

    def __init__(self, window: int = 100, state: str = "open") -> None:
        self._recv_state, self._recv_window = state, window
        self.data: list[bytes] = []

    def _accept_data(self, data: bytes) -> None:
        self.data.append(data)


class Connection:
    """As much of asyncssh's connection as is asked for a packet; `left` are those that are left to asyncssh."""

    def __init__(self, channel: Channel | None = None) -> None:
        self._recv_encryption = Sealing(KEY, NONCE)
        self._inpbuf = Unread()
        self._decompressor = None
        self._max_recv_pktlen, self._recv_blocksize, self._recv_seq = 1000, 16, 0
        self._channels = {} if channel is None else {7: channel}
        self.left: list[bytes | None] = []


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncssh opens what is left to it."""

    def received(connection: Any) -> bool:
        connection.left.append(connection._recv_encryption.decrypt_packet(0, b"", b"", 4, b""))
        return True

    monkeypatch.setattr(SSHConnection, "_recv_packet", received)


def sealed(sealing: Sealing, payload: bytes) -> bytes:
    padding = 4 + -(5 + len(payload) + 4 - 4) % 16
    packet = bytes([padding]) + payload + bytes(padding)
    return b"".join(sealing.encrypt_packet(0, UInt32(len(packet)), packet))


def data(text: bytes, channel: int = 7) -> bytes:
    return bytes([MSG_CHANNEL_DATA]) + UInt32(channel) + String(text)


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("size", [1, 3, 16, 50, 1000])
def test_data_go_to_their_channel_in_whatever_pieces_they_come(size: int) -> None:
    channel, sealing = Channel(), Sealing(KEY, NONCE)
    connection: Any = Connection(channel)
    end = bytes([MSG_CHANNEL_EOF]) + UInt32(7)
    came = b"".join(sealed(sealing, each) for each in (data(b"one"), end, data(b"two" * 20), data(b"")))
    for start in range(0, len(came), size):
        connection._inpbuf += came[start : start + size]
        while connection._inpbuf and take_packet(connection):
            pass
    assert channel.data == [b"one", b"two" * 20, b""]
    assert [packet and packet[1:6] for packet in connection.left] == [end]
    assert connection._recv_seq == 3 and not connection._inpbuf


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        (None, data(b"text")),
        (Channel(state="closed"), data(b"text")),
        (Channel(window=3), data(b"text")),
        (Channel(), data(b"text", channel=8)),
        (Channel(), data(b"text") + b"more"),
        (Channel(), data(b"text")[:-1]),
    ],
    ids=["no channel", "closed", "window", "another channel", "too much", "too little"],
)
def test_what_asyncssh_would_refuse_is_left_to_asyncssh(channel: Channel | None, payload: bytes) -> None:
    connection: Any = Connection(channel)
    connection._inpbuf += sealed(Sealing(KEY, NONCE), payload)
    assert take_packet(connection)
    assert [packet and packet[1 : 1 + len(payload)] for packet in connection.left] == [payload]
    assert channel is None or channel.data == []


@pytest.mark.usefixtures("left")
def test_a_packet_that_is_not_proved_is_none() -> None:
    connection: Any = Connection(channel := Channel())
    spoilt = bytearray(sealed(Sealing(KEY, NONCE), data(b"text")))
    spoilt[9] ^= 1
    connection._inpbuf += bytes(spoilt)
    assert take_packet(connection)
    assert connection.left == [b""] and channel.data == []  # which asyncssh takes for a wrong proof


@pytest.mark.daemons
@pytest.mark.parametrize("size", [1, 61, 4096])
async def test_a_command_s_output_is_whole_whatever_is_read_at_a_time(
    sshd: PrivateSshd, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "READ", size)
    last = 400 if size == 1 else 20_000
    async with linked(sshd) as link:
        status, said, complaint = await run(link, f"seq {last}; echo done >&2")
        assert (status.status, complaint) == (0, b"done\n")
        assert said.split() == [b"%d" % number for number in range(1, last + 1)]


@pytest.mark.daemons
@pytest.mark.parametrize(("cipher", "empties"), [("aes256-gcm@openssh.com", False), ("aes256-ctr", True)])
async def test_empty_packets_are_sent_only_where_they_guard(
    sshd: PrivateSshd, cipher: str, empties: bool, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    send = SSHConnection.send_packet

    def noted(connection: Any, kind: int, *parts: bytes, **more: Any) -> None:
        sent.append(kind)
        send(connection, kind, *parts, **more)

    monkeypatch.setattr(SSHConnection, "send_packet", noted)
    (config := tmp_path / "config").write_text(f"Ciphers {cipher}\n")
    async with linked(host_of(sshd, sshd.ssh_settings(config_file=str(config)))) as link:
        assert (await run(link, "echo here"))[1] == b"here\n"
        assert link._connection.get_extra_info("send_cipher") == cipher
    assert (MSG_IGNORE in sent) is empties


@pytest.mark.daemons
async def test_packets_are_worded_for_whoever_asks_for_it(sshd: PrivateSshd, caplog: pytest.LogCaptureFixture) -> None:
    async with linked(sshd) as link, asyncio.timeout(HANG):
        with caplog.at_level(logging.DEBUG, "asyncssh"):
            await link.ping(HANG)
            assert not [record for record in caplog.records if "MSG_" in record.getMessage()]
            asyncssh.set_debug_level(3)
            try:
                await link.ping(HANG)
            finally:
                asyncssh.set_debug_level(1)
    assert [record for record in caplog.records if "MSG_GLOBAL_REQUEST" in record.getMessage()]
