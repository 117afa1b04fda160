"""Attempts to open that go wrong, phase by phase: each ends, says what happened in words, and leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.libvirt.answers import Answers
from atp_tui.drivers.libvirt.attempt import Attempt
from atp_tui.drivers.libvirt.binding import load
from atp_tui.drivers.libvirt.crew import Crew
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.libvirt.failures import connect_failure
from atp_tui.drivers.libvirt.wire import Wire
from atp_tui.drivers.resolver import Resolver
from atp_tui.model.errors import AuthFailed, ConnectFailed, TransportError, Unsupported
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.names import LOCAL_NAME
from .leftovers import leftovers, nothing_left_since, settled

HANG = 20.0
REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(60)]


def never(error: TransportError) -> None:
    raise AssertionError(f"on_lost({error!r}) of a link that was never handed out")


def request(uri: str | None, **more: TransportConfig) -> OpenRequest:
    return OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), more.get("config", TransportConfig()), never)


@pytest.fixture
async def driver(libvirtd: PrivateLibvirtd) -> AsyncIterator[LibvirtDriver]:
    """A driver that has opened before: what is loaded once for all is there."""
    driver = LibvirtDriver()
    link = await driver.open(request(libvirtd.uri("tcp")))
    await link.close()
    yield driver
    await driver.close()


@contextlib.contextmanager
def silent_listener(address: str = "127.0.0.1") -> Iterator[int]:
    """A port whose connections are made by the kernel, and never answered."""
    with socket.create_server((address, 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def unanswered_port(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port whose queue is full: a SYN sent to it is dropped, as by a firewall."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, port), backlog=0))
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def cancelled_after(seconds: float, driver: LibvirtDriver, uri: str) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await driver.open(request(uri))


async def test_cancelled_while_the_peer_is_silent(driver: LibvirtDriver) -> None:
    before = await settled()
    with silent_listener() as port:
        await cancelled_after(0.2, driver, f"test+tcp://127.0.0.1:{port}/default")
    await nothing_left_since(before)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.005, 0.2])
async def test_cancelled_while_nobody_answers_the_syn(seconds: float, driver: LibvirtDriver) -> None:
    before = await settled()
    with unanswered_port() as port:
        await cancelled_after(seconds, driver, f"test+tcp://127.0.0.1:{port}/default")
        await nothing_left_since_with_listener(before)
    await nothing_left_since(before)


async def nothing_left_since_with_listener(before: object) -> None:
    """While the listener stands, its own sockets are there; no thread of an attempt may be."""
    limit = asyncio.get_running_loop().time() + HANG
    while any(name == "libvirt-call" for name in leftovers().threads):
        assert asyncio.get_running_loop().time() < limit, "the attempt's thread hangs in connect()"
        await asyncio.sleep(0.01)


async def test_another_attempt_at_the_same_port_is_not_cut_along(driver: LibvirtDriver) -> None:
    with unanswered_port() as port:
        uri = f"test+tcp://127.0.0.1:{port}/default"
        other = asyncio.create_task(driver.open(request(uri)))
        await asyncio.sleep(0.05)
        await cancelled_after(0.1, driver, uri)
        await asyncio.sleep(0.05)
        assert not other.done()
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_daemon_of_another_protocol(greeting: bytes, driver: LibvirtDriver) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    before = await settled()
    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed, match="does not speak libvirt's protocol"):
            await driver.open(request(f"test+tcp://127.0.0.1:{port}/default"))
    await nothing_left_since(before)


async def test_a_peer_that_hangs_up_at_once(driver: LibvirtDriver) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed, match="ended the connection while it was being opened"):
            await driver.open(request(f"test+tcp://127.0.0.1:{port}/default"))


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("test+tcp://127.0.0.1:1/default", "connection refused by 127.0.0.1:1"),
        ("test+tcp://[::1]:1/default", r"(connection refused by|no route to|\[::1\]:1)"),
        ("test+unix:///default?socket=/nowhere/at/all", "no libvirt socket at /nowhere/at/all"),
        ("test:///nowhere/at/all.xml", "cannot read /nowhere/at/all.xml"),
        ("test+tcp://no-such-name.invalid/default", "the name no-such-name.invalid has no address"),
    ],
)
async def test_what_cannot_be_reached_is_named(uri: str, words: str, driver: LibvirtDriver) -> None:
    with pytest.raises(ConnectFailed, match=words) as caught:
        await driver.open(request(uri))
    assert caught.value.host == "kvm01"
    assert not caught.value.permanent


async def test_a_file_that_describes_no_hypervisor_is_told_without_what_stands_in_it(
    driver: LibvirtDriver, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passwords").write_text("root:planted-secret\n")
    with pytest.raises(ConnectFailed, match="passwords:1: Start tag expected") as caught:
        await driver.open(request(f"test://{tmp_path}/passwords"))
    assert "planted" not in str(caught.value)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConnectFailed, match="cannot read"):
            await driver.open(request(f"test://{path}"))
    assert capfd.readouterr() == ("", "")


async def test_a_driver_that_the_daemon_does_not_have_is_not_tried_again(
    driver: LibvirtDriver, libvirtd: PrivateLibvirtd
) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await driver.open(request(f"bhyve+tcp://127.0.0.1:{libvirtd.port}/system"))
    assert caught.value.permanent


async def test_what_is_no_hypervisor_is_unsupported(driver: LibvirtDriver) -> None:
    with pytest.raises(Unsupported):
        await driver.open(request(None))
    with pytest.raises(Unsupported, match="needs the host's SSH connection"):
        await driver.open(request("test+ssh://127.0.0.1/default"))


class Raised:
    """What libvirt's error tells of itself."""

    def __init__(self, code: int, number: int, text: str) -> None:
        self._code, self._number, self._text = code, number, text

    def get_error_code(self) -> int:
        return self._code

    def get_error_domain(self) -> int:
        return 7

    def get_int1(self) -> int:
        return self._number

    def __str__(self) -> str:
        return self._text


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (Raised(38, 13, "Failed to connect"), ConnectFailed, "no permission to connect to /run/s"),
        (Raised(38, 113, "unable to connect"), ConnectFailed, "no route to /run/s"),
        (Raised(38, 5, "End of file while reading data"), ConnectFailed, "/run/s ended the connection"),
        (Raised(45, 0, "authentication failed:\n no"), AuthFailed, "/run/s refused us: authentication failed: no"),
        (Raised(94, 0, "no polkit agent"), AuthFailed, "no polkit agent"),
        (Raised(1, 0, "client socket is closed"), ConnectFailed, "/run/s ended the connection"),
        (Raised(39, 0, "packet too large"), ConnectFailed, "/run/s does not speak libvirt's protocol"),
        (Raised(67, 0, "something else"), ConnectFailed, "/run/s: something else"),
    ],
)
def test_errors_in_words(error: Raised, kind: type[TransportError], words: str) -> None:
    failure = connect_failure(error, "/run/s", "kvm01")
    assert type(failure) is kind
    assert words in failure.message


