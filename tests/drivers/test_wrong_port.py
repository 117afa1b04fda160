"""A port behind which something else listens than what was asked for: the words say so, and what to look at."""

from __future__ import annotations

import asyncio
import re
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.libvirt.failures import connect_failure
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.greeting import Greeting
from atp_tui.model.errors import ConnectFailed, ConnectTimeout, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Channel, TransportConfig
from atp_tui.transport.clock import LoopClock
from atp_tui.transport.dialer import Dialer
from atp_tui.transport.driver import Driver
from atp_tui.transport.gate import Gate

from ..daemons.sshd import PrivateSshd
from .leftovers import leftovers, nothing_left_since
from .ssh_links import linked
from .test_libvirt_tls import TlsDaemon, tls_daemon

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(60)]

TLS_PORTS = r"Check the port: libvirtd's TLS port is 16514, 16509 is for \+tcp"


class _KeepAlive(BaseHTTPRequestHandler):
    """Waits for a request as long as it takes; a bad one is answered with 400."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def web_server(pki: Path | None = None) -> Iterator[int]:
    """Its port; with certificates it speaks TLS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _KeepAlive) as server:
        if pki is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pki / "servercert.pem", pki / "serverkey.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True  # or its end would wait for connections that are kept
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@asynccontextmanager
async def waiting(words: bytes) -> AsyncIterator[int]:
    """The port of somebody who says some words and waits for the other side."""
    over: asyncio.Queue[None] = asyncio.Queue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        over.put_nowait(None)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await over.get()


@pytest.fixture(scope="module")
def tls() -> Iterator[TlsDaemon]:
    with tempfile.TemporaryDirectory(prefix="atp-pki-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        yield from tls_daemon(directory)


async def _failure(host: HostInfo, driver: Driver) -> TransportError:
    """Of an attempt that the transport makes, with its time limit."""
    channel: Channel = "virt" if host.uri else "ssh"
    dialer = Dialer(lambda _host, _channel: driver, Gate(4, LoopClock()), LoopClock())
    with pytest.raises((ConnectFailed, ConnectTimeout)) as caught:
        await dialer.dial(host, channel, TransportConfig(connect_timeout=2), lambda error: None)
    await driver.close()
    assert not caught.value.permanent, "the right daemon may be there the next time"
    return caught.value


def _virt(transport: str, port: int, tls: TlsDaemon) -> HostInfo:
    pki = f"?pkipath={tls.pki}" if transport == "tls" else ""
    return HostInfo("peer", "127.0.0.1", uri=f"test+{transport}://127.0.0.1:{port}/default{pki}")


@pytest.mark.parametrize("listens", ["sshd", "web"])
async def test_tls_where_none_is_spoken(sshd: PrivateSshd, tls: TlsDaemon, listens: str) -> None:
    with web_server() as web:
        port = sshd.port if listens == "sshd" else web
        error = await _failure(_virt("tls", port, tls), LibvirtDriver())
    expected = rf"127\.0\.0\.1:{port} does not speak TLS there\. {TLS_PORTS} \([a-z ]+\)"
    assert re.fullmatch(expected, error.message), error.message


async def test_tls_at_a_web_server_that_speaks_it(tls: TlsDaemon) -> None:
    before = leftovers()
    with web_server(tls.pki) as port:
        error = await _failure(_virt("tls", port, tls), LibvirtDriver())
    silent = f"127.0.0.1:{port} speaks TLS and then says nothing: it hangs, or is no libvirtd"
    assert error.message == f"no answer within 2 s: {silent}"
    await nothing_left_since(before)


async def test_tls_at_libvirtds_tcp_port(tls: TlsDaemon) -> None:
    error = await _failure(_virt("tls", tls.daemon.port, tls), LibvirtDriver())
    words = "ended the connection in the TLS handshake: does it speak TLS there?"
    assert re.fullmatch(rf"127\.0\.0\.1:{tls.daemon.port} {re.escape(words)} {TLS_PORTS}", error.message)


async def test_tcp_at_an_sshd(sshd: PrivateSshd, tls: TlsDaemon) -> None:
    error = await _failure(_virt("tcp", sshd.port, tls), LibvirtDriver())
    assert error.message == (
        f"127.0.0.1:{sshd.port} does not speak libvirt's protocol: it begins with 'SSH-', as SSH servers do; "
        "libvirtd's TCP port is 16509"
    )


async def test_tcp_at_a_web_server(tls: TlsDaemon) -> None:
    before = leftovers()
    with web_server() as port:
        error = await _failure(_virt("tcp", port, tls), LibvirtDriver())
    assert isinstance(error, ConnectTimeout)
    silent = f"127.0.0.1:{port} takes the connection and says nothing: it hangs, or is no libvirtd"
    assert error.message == f"no answer within 2 s: {silent}"
    await nothing_left_since(before)


async def test_ssh_at_a_web_server(sshd: PrivateSshd) -> None:
    """asyncssh sends its own version at once, which is a bad request."""
    before = leftovers()
    with web_server() as port:
        error = await _failure(HostInfo("peer", "127.0.0.1", None, ssh=sshd.ssh_settings(port=port)), SshDriver())
    expected = f"127.0.0.1 port {port} is no SSH server, or one that turns us away: it said '<!DOCTYPE HTML>'"
    assert error.message == expected
    await nothing_left_since(before)


@pytest.mark.parametrize("listens", ["tcp", "tls"])
async def test_ssh_at_libvirtd(sshd: PrivateSshd, tls: TlsDaemon, listens: str) -> None:
    port = tls.daemon.port if listens == "tcp" else tls.port
    error = await _failure(HostInfo("peer", "127.0.0.1", None, ssh=sshd.ssh_settings(port=port)), SshDriver())
    assert error.message == f"127.0.0.1 port {port} ended the connection without a word: is it an SSH server?"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "takes the connection and says nothing: it hangs, or is no SSH server"),
        (b"\r\n220 \x1b[31mmail\r\n", "is no SSH server, or one that turns us away: it said '220 \\x1b[31mmail'"),
        (b"half a line", "is no SSH server, or one that turns us away: it said 'half a line'"),
        (b"SSH-2.0-stands still\r\n", None),
    ],
)
async def test_ssh_at_a_peer_that_waits(sshd: PrivateSshd, said: bytes, words: str | None) -> None:
    async with waiting(said) as port:
        error = await _failure(HostInfo("peer", "127.0.0.1", None, ssh=sshd.ssh_settings(port=port)), SshDriver())
    assert isinstance(error, ConnectTimeout)
    assert error.message == "no answer within 2 s" + (f": 127.0.0.1 port {port} {words}" if words else "")


