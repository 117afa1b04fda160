"""A host that sends without end fills no memory and holds nobody up: its connection waits for its turn, or is ended."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from atp_tui.drivers.ssh import floods, inflating, intake
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.drivers.ssh.packets import Sealing
from atp_tui.model.causes import Cause
from atp_tui.model.errors import ConnectionLost, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, Stream
from atp_tui.model.say import Say
from atp_tui.model.settings import SshSettings

from ..daemons.hostile_sshd import flooding
from ..daemons.sshd import PrivateSshd
from .ssh_links import HANG, fails, host_of, linked, open_link, run, until, until_lost

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshSettings]:
    with flooding(tmp_path_factory.mktemp("hostile")) as settings:
        yield settings


def host_with(hostile: SshSettings, flood: str) -> HostInfo:
    return HostInfo("peer", "127.0.0.1", uri=None, ssh=replace(hostile, user=flood))


@asynccontextmanager
async def flooded(hostile: SshSettings, flood: str) -> AsyncIterator[SshLink]:
    """A link on which a command floods."""
    async with linked(host_with(hostile, flood)) as link:
        task = asyncio.create_task(link.run(Command("flood"), Held(), None))
        try:
            yield link
        finally:
            task.cancel()
            await asyncio.wait([task])


class Held:
    """A sink that takes the first piece, and then has no room."""

    def __init__(self) -> None:
        self._room: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None]:
        return self._room


async def ended_with(hostile: SshSettings, flood: str, driver: SshDriver | None = None) -> TransportError:
    """What a link that is flooded ends with, at the latest as it opens."""
    lost: list[TransportError] = []
    try:
        await open_link(host_with(hostile, flood), driver, lost)
    except TransportError as error:
        return error
    await until_lost(lost)
    return lost[0]


UNASKED = (
    "hostkeys", "hostkeys-small", "keepalive", "deaf", "unfinished-rekey", "session", "forwarded", "x11", "debug",
    "unimplemented", "banner",
)  # fmt: skip


@pytest.mark.parametrize("flood", UNASKED)
async def test_packets_without_end_that_nobody_asked_for_end_the_connection(hostile: SshSettings, flood: str) -> None:
    error = await ended_with(hostile, flood)
    assert (error.kind, error.permanent) == (Cause.FLOODS, False)
    assert "floods us, and the SSH connection was ended: more than 1,000 packets that nobody" in error.message


async def test_one_that_takes_no_answers_is_let_go_of(hostile: SshSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_UNTAKEN", 1 << 16)
    lost: list[TransportError] = []
    link = await open_link(host_with(hostile, "deaf-channel"), lost=lost)
    link._connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with pytest.raises(ConnectionLost) as caught:
        await link.run(Command("flood"), Held(), HANG)
    assert caught.value.kind is Cause.FLOODS
    assert "answers that it does not take" in caught.value.message


async def test_what_waits_for_a_key_exchange_is_bounded(hostile: SshSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_UNASKED", 1 << 30)
    monkeypatch.setattr(intake, "MOST_DEFERRED", 100)
    error = await ended_with(hostile, "unfinished-rekey")
    assert "100 packets wait for a key exchange that does not end" in error.message


async def test_one_that_has_flooded_us_is_left_alone(hostile: SshSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets us in each time, so that the next attempt would follow at once."""
    driver, now = SshDriver(), [0.0]
    monkeypatch.setattr(floods, "_now", lambda: now[0])
    assert (await ended_with(hostile, "keepalive", driver)).kind is Cause.FLOODS
    for now[0] in (1.0, 59.0):
        error = await fails(host_with(hostile, "ignore"), driver)
        assert (error.kind, error.permanent, error.reason.id) == (Cause.FLOODS, False, Say.FLOODED_BEFORE)
    now[0] = 60.0
    (await open_link(host_with(hostile, "ignore"), driver)).abort()


class Clock:
    """Each look at it, one before each packet, takes so much of a connection's share."""

    def __init__(self, part: float) -> None:
        self._now = 0.0
        self._step = intake.SHARE * part

    def __call__(self) -> float:
        self._now += self._step
        return self._now


@pytest.mark.parametrize("flood", ["ignore-small", "adjust", "bytes", "error-bytes"])
async def test_a_flood_gets_its_share_of_a_turn_and_no_more(
    hostile: SshSettings, flood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of packets were worked through in one turn of the loop."""
    packets = 0
    opened = Sealing.open

    def counted(sealing: Sealing, header: bytes, sealed: bytes | memoryview) -> bytes:
        nonlocal packets
        packets += 1
        return opened(sealing, header, sealed)

    monkeypatch.setattr(Sealing, "open", counted)
    async with flooded(hostile, flood), asyncio.timeout(HANG):
        monkeypatch.setattr(intake, "perf_counter", Clock(0.25))
        before, most, turns = packets, 0, 0
        while packets < before + 3000:
            last = packets
            await asyncio.sleep(0)
            most = max(most, packets - last) if turns else 0  # what was read before the clock went
            turns += 1
    assert most < 50


@pytest.mark.parametrize("jump", [False, True], ids=["direct", "jump"])
async def test_nothing_is_lost_where_each_packet_waits_for_its_turn(
    sshd: PrivateSshd, jump: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "perf_counter", Clock(0.6))
    through = f"{sshd.user}@127.0.0.1:{sshd.port}" if jump else None
    async with linked(host_of(sshd, sshd.ssh_settings(proxy_jump=through))) as link:
        status, said, _ = await run(link, "seq 1 200000; echo done >&2")
        assert status.status == 0
        assert said.split() == [b"%d" % number for number in range(1, 200001)]
        await link.ping(HANG)


async def test_what_comes_while_a_packet_is_worked_on_is_bounded(hostile: SshSettings) -> None:
    """As while a person types a password: asyncssh goes on reading then, and keeps it all."""
    async with linked(host_with(hostile, "ignore")) as link:
        connection: Any = link._connection
        within = connection._recv_handler  # it may be in the midst of a packet
        connection._recv_handler = lambda: False  # as asyncssh has it meanwhile
        transport = connection._transport
        await until(lambda: not transport.is_reading(), "it reads on and on")
        assert len(connection._inpbuf) <= intake.MOST_HELD + intake.READ
        connection._recv_handler = within
        connection._recv_data()
        await link.ping(HANG)


async def test_small_pieces_that_wait_for_a_reader_are_joined(hostile: SshSettings) -> None:
    """Byte by byte a window of 2 MiB was 200 MB."""
    async with flooded(hostile, "bytes") as link:
        connection: Any = link._connection

        def waiting() -> list[tuple[bytes, int | None]]:
            channels = connection._channels.values()
            return max((channel._recv_buf for channel in channels), key=len, default=[])

        await until(lambda: sum(len(data) for data, _ in waiting()) > 5000, "no byte came")
        assert len(waiting()) < 20


def test_a_packet_that_becomes_too_large_is_refused() -> None:
    squeeze = zlib.compressobj()
    usual, bomb = (
        squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH) for data in (b"x" * 262144, bytes(1 << 24))
    )
    inflated = inflating.Inflating()
    assert inflated.decompress(usual) == b"x" * 262144
    assert inflated.decompress(bomb) is None
    assert inflating.Inflating().decompress(b"no zlib") is None