def test_the_socket_that_libvirt_chose_is_named() -> None:
    error = Raised(38, 2, "Failed to connect socket to '/var/run/libvirt/virtqemud-sock': No such file or directory")
    assert connect_failure(error, None, "kvm01").message == "no libvirt socket at /var/run/libvirt/virtqemud-sock"


# -- names -------------------------------------------------------------------------------------------------------------


class Known(Resolver):
    """Knows one name."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self._known = list(addresses)

    async def addresses(self, name: str) -> list[str]:
        assert name == "many.example"
        return self._known


async def test_a_name_with_ten_addresses_of_which_one_works(libvirtd: PrivateLibvirtd) -> None:
    dead = [f"127.0.0.{n}" for n in range(2, 11)]
    driver = LibvirtDriver(resolver=Known(*dead, "127.0.0.1"))
    uri = f"test+tcp://many.example:{libvirtd.port}/default"
    with unanswered_port("127.0.0.5", libvirtd.port):
        async with asyncio.timeout(10):  # as the transport does: one dead address must not take it all
            link = await driver.open(request(uri, config=TransportConfig(connect_timeout=10)))
    await link.ping(HANG)
    await link.close()


async def test_a_name_with_only_dead_addresses_tells_each(driver: LibvirtDriver) -> None:
    driver = LibvirtDriver(resolver=Known("127.0.0.2", "127.0.0.3"))
    with pytest.raises(ConnectFailed, match=r"refused by 127\.0\.0\.2:1; connection refused by 127\.0\.0\.3:1"):
        await driver.open(request("test+tcp://many.example:1/default"))


async def test_names_are_resolved_here(libvirtd: PrivateLibvirtd) -> None:
    link = await LibvirtDriver().open(request(f"test+tcp://{LOCAL_NAME}:{libvirtd.port}/default"))
    await link.ping(HANG)
    await link.close()


async def test_askers_of_one_name_share_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = [], socket.getaddrinfo

    def counted(name: str, *arguments: Any, **named: Any) -> Any:
        asked.append(name)
        return ask(name, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    resolver = Resolver()
    answers = await asyncio.gather(*(resolver.addresses(LOCAL_NAME) for _ in range(100)))
    assert asked == [LOCAL_NAME]
    assert all(answer == answers[0] for answer in answers)
    assert await resolver.addresses("2001:db8::1") == ["2001:db8::1"]


async def test_a_name_that_no_thread_could_ask_for_is_asked_for_again() -> None:
    resolver = Resolver()
    usual = threading.stack_size(2**46)  # more memory than there are addresses for
    try:
        for _ in range(100):
            with pytest.raises(ConnectFailed, match=f"the name {LOCAL_NAME} cannot be looked up"):
                await resolver.addresses(LOCAL_NAME)
    finally:
        threading.stack_size(usual)
    async with asyncio.timeout(HANG):
        assert await resolver.addresses(LOCAL_NAME)


# -- the process -------------------------------------------------------------------------------------------------------

QUITS = """
import asyncio, json, sys
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