async def test_a_web_server_behind_a_proxy_command_is_told_as_well(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    (tmp_path / "relay").write_text("read request; printf 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'\n")
    config.write_text(f"ProxyCommand sh {tmp_path}/relay\n")
    settings = replace(sshd.ssh_settings(), config_file=str(config))
    error = await _failure(HostInfo("peer", "127.0.0.1", None, ssh=settings), SshDriver())
    assert "the ProxyCommand ended with exit status 0 before SSH was up and said nothing" in error.message
    assert error.message.endswith("; what came in the place of SSH: 'HTTP/1.1 400 Bad Request')")


@pytest.mark.parametrize(
    ("relay", "words"),
    [
        ("sleep 3600", " and said nothing (it was: "),
        ("echo no route yet >&2; sleep 3600", ": no route yet (it was: "),
        ("echo 220 mail; sleep 3600", "; what came in the place of SSH: '220 mail')"),
    ],
)
async def test_a_proxy_command_that_brings_nothing(sshd: PrivateSshd, tmp_path: Path, relay: str, words: str) -> None:
    (tmp_path / "relay").write_text(relay)
    (tmp_path / "config").write_text(f"ProxyCommand sh {tmp_path}/relay\n")
    settings = sshd.ssh_settings(config_file=str(tmp_path / "config"))
    error = await _failure(HostInfo("peer", "127.0.0.1", None, ssh=settings), SshDriver())
    assert error.message.startswith(f"no answer within 2 s: 127.0.0.1 port {sshd.port}: the ProxyCommand brings no SSH")
    assert words in error.message


async def test_lines_before_the_version_do_no_harm(sshd: PrivateSshd, tmp_path: Path) -> None:
    """RFC 4253, 4.2, allows them."""
    (tmp_path / "relay.py").write_text(
        "import os, socket, sys, threading\n"
        "peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536): peer.sendall(data)\n"
        "    os._exit(0)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "os.write(1, b'welcome\\r\\n')\n"
        "while data := peer.recv(65536): os.write(1, data)\n"
    )
    config = tmp_path / "config"
    config.write_text(f"ProxyCommand python3 {tmp_path}/relay.py {sshd.port}\n")
    host = HostInfo("peer", "127.0.0.1", None, ssh=replace(sshd.ssh_settings(), config_file=str(config)))
    async with linked(host) as link:
        await link.ping(20)
        connection: Any = link._connection
        assert not isinstance(connection.data_received.__self__, Greeting), "once SSH is up, it listens no more"


class _TooLarge(Exception):
    """What libvirt says of a message that is longer than it takes."""

    def __init__(self, first: bytes) -> None:
        length = int.from_bytes(first, "big") - 4
        super().__init__(f"packet {length} bytes received from server too large, want 33554432")

    def get_error_code(self) -> int:
        return 39

    def get_error_domain(self) -> int:
        return 7

    def get_int1(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("first", "peer", "words"),
    [
        (b"HTTP", "192.0.2.1:80", "it begins with 'HTTP', as web servers do; libvirtd's TCP port is 16509"),
        (b"RFB0", "[::1]:5900", "it begins with 'RFB0'; libvirtd's TCP port is 16509"),
        (b"SSH-", "/run/a.sock", "it begins with 'SSH-', as SSH servers do"),
        (b"\x16\x03\x01\x00", "192.0.2.1:443", "packet 369295612 bytes received from server too large, want 33554432"),
        (b"\xff\xff\xff\xff", "192.0.2.1:1", "packet 4294967291 bytes received from server too large, want 33554432"),
    ],
)
def test_what_libvirt_takes_for_a_length_is_read_as_text(first: bytes, peer: str, words: str) -> None:
    failure = connect_failure(_TooLarge(first), peer, "kvm01")
    assert failure.message == f"{peer} does not speak libvirt's protocol: {words}"
