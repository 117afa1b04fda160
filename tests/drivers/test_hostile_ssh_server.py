"""An SSH server that means ill, or is of another make: it holds nobody up, and its fault is told as its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import kex_dh
from asyncssh.constants import MSG_CHANNEL_OPEN_CONFIRMATION, MSG_DEBUG
from asyncssh.kex_dh import _group14_p, _group18_p
from asyncssh.packet import Boolean, String

from atp_tui.drivers.ssh.diffie_hellman import Exchange, use_own_groups
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.causes import Cause
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallFailed, ConnectFailed, HostKeyRejected
from atp_tui.model.events import ConnectionChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.message import Message
from atp_tui.model.settings import HostKeyPolicy, Jitter, ReconnectConfig, SshSettings, TransportConfig
from atp_tui.transport.manager import TransportManager

from ..daemons.sshd import running_sshd
from .ssh_links import HANG, answers, fails, host_of, open_link, run

pytestmark = pytest.mark.daemons

Act = Callable[[asyncssh.SSHServerConnection], None]


@asynccontextmanager
async def acting(directory: Path, at_login: Act) -> AsyncIterator[HostInfo]:
    """A server that lets everybody in, and does `at_login` before it."""

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self.conn = conn

        def begin_auth(self, username: str) -> bool:
            at_login(self.conn)
            return False

    def end(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.exit(0)

    key = asyncssh.generate_private_key("ssh-ed25519")
    async with asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[key], process_factory=end, encoding=None
    ) as server:
        known_hosts = directory / "known_hosts"
        known_hosts.write_bytes(f"[127.0.0.1]:{server.get_port()} ".encode() + key.export_public_key())
        config = directory / "ssh_config"
        config.touch()
        settings = SshSettings(
            user="somebody", port=server.get_port(), known_hosts=(str(known_hosts),), config_file=str(config)
        )
        yield HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)


async def test_long_debug_messages_hold_nobody_up(tmp_path: Path) -> None:
    """Each of these took 10 s of the event loop, of all hosts; any peer can send them before its key is checked."""
    words = ": key options:" * 18_000

    def chatter(conn: asyncssh.SSHServerConnection) -> None:
        for _ in range(5):
            conn.send_packet(MSG_DEBUG, Boolean(False), String(words), String(""))

    async with acting(tmp_path, chatter) as host:
        link = await open_link(host)
        link.abort()


@pytest.mark.parametrize("same", [True, False])
async def test_a_new_key_that_another_connection_has_stored_meanwhile(tmp_path: Path, same: bool) -> None:
    """The same key is stored once; where another one is on file by then, this one is a changed key."""
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key()

    def store(conn: asyncssh.SSHServerConnection) -> None:
        lines.append(own if same else own.split()[0] + b" " + other)
        known_hosts.write_bytes(lines[0])

    lines: list[bytes] = []
    known_hosts = tmp_path / "known_hosts"
    async with acting(tmp_path, store) as host:
        own = known_hosts.read_bytes()
        known_hosts.write_bytes(b"somebody.else " + other)
        assert host.ssh is not None
        host = replace(host, ssh=replace(host.ssh, host_key_policy=HostKeyPolicy.ACCEPT_NEW))
        if same:
            (await open_link(host)).abort()
        else:
            error = await fails(host)
            assert isinstance(error, HostKeyRejected)
            assert error.known
        assert known_hosts.read_bytes() == lines[0]


async def test_a_group_for_the_key_exchange_that_is_not_a_usual_one(tmp_path: Path) -> None:
    """OpenSSL tests for minutes whether such a number is a prime, and the event loop waited."""
    moduli = tmp_path / "moduli"
    moduli.write_text(f"20261128000000 2 6 100 8191 5 {_group18_p:X}\n")
    options = ["KexAlgorithms diffie-hellman-group-exchange-sha256", f"ModuliFile {moduli}"]
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        assert await answers(host_of(daemon))


@pytest.mark.parametrize("generator", [2, 5])
def test_both_sides_of_a_key_exchange_come_to_the_same_secret(generator: int) -> None:
    ours, theirs = Exchange(generator, _group14_p), Exchange(generator, _group14_p)
    assert ours.get_public() != theirs.get_public()
    assert ours.get_shared(theirs.get_public()) == theirs.get_shared(ours.get_public()) > 1


@pytest.mark.parametrize(
    ("generator", "modulus"),
    [(2, 2**2046 + 1), (2, 2**8192 + 1), (1, _group14_p), (_group14_p - 1, _group14_p), (3, _group14_p - 1)],
    ids=["short", "long", "one", "order-two", "even"],
)
def test_a_group_that_openssh_refuses_is_refused(generator: int, modulus: int) -> None:
    with pytest.raises(asyncssh.KeyExchangeFailed):
        Exchange(generator, modulus)


def test_a_short_group_has_to_be_asked_for_by_its_name() -> None:
    """ssh_config may ask for diffie-hellman-group1-sha1. A server that may choose a group does not get it so."""
    use_own_groups()  # as the first connection does
    chosen = kex_dh._KexDHGex.__new__(kex_dh._KexDHGex)
    with pytest.raises(asyncssh.KeyExchangeFailed):
        chosen._init_group(2, kex_dh._group1_p)
    chosen._init_group(2, _group14_p)
    assert chosen._p == _group14_p


@pytest.mark.parametrize("public", [0, 1, _group14_p - 1, _group14_p])
def test_a_public_number_that_gives_the_secret_away_is_refused(public: int) -> None:
    with pytest.raises(asyncssh.KeyExchangeFailed):
        Exchange(5, _group14_p).get_shared(public)


async def test_an_answer_of_a_session_that_cannot_be_read_is_the_hosts(tmp_path: Path) -> None:
    def spoil(conn: asyncssh.SSHServerConnection) -> None:
        send = conn.send_packet

        def spoilt(pkttype: int, *args: bytes, handler: Any = None) -> None:
            send(pkttype, *args, *([b"more"] if pkttype == MSG_CHANNEL_OPEN_CONFIRMATION else []))

        conn.send_packet = spoilt  # type: ignore[method-assign]

    async with acting(tmp_path, spoil) as host:
        link = await open_link(host)
        with pytest.raises(CallFailed, match="does not speak SSH as it should"):
            await run(link, "anything")
        link.abort()


async def test_a_key_of_another_kind_than_agreed_on_is_refused_though_it_is_on_file(tmp_path: Path) -> None:
    """A signature with it would be held to the rules of another algorithm than was agreed on."""
    agreed, shown = (asyncssh.generate_private_key(kind) for kind in ("ecdsa-sha2-nistp256", "ssh-ed25519"))

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            [pair] = asyncssh.load_keypairs([shown])
            conn.get_server_host_key = lambda: pair  # type: ignore[method-assign]

    async with asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[agreed]) as server:
        known_hosts, config = tmp_path / "known_hosts", tmp_path / "config"
        name = f"[127.0.0.1]:{server.get_port()} ".encode()
        known_hosts.write_bytes(name + agreed.export_public_key() + name + shown.export_public_key())
        config.touch()
        settings = SshSettings("root", server.get_port(), (), (str(known_hosts),), str(config))
        error = await fails(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings))
    assert "another kind of host key than the one agreed on (ecdsa-sha2-nistp256)" in error.message


async def test_what_a_library_cannot_read_is_the_peers_fault(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-caf\xe9\r\n")
        with contextlib.suppress(OSError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        (tmp_path / "config").touch()
        settings = SshSettings(port=port, config_file=str(tmp_path / "config"))
        error = await fails(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings))
        await over.wait()
    assert isinstance(error, ConnectFailed)
    assert (error.kind, error.permanent) == (Cause.NO_SSH_SERVER, False)


class Spoiler:
    """A proxy that flips one bit of what the server says on the first connection, where `place` finds it."""

    def __init__(self, port: int, place: Callable[[bytes], int], bit: int) -> None:
        self.spoilt = 0
        self._port = port
        self._place = place
        self._bit = bit

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass_on(reader, to_server), self._pass_on(from_server, writer, spoil=True))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, spoil: bool = False) -> None:
        said = b""
        try:
            while data := await source.read(65536):
                before, said = len(said), said + data
                at = self._place(said) - before if spoil and not self.spoilt else -1
                if 0 <= at < len(data):
                    data = data[:at] + bytes([data[at] ^ self._bit]) + data[at + 1 :]
                    self.spoilt += 1
                sink.write(data)
        finally:
            sink.close()


@pytest.mark.parametrize("place", ["version line", "algorithms", "host key", "kind of key", "signature"])
async def test_one_spoilt_bit_of_a_handshake_is_not_for_good(tmp_path: Path, place: str) -> None:
    """The host is tried again by itself. A spoilt key is not taken for one that has changed."""
    with running_sshd(tmp_path / "sshd") as daemon:
        key = base64.b64decode(daemon.host_public_key.split()[1])
        places: dict[str, tuple[Callable[[bytes], int], int]] = {
            "version line": (lambda said: 10, 0x80),  # no ASCII any more
            "algorithms": (lambda said: 200, 1),
            "host key": (lambda said: said.find(key) + len(key) - 1 if key in said else -1, 1),
            "kind of key": (lambda said: said.find(key) + 8 if key in said else -1, 1),
            # behind the key: the server's number for the key exchange (36 bytes), and the signature's frame
            "signature": (lambda said: said.find(key) + len(key) + 36 + 4 + 19 + 10 if key in said else -1, 1),
        }
        spoiler = Spoiler(daemon.port, *places[place])
        async with await asyncio.start_server(spoiler.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            known_hosts = tmp_path / "known_hosts"
            known_hosts.write_text(f"[127.0.0.1]:{port} {daemon.host_public_key}\n")
            host = host_of(daemon, replace(daemon.ssh_settings(known_hosts=known_hosts), port=port))
            config = TransportConfig(reconnect=ReconnectConfig(initial_delay=0.05, jitter=Jitter.NONE))
            driver = SshDriver()
            async with TransportManager(config, lambda *_: driver) as manager, asyncio.timeout(HANG):
                with manager.hub.subscribe() as news:
                    await manager.add_host(host)
                    causes: list[Message] = []
                    while manager.host_state("peer").state is not ConnectionState.CONNECTED:
                        changes = [one for one in await news.batch() if isinstance(one, ConnectionChanged)]
                        causes += [one.cause for one in changes if one.cause is not None]
                        assert manager.host_state("peer").retries, causes
            await driver.close()
    assert spoiler.spoilt == 1
    assert causes