async def main(uris):
    errors = []
    for uri in uris:
        request = OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), TransportConfig(), lambda error: None)
        try:
            link = await LibvirtDriver().open(request)
            await link.call(lambda virt: virt.lookupByName("nobody"), 10)
        except Exception as error:
            errors.append([type(error).__name__, str(error), getattr(error, "permanent", None)])
    if HUNG:
        asyncio.get_running_loop().create_task(link.call(lambda virt: __import__("time").sleep(3600), 9999))
        await asyncio.sleep(0.1)
    return errors

print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
"""


def in_a_process(prelude: str, *uris: str, **environment: str) -> tuple[list[list[object]], bytes]:
    """The errors of opening and calling, and what the process wrote on file descriptor 2."""
    result = subprocess.run(
        [sys.executable, "-c", prelude + QUITS, json.dumps(uris)],
        capture_output=True,
        cwd=REPOSITORY,
        timeout=HANG,
        check=True,
        env=os.environ | environment,
    )
    return json.loads(result.stdout), result.stderr


@pytest.mark.parametrize("outputs", [{}, {"LIBVIRT_DEBUG": "1", "LIBVIRT_LOG_OUTPUTS": "1:stderr"}])
def test_libvirt_writes_nothing_over_the_screen(outputs: dict[str, str], libvirtd: PrivateLibvirtd) -> None:
    uris = (
        "test+tcp://127.0.0.1:1/default",
        "test:///nowhere.xml",
        "qemu:///system",
        libvirtd.uri("tcp"),
        "test:///default",
    )
    errors, written = in_a_process("HUNG = False\n", *uris, **outputs)
    assert len(errors) == len(uris)
    assert written == b""


def test_a_program_with_a_hung_call_can_quit(libvirtd: PrivateLibvirtd) -> None:
    errors, written = in_a_process("HUNG = True\n", libvirtd.uri("tcp"))
    assert errors[0][0] == "CallFailed"
    assert written == b""


def test_a_missing_binding_says_what_to_install() -> None:
    errors, _ = in_a_process("HUNG = False\nimport sys; sys.modules['libvirt'] = None\n", "test:///default")
    assert errors[0][0] == "ConnectFailed"
    assert "python3-libvirt" in str(errors[0][1])
    assert errors[0][2] is True


async def test_a_far_end_that_leaves_while_libvirt_opens_makes_no_link(driver: LibvirtDriver) -> None:
    """libvirt itself need not have noticed yet."""
    before = await settled()
    asked = request("test:///default")
    uri = asked.host.connection_uri
    assert uri is not None
    binding = load()
    attempt = Attempt(binding, Crew(), asked, "the far end", Answers(uri, binding.auth_file, None))
    bridge = attempt.bridge()
    opening = asyncio.create_task(attempt.open(uri.text, read_only=False, bridge=bridge))
    await asyncio.sleep(0)
    bridge.ended(ConnectionResetError("it has gone"))
    with pytest.raises(ConnectFailed, match="the far end ended the connection: it has gone"):
        await opening
    await nothing_left_since(before)


async def test_a_wire_that_was_cut_opens_nothing(driver: LibvirtDriver) -> None:
    """The cut may come before the thread does."""
    wire = Wire()
    assert wire.cut()
    with pytest.raises(OSError, match="cut before it was opened"), wire.opening(load().events):
        raise AssertionError("it was opened")


async def test_a_closing_that_is_cancelled_cuts(own_libvirtd: PrivateLibvirtd) -> None:
    """The peer says nothing, so only the cut ends the thread that says goodbye."""
    before = await settled()
    link = await LibvirtDriver().open(request(own_libvirtd.uri("tcp")))
    own_libvirtd.stop()
    closing = asyncio.create_task(link.close())
    await asyncio.sleep(0.1)
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()
    await nothing_left_since(before)
