"""SSH servers whose channels, words and openings are odd: one outcome each, of that host alone, and no control byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.channel import SSHTCPChannel
from asyncssh.constants import (
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_WINDOW_ADJUST,
    MSG_DISCONNECT,
    MSG_USERAUTH_BANNER,
)
from asyncssh.packet import Boolean, String, UInt32

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.interrupt import Interrupt
from atp_tui.cli.run import run as run_verb
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.drivers.ssh import cutting, sessions
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import AtpError, CallTimeout, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Stream
from atp_tui.model.settings import CommandGuard, HostKeyPolicy, SshSettings, TransportConfig

from .ssh_links import HANG, Output, linked, open_link

pytestmark = pytest.mark.daemons

HOSTILE = "\x1b]52;c;AAAA\x07\x1b[6n\x1b[31m\x9b2J\u202e\u200b[@click=app.quit]\r\nfake: done"

Act = Callable[[asyncssh.SSHServerProcess[bytes]], object]


@asynccontextmanager
async def serving(directory: Path, act: Act, *, banner: str = "", **options: Any) -> AsyncIterator[HostInfo]:
    """A server that lets everybody in and does `act` for each command."""

    connections: list[asyncssh.SSHServerConnection] = []

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self.conn = conn
            connections.append(conn)

        def begin_auth(self, username: str) -> bool:
            if banner:
                self.conn.send_packet(MSG_USERAUTH_BANNER, String(banner), String(""))
            return False

    key = asyncssh.generate_private_key("ssh-ed25519")
    empty(directory)
    async with asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[key], process_factory=act, encoding=None, **options
    ) as server:
        try:
            yield HostInfo(directory.name, "127.0.0.1", uri=None, ssh=settings(directory, server.get_port()))
        finally:
            for connection in connections:
                connection.abort()
                await connection.wait_closed()


def empty(directory: Path) -> None:
    """A directory with an ssh_config that says nothing."""
    directory.mkdir(exist_ok=True)
    (directory / "ssh_config").touch()


def settings(directory: Path, port: int) -> SshSettings:
    return SshSettings(
        user="somebody",
        port=port,
        identity_files=(),
        known_hosts=(str(directory / "known_hosts"),),
        config_file=str(directory / "ssh_config"),
        host_key_policy=HostKeyPolicy.ACCEPT_NEW,
        command_guard=CommandGuard.NONE,
    )


def packet(process: Any, number: int, *parts: bytes) -> None:
    channel = process.channel
    channel._conn.send_packet(number, UInt32(channel._send_chan), *parts)


def status(process: Any, number: int = 0) -> None:
    process.channel._send_request(b"exit-status", UInt32(number))


def ends(process: Any) -> None:
    process.channel.close()


def twice(process: Any) -> None:
    status(process, 0)
    status(process, 7)
    ends(process)


def status_then_signal(process: Any) -> None:
    status(process, 3)
    process.channel._send_request(b"exit-signal", String("KILL"), Boolean(False), String(HOSTILE), String(""))
    ends(process)


def hostile_signal(process: Any) -> None:
    process.channel._send_request(b"exit-signal", String(HOSTILE), Boolean(False), String(HOSTILE), String(HOSTILE))
    ends(process)


def beyond_the_window(process: Any) -> None:
    for _ in range(600):
        packet(process, MSG_CHANNEL_DATA, String(b"x" * 32_000))
    status(process)
    ends(process)


def other_channel(process: Any) -> None:
    process.channel._conn.send_packet(MSG_CHANNEL_DATA, UInt32(4711), String(b"x"))
    status(process)
    ends(process)


def odd_type(process: Any) -> None:
    packet(process, MSG_CHANNEL_EXTENDED_DATA, UInt32(9), String(b"x"))
    status(process)
    ends(process)


def huge_window(process: Any) -> None:
    for _ in range(3):
        packet(process, MSG_CHANNEL_WINDOW_ADJUST, UInt32(2**32 - 1))
    status(process)
    ends(process)


def cut_in_a_line(process: Any) -> None:
    packet(process, MSG_CHANNEL_DATA, String(b"half a li"))
    process.channel._conn._transport.abort()


def says_goodbye(process: Any) -> None:
    process.channel._conn.send_packet(MSG_DISCONNECT, UInt32(11), String(HOSTILE), String(""))
    process.channel._conn._transport.close()


def no_status(process: Any) -> None:
    ends(process)


def odd_request(process: Any) -> None:
    process.channel._send_request(b"\xff\xfe", b"\x00" * 3)
    status(process)
    ends(process)


def hostile_output(process: Any) -> None:
    process.stdout.write(HOSTILE.encode())
    process.stderr.write(HOSTILE.encode() + b"\xff\xc2")
    process.exit(1)


ODD: tuple[Act, ...] = (
    twice,
    status_then_signal,
    hostile_signal,
    beyond_the_window,
    other_channel,
    odd_type,
    huge_window,
    cut_in_a_line,
    says_goodbye,
    no_status,
    odd_request,
    hostile_output,
)


@pytest.mark.parametrize("act", ODD)
async def test_a_command_ends_once_and_the_link_is_ended_or_well(tmp_path: Path, act: Act) -> None:
    async with serving(tmp_path / "peer", act) as host, linked(host) as link:
        try:
            async with asyncio.timeout(HANG):
                ended = await link.run(Command("true"), Output(), 2.0)
        except AtpError as error:
            assert error.message
        else:
            assert isinstance(ended, ExitStatus)
            assert (ended.status is None) != (ended.signal is None)


@pytest.mark.parametrize("as_json", [True, False])
async def test_every_host_has_one_answer_and_no_word_of_theirs_is_obeyed(
    tmp_path: Path, as_json: bool, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def well(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"well\n")
        process.exit(0)

    async with asyncio.timeout(HANG), contextlib.AsyncExitStack() as stack:
        hosts = [await stack.enter_async_context(serving(tmp_path / "good", well))]
        for act in ODD:
            name = getattr(act, "__name__", "").replace("_", "-")
            hosts.append(await stack.enter_async_context(serving(tmp_path / name, act, banner=HOSTILE)))
        limits = TransportConfig(connect_timeout=5.0)
        source = FileSource(FleetConfig(transport=limits, hosts=tuple(hosts)))
        arguments = Arguments("run", targets=("@all",), command="true", json=as_json, yes=True, timeout=5.0)
        await run_verb(arguments, source, Interrupt(lambda: None))
    out, err = capfd.readouterr()
    if as_json:
        results = json.loads(out)["results"]
        assert sorted(each["host"] for each in results) == sorted(host.id for host in hosts)
        assert next(each for each in results if each["host"] == "good")["stdout"] == "well\n"
    else:
        assert "good: well\n" in out
        assert not any(line.startswith("fake:") for line in (out + err).splitlines())
    shown = out + err + "".join(record.getMessage() for record in caplog.records if record.name.startswith("atp"))
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in shown.replace("\n", ""))
    assert "\u202e" not in shown and "\u200b" not in shown


PAUSE = 0.2
"""Seconds between two bytes of a server that dribbles."""


def dribbling(ended: bool) -> Act:
    """Sends one byte after the other for as long as it is let; `ended`: the command's status came before them. The
    command `echo` is answered."""

    async def dribble(process: asyncssh.SSHServerProcess[bytes]) -> None:
        if process.command == "echo":
            process.stdout.write(b"well\n")
            process.exit(0)
            return
        if ended:
            status(process)
        while not process.channel.is_closing():
            process.stdout.write(b".")
            await asyncio.sleep(PAUSE)

    return dribble


async def is_well(link: SshLink) -> None:
    """Others are not held up by what goes on there."""
    output = Output()
    assert await link.run(Command("echo"), output, HANG) == ExitStatus(0)
    assert output.stdout == b"well\n"
    await link.ping(HANG)


async def test_a_status_and_then_bytes_now_and_then_is_the_commands_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who left them behind was a background job: nobody waits longer for it than it is silent."""
    monkeypatch.setattr(sessions, "SILENCE", PAUSE / 4)
    output = Output()
    async with serving(tmp_path / "peer", dribbling(True)) as host, linked(host) as link:
        assert await link.run(Command("dribble"), output, HANG) == ExitStatus(0)
        assert len(output.stdout) < 10
        await is_well(link)


