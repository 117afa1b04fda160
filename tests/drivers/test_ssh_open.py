"""Opening and ending SSH connections: peers that are not well, silence, loss."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import AuthFailed, CallTimeout, ConnectFailed, ConnectionLost, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import ExitStatus
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.sshd import PrivateSshd, free_port
from .leftovers import leftovers, nothing_left_since
from .ssh_links import (
    HANG,
    answers,
    fails,
    host_of,
    linked,
    new_key,
    open_link,
    run,
    unexpected,
    until,
    until_lost,
)

pytestmark = pytest.mark.daemons


async def test_a_port_that_refuses(sshd: PrivateSshd) -> None:
    error = await fails(host_of(sshd, sshd.ssh_settings(port=free_port())))
    assert isinstance(error, ConnectFailed)
    assert not error.permanent
    assert "refuses" in error.message


async def test_a_name_without_an_address(sshd: PrivateSshd) -> None:
    error = await fails(HostInfo("peer", "no-such-name.invalid", uri=None, ssh=sshd.ssh_settings()))
    assert isinstance(error, ConnectFailed)
    assert "no-such-name.invalid" in error.message


@contextlib.asynccontextmanager
async def _talker(first: bytes, *, endless: bool = False, ends: bool = False) -> AsyncIterator[int]:
    """A server that says something, and then goes on, is silent, or ends."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            writer.write(first)
            while endless:
                writer.write(first)
                await writer.drain()
                await asyncio.sleep(0)
            if not ends:
                await reader.read()  # until the client goes
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@pytest.mark.parametrize(
    ("first", "endless", "ends"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False, True),
        (b"SSH-1.5-old\r\n", False, True),
        (b"", False, True),
        (b"a banner without end\r\n", True, False),
        (b"x" * 65536, True, False),
        (b"SSH-2.0-liar\r\n" + b"\xff" * 1000, False, False),
        (b"SSH-2.0-liar\r\n" + b"\0" * 1000, False, False),
    ],
)
async def test_a_peer_of_another_protocol(sshd: PrivateSshd, first: bytes, endless: bool, ends: bool) -> None:
    async with _talker(first, endless=endless, ends=ends) as port:
        before = leftovers()
        error = await fails(host_of(sshd, sshd.ssh_settings(port=port)))
        assert isinstance(error, ConnectFailed)
        assert "SSH" in error.message
        assert not error.permanent, "sshd may be back on its port the next time"
        await nothing_left_since(before)


@pytest.mark.parametrize("first", [b"", b"SSH-2.0-silent\r\n"])
async def test_a_cancelled_attempt_at_a_silent_peer_leaves_nothing(sshd: PrivateSshd, first: bytes) -> None:
    before = leftovers()
    async with _talker(first) as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                request = OpenRequest(host_of(sshd, sshd.ssh_settings(port=port)), TransportConfig(), unexpected)
                await SshDriver().open(request)
        assert len(asyncio.all_tasks()) <= 2  # this test, and the talker's
    await nothing_left_since(before)


async def test_a_cancel_at_any_moment_leaves_nothing(sshd: PrivateSshd) -> None:
    driver = SshDriver()
    request = OpenRequest(host_of(sshd), TransportConfig(), unexpected)
    (await driver.open(request)).abort()
    await asyncio.sleep(0.1)
    before = leftovers()
    opened = 0
    for step in range(0, 60, 2):
        task = asyncio.create_task(driver.open(request))
        await asyncio.sleep(step / 1000)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await task).abort()
            opened += 1
    assert opened < 30, "no attempt was cut short: the test has no reach"
    await nothing_left_since(before)
    await until(lambda: not sshd.connections(), "sshd still has connections")
    assert asyncio.all_tasks() == {asyncio.current_task()}


# -- the end of a link -------------------------------------------------------------------------------------------------


async def test_a_lost_link_is_told_once(own_sshd: PrivateSshd) -> None:
    lost: list[TransportError] = []
    link = await open_link(host_of(own_sshd), lost=lost)
    own_sshd.kill()
    await until_lost(lost)
    assert not link.is_alive()
    for verb in (link.ping(1), run(link, "true")):
        with pytest.raises(ConnectionLost):
            await verb
    await link.close()
    link.abort()
    assert [type(error) for error in lost] == [ConnectionLost]
    assert lost[0].host == "peer"


async def test_a_link_that_was_ended_here_is_not_lost(sshd: PrivateSshd) -> None:
    lost: list[TransportError] = []
    before = leftovers()
    first, second = [await open_link(host_of(sshd), lost=lost) for _ in range(2)]
    await first.close()
    second.abort()
    for link in (first, second):
        assert not link.is_alive()
        with pytest.raises(ConnectionLost):
            await link.ping(1)
    await nothing_left_since(before)
    assert lost == []


async def test_keepalive_finds_a_silent_peer(own_sshd: PrivateSshd) -> None:
    lost: list[TransportError] = []
    config = TransportConfig(keepalive_interval=1, keepalive_count=1)
    link = await open_link(host_of(own_sshd), lost=lost, config=config)
    own_sshd.stop()
    await until_lost(lost)
    assert not link.is_alive()
    assert "no longer answers" in lost[0].message


async def test_keepalive_asks_as_often_as_its_setting_says(
    own_sshd: PrivateSshd, caplog: pytest.LogCaptureFixture
) -> None:
    """Interval and count are no more than two numbers to asyncssh: the one in the other's place would go unseen."""
    lost: list[TransportError] = []
    with caplog.at_level(logging.DEBUG, "asyncssh"):
        await open_link(host_of(own_sshd), lost=lost, config=TransportConfig(keepalive_interval=1, keepalive_count=3))
        own_sshd.stop()
        caplog.clear()
        await until_lost(lost)
    asked = sum("Sending keepalive request" in record.getMessage() for record in caplog.records)
    assert asked in (2, 3), "the first one may have gone before the daemon stopped"


async def test_a_silent_peer_holds_nobody_up(own_sshd: PrivateSshd) -> None:
    before = leftovers()
    async with asyncio.timeout(HANG):
        first, second = [await open_link(host_of(own_sshd)) for _ in range(2)]
        own_sshd.stop()
        with pytest.raises(CallTimeout):
            await first.ping(0.2)
        assert first.is_alive()  # a slow answer is not a loss: the heartbeat decides
        await first.close()
        second.abort()
        await nothing_left_since(before)


async def test_a_ping_is_a_round_trip(own_sshd: PrivateSshd) -> None:
    async with linked(own_sshd) as link:
        own_sshd.stop()
        ping = asyncio.create_task(link.ping(HANG))
        await asyncio.sleep(0.2)
        assert not ping.done()
        own_sshd.cont()
        await ping


async def test_a_new_key_file_is_used_without_a_restart(sshd: PrivateSshd, tmp_path: Path) -> None:
    driver = SshDriver()
    key = new_key(tmp_path / "key")
    host = host_of(sshd, sshd.ssh_settings(identity=key))
    assert isinstance(await fails(host, driver), AuthFailed)
    key.write_bytes(sshd.client_key.read_bytes())
    assert await answers(host, driver)


async def test_sshd_survives_a_sigstop_of_its_listener_alone(own_sshd: PrivateSshd) -> None:
    """The daemon of the tests itself: stop() must reach what answers, not the listener alone."""
    async with linked(own_sshd) as link:
        os.kill(own_sshd.pid, signal.SIGSTOP)
        assert await run(link, "echo yes") == (ExitStatus(0), b"yes\n", b"")
        os.kill(own_sshd.pid, signal.SIGCONT)