@pytest.mark.parametrize("ended", [True, False])
async def test_a_command_that_dribbles_on_is_waited_for_and_holds_up_nobody(
    tmp_path: Path, ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end comes with its limit, or with a cancel; its host has told of its status or not."""
    monkeypatch.setattr(cutting, "END_LIMIT", 2 * PAUSE)
    async with serving(tmp_path / "peer", dribbling(ended)) as host, linked(host) as link:
        with pytest.raises(CallTimeout) as late:
            await link.run(Command("dribble"), Output(), 5 * PAUSE)
        assert not end_is_confirmed(late.value), "whatever holds its output may go on"
        begun, output = asyncio.Event(), Output()

        def take(stream: Stream, data: bytes) -> None:
            output(stream, data)
            if len(output.stdout) == 5:
                begun.set()

        task = asyncio.create_task(link.run(Command("dribble"), take, None))
        async with asyncio.timeout(HANG):
            await begun.wait()
            await is_well(link)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await task
        assert not end_is_confirmed(cancelled.value)
        await is_well(link)


async def test_channels_towards_us_are_refused(tmp_path: Path) -> None:
    """X11, the agent, sockets and ports: nothing of this machine is lent."""
    lent: list[bytes] = []
    tried = asyncio.Event()

    async def attempts(conn: Any) -> None:
        local = String("127.0.0.1") + UInt32(22)
        for kind, *parts in (
            (b"x11", local),
            (b"auth-agent@openssh.com",),
            (b"forwarded-tcpip", local, local),
            (b"direct-tcpip", local, local),
            (b"forwarded-streamlocal@openssh.com", String("/run/libvirt/libvirt-sock"), String("")),
            (b"direct-streamlocal@openssh.com", String("/run/libvirt/libvirt-sock"), String(""), UInt32(0)),
            (b"session",),
        ):
            channel: Any = SSHTCPChannel(conn, asyncio.get_running_loop(), None, "strict", 1 << 21, 1 << 15)
            with contextlib.suppress(asyncssh.ChannelOpenError):
                await channel._open(kind, *parts)
                lent.append(kind)
        tried.set()

    tasks: list[asyncio.Task[None]] = []

    def act(process: asyncssh.SSHServerProcess[bytes]) -> None:
        tasks.append(asyncio.ensure_future(attempts(process.channel.get_connection())))
        tasks[-1].add_done_callback(lambda _: process.exit(0))

    async with serving(tmp_path / "peer", act) as host, linked(host) as link:
        assert await link.run(Command("true"), Output(), 10.0) == ExitStatus(0)
    assert tried.is_set() and lent == []


async def test_a_server_that_changes_keys_with_each_packet_is_heard_out(tmp_path: Path) -> None:
    def act(process: asyncssh.SSHServerProcess[bytes]) -> None:
        for number in range(50):
            process.stdout.write(b"%04d" % number * 50)
        process.exit(0)

    output = Output()
    async with serving(tmp_path / "peer", act, rekey_bytes=1) as host, linked(host) as link:
        assert await link.run(Command("true"), output, HANG) == ExitStatus(0)
    assert output.stdout == b"".join(b"%04d" % number * 50 for number in range(50))


@pytest.mark.parametrize("policy", [HostKeyPolicy.STRICT, HostKeyPolicy.ACCEPT_NEW])
@pytest.mark.parametrize("another", [True, False])
async def test_a_server_that_comes_with_another_key_later_is_refused(
    tmp_path: Path, policy: HostKeyPolicy, another: bool
) -> None:
    other = asyncssh.load_keypairs([asyncssh.generate_private_key("ssh-ed25519")])[0]

    def act(process: Any) -> None:
        conn = process.channel._conn
        if another:
            conn._server_host_keys.update(dict.fromkeys(conn._server_host_keys, other))
        conn._kexinit_sent = True
        conn._send_kexinit()
        process.exit(0)  # waits for the new keys

    async with serving(tmp_path / "peer", act) as host:
        async with linked(host):
            pass  # its key is on file now
        assert host.ssh is not None
        on_file = (tmp_path / "peer" / "known_hosts").read_bytes()
        async with linked(replace(host, ssh=replace(host.ssh, host_key_policy=policy))) as link:
            if another:
                with pytest.raises(TransportError):
                    await link.run(Command("true"), Output(), HANG)
            else:
                assert await link.run(Command("true"), Output(), HANG) == ExitStatus(0)
            assert link.is_alive() is not another
        assert (tmp_path / "peer" / "known_hosts").read_bytes() == on_file


def kexinit(names: bytes, length: int | None = None) -> bytes:
    """A packet of SSH before encryption: KEXINIT with these names ten times, of this length or its own."""
    body = b"\x14" + bytes(16) + (struct.pack(">I", len(names)) + names) * 10 + bytes(5)
    padding = 8 - (len(body) + 5) % 8 + 8
    size = len(body) + padding + 1 if length is None else length
    return struct.pack(">IB", size, padding) + body + bytes(padding)


OPENINGS = {
    "version of escapes": b"SSH-2.0-" + b"\x1b[31m" * 1000 + b"\r\n",
    "version without an end": b"SSH-2.0-" + b"a" * 100_000,
    "version that is no text": b"SSH-2.0-\xff\xfe\x9b2J\r\n",
    "many names": b"SSH-2.0-x\r\n" + kexinit(b",".join(b"name%d" % n for n in range(20_000))),
    "a packet of 200 MB": b"SSH-2.0-x\r\n" + kexinit(b"none", 200_000_000),
    "names of escapes": b"SSH-2.0-x\r\n" + kexinit(b"\x1b]0;x\x07,\xff"),
    "a packet of nothing": b"SSH-2.0-x\r\n" + bytes(64),
    "half a handshake": b"SSH-2.0-x\r\n" + kexinit(b"none")[:40],
    "escapes before it": (b"\x1b[2J\x9b" * 200 + b"\r\n") * 20 + b"SSH-2.0-x\r\n",
}


SILENT = ("half a handshake", "escapes before it")
"""What may yet become a handshake."""


@pytest.mark.parametrize("opening", OPENINGS)
async def test_an_odd_opening_is_refused_in_words_of_reasonable_length(tmp_path: Path, opening: str) -> None:
    gone = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OPENINGS[opening])
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    empty(tmp_path)
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings(tmp_path, server.sockets[0].getsockname()[1]))
    words = ""
    try:
        async with asyncio.timeout(0.5):  # as connect_timeout does it, for a peer that falls silent
            (await open_link(host)).abort()
    except TransportError as error:
        words = error.message
    except TimeoutError:
        assert opening in SILENT
    server.close()
    async with asyncio.timeout(HANG):
        await gone.wait()
    await asyncio.sleep(0)
    assert (0 < len(words) < 2000) != (opening in SILENT)
