"""Opening and ending SSH connections: settings, logins, refusals, silence, loss."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import (
    AuthFailed,
    CallTimeout,
    ConnectFailed,
    ConnectionLost,
    TransportError,
    Unsupported,
)
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import ExitStatus
from atp_tui.model.settings import HostKeyPolicy, SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.sshd import PrivateSshd, free_port, running_sshd
from .leftovers import nothing_left_since
from .ssh_links import HANG, host_of, linked, open_link, run, settled_leftovers, until, until_lost

pytestmark = pytest.mark.daemons


async def _answers(host: HostInfo, driver: SshDriver | None = None) -> bool:
    async with linked(host, driver) as link:
        await link.ping(HANG)
        return (await run(link, "echo yes"))[1] == b"yes\n"


async def _fails(host: HostInfo, driver: SshDriver | None = None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await open_link(host, driver)
    assert caught.value.host == "peer"
    return caught.value


# -- settings ----------------------------------------------------------------------------------------------------------


async def test_user_and_port_of_an_ssh_uri(sshd: PrivateSshd) -> None:
    settings = sshd.ssh_settings(user=None, port=None)
    uri = f"test+ssh://{sshd.user}@127.0.0.1:{sshd.port}/default"
    assert await _answers(HostInfo("peer", "127.0.0.1", uri=uri, ssh=settings))
    wrong = f"test+ssh://nobody-here@127.0.0.1:{free_port()}/default"
    assert await _answers(HostInfo("peer", "127.0.0.1", uri=wrong, ssh=sshd.ssh_settings()))


async def test_a_uri_of_another_transport_says_nothing_about_ssh(sshd: PrivateSshd) -> None:
    uri = "test+tcp://somebody@192.0.2.1:16509/default"
    assert await _answers(HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings()))


async def test_ssh_config_says_what_hosts_toml_does_not(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host nick\n HostName 127.0.0.1\n Port {sshd.port}\n User {sshd.user}\n"
        f" IdentityFile {sshd.client_key}\n UserKnownHostsFile {sshd.known_hosts}\n"
    )
    assert await _answers(HostInfo("peer", "nick", uri=None, ssh=SshSettings(config_file=str(config))))


async def test_the_usual_files_are_below_ssh_in_the_home(sshd: PrivateSshd) -> None:
    home = Path.home() / ".ssh"
    home.mkdir()
    (home / "config").write_text(f"Host nick\n HostName 127.0.0.1\n Port {sshd.port}\n User {sshd.user}\n")
    shutil.copy(sshd.client_key, home / "id_ed25519")
    shutil.copy(sshd.known_hosts, home / "known_hosts")
    assert await _answers(HostInfo("peer", "nick", uri=None, ssh=SshSettings()))


async def test_hosts_toml_beats_ssh_config(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n Port {free_port()}\n User nobody-here\n IdentityFile /nowhere\n UserKnownHostsFile /nowhere\n"
        f" ProxyJump 127.0.0.1:{free_port()}\n"
    )
    settings = sshd.ssh_settings(config_file=str(config), proxy_jump="none")
    assert await _answers(host_of(sshd, settings))


@pytest.mark.parametrize("content", ["Port many\n", "Host 'unended\n"])
async def test_an_ssh_config_that_cannot_be_used(sshd: PrivateSshd, tmp_path: Path, content: str) -> None:
    config = tmp_path / "config"
    config.write_text(content)
    error = await _fails(host_of(sshd, sshd.ssh_settings(config_file=str(config))))
    assert error.permanent
    assert str(config) in error.message


async def test_an_ssh_config_whose_match_exec_hangs_holds_nobody_up(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    go, begun = tmp_path / "go", tmp_path / "begun"
    os.mkfifo(go)
    config.write_text(f'Match exec "echo >>{begun}; read x <{go}"\n  User nobody-of-the-tests\n')
    host = host_of(sshd, sshd.ssh_settings(config_file=str(config)))
    driver = SshDriver()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await driver.open(OpenRequest(host, TransportConfig(), _unexpected))
    last = asyncio.create_task(open_link(host, driver))
    await asyncio.sleep(0)
    go.write_text("on\n")  # whoever opens it last lets the other go on
    link = await last
    assert begun.read_text() == "\n", "the attempts share one reading"
    link.abort()


async def test_an_ssh_config_that_is_not_there(sshd: PrivateSshd) -> None:
    error = await _fails(host_of(sshd, sshd.ssh_settings(config_file="/nowhere/config")))
    assert error.permanent
    assert "/nowhere/config" in error.message


async def test_a_host_that_takes_no_commands() -> None:
    error = await _fails(HostInfo("peer", "127.0.0.1", uri="test+tcp://127.0.0.1/default", ssh=None))
    assert isinstance(error, Unsupported)


async def test_the_cheap_cipher_comes_first_and_ssh_config_before_it(sshd: PrivateSshd, tmp_path: Path) -> None:
    async def cipher(settings: SshSettings) -> object:
        async with linked(host_of(sshd, settings)) as link:
            connection: asyncssh.SSHClientConnection = link._connection  # type: ignore[attr-defined]
            return connection.get_extra_info("send_cipher")

    assert await cipher(sshd.ssh_settings()) == "aes128-gcm@openssh.com"
    config = tmp_path / "config"
    config.write_text("Ciphers aes256-ctr\n")
    assert await cipher(sshd.ssh_settings(config_file=str(config))) == "aes256-ctr"


async def test_other_ciphers_are_a_fall_back(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=["Ciphers chacha20-poly1305@openssh.com"]) as daemon:
        assert await _answers(host_of(daemon))


async def test_a_proxy_command(sshd: PrivateSshd, tmp_path: Path) -> None:
    relay = tmp_path / "relay.py"
    relay.write_text(
        "import socket, sys, threading, os\n"
        "peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "print('many words on stderr\\n' * 100_000, file=sys.stderr)\n"
        "def up():\n"
        "    while data := os.read(0, 65536): peer.sendall(data)\n"
        "    os._exit(0)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while data := peer.recv(65536): os.write(1, data)\n"
    )
    config = tmp_path / "config"
    config.write_text(f"ProxyCommand python3 {relay} %h %p\n")
    host = host_of(sshd, sshd.ssh_settings(config_file=str(config)))
    before = await settled_leftovers()
    assert await _answers(host)
    await nothing_left_since(before)


async def _fails_by_proxy(sshd: PrivateSshd, tmp_path: Path, command: str) -> str:
    config = tmp_path / "config"
    config.write_text(f"ProxyCommand {command}\n")
    before = await settled_leftovers()
    error = await _fails(host_of(sshd, sshd.ssh_settings(config_file=str(config))))
    await nothing_left_since(before)
    assert isinstance(error, ConnectFailed)
    return error.message


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-relay %h", ["exit status 127 before SSH was up: ", "no-relay: not found (it was: no-relay 127.0.0.1)"]),
        ("sh -c 'echo no route >&2; echo to it >&2; exit 3'", ["exit status 3 before SSH was up: no route; to it (it"]),
        ("false", ["ended with exit status 1 before SSH was up and said nothing (it was: false)"]),
        ("sh -c 'kill -9 $$'", ["was killed by SIGKILL and said nothing"]),
        ("sh -c 'exec <&- >&-; sleep 3600'", ["closed the connection before SSH was up and said nothing"]),
        ("sh -c 'sleep 3600 >&- & echo gone >&2; exit 4'", ["ended with exit status 4", ": gone (it was"]),
    ],
)  # fmt: skip
async def test_a_proxy_command_that_fails_is_named_with_its_last_words(
    sshd: PrivateSshd, tmp_path: Path, command: str, words: list[str]
) -> None:
    message = await _fails_by_proxy(sshd, tmp_path, command)
    assert message.startswith(f"127.0.0.1 port {sshd.port}: the ProxyCommand ")
    for word in words:
        assert word in message


async def test_of_what_a_proxy_command_says_at_length_the_end_is_told(sshd: PrivateSshd, tmp_path: Path) -> None:
    talk = "for n in range(200_000): print('line', n, file=sys.stderr)"
    (tmp_path / "talk.py").write_text(f"import sys\n{talk}\nsys.exit(2)\n")
    command = f"python3 {tmp_path}/talk.py {'x' * 2000}"
    message = await _fails_by_proxy(sshd, tmp_path, command)
    assert "exit status 2 before SSH was up: line 199" in message
    assert "; line 199999 (it was: python3 " in message
    assert len(message) < 1000


# -- logins ------------------------------------------------------------------------------------------------------------


def _key(path: Path) -> Path:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    path.with_name(path.name + ".pub").write_bytes(key.export_public_key())
    return path


@pytest.mark.parametrize(("key", "kind"), [("identity_files", AuthFailed), ("known_hosts", ConnectFailed)])
async def test_a_pipe_in_a_files_place_is_named_and_not_waited_for(
    sshd: PrivateSshd, tmp_path: Path, key: str, kind: type[TransportError]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    settings = replace(sshd.ssh_settings(), **{key: (str(pipe),)})  # type: ignore[arg-type] # both keys are of files
    error = await _fails(host_of(sshd, settings))
    assert isinstance(error, kind)
    assert f"{pipe}: neither a file nor /dev/null" in error.message


async def test_a_wrong_key(sshd: PrivateSshd, tmp_path: Path) -> None:
    error = await _fails(host_of(sshd, sshd.ssh_settings(identity=_key(tmp_path / "wrong"))))
    assert isinstance(error, AuthFailed)
    assert error.permanent


async def test_a_key_file_that_is_missing_is_named(sshd: PrivateSshd) -> None:
    error = await _fails(host_of(sshd, sshd.ssh_settings(identity=Path("/nowhere/key"))))
    assert isinstance(error, AuthFailed)
    assert "/nowhere/key: no such file" in error.message


async def test_a_key_file_that_is_none_is_named(sshd: PrivateSshd, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hello\n")
    error = await _fails(host_of(sshd, sshd.ssh_settings(identity=tmp_path / "key")))
    assert isinstance(error, AuthFailed)
    assert str(tmp_path / "key") in error.message


@contextlib.contextmanager
def _agent(directory: Path) -> Iterator[Path]:
    socket = directory / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + HANG
            while not socket.exists():
                assert time.monotonic() < limit, "ssh-agent did not start"
                time.sleep(0.01)
            yield socket
        finally:
            process.terminate()


def _lock(key: Path, locked: Path) -> None:
    # asyncssh would need bcrypt to write such a file, which it does not depend on
    shutil.copy(key, locked)
    shutil.copy(f"{key}.pub", f"{locked}.pub")
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", locked], check=True, capture_output=True)


def _add(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)


async def test_a_locked_key_is_named_and_an_agent_that_holds_it_helps(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    _lock(sshd.client_key, locked)
    host = host_of(sshd, sshd.ssh_settings(identity=locked))
    error = await _fails(host)
    assert isinstance(error, AuthFailed)
    assert f"{locked} needs a passphrase" in error.message

    with _agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        assert isinstance(await _fails(host), AuthFailed)  # an agent that holds nothing
        _add(sshd.client_key)
        before = await settled_leftovers()
        assert await _answers(host)
        assert await _answers(host_of(sshd, sshd.ssh_settings(identity_files=None)))
        await nothing_left_since(before)


async def test_an_agent_that_is_gone_is_no_obstacle(sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere/agent")
    assert await _answers(host_of(sshd))


class _PasswordServer(asyncssh.SSHServer):
    """OpenSSH checks passwords against the system's accounts; this one knows a word of its own."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("root", "secret")


async def test_a_password_is_asked_for_once(tmp_path: Path) -> None:
    answers = ["wrong", "secret"]
    asked: list[tuple[str, str]] = []

    async def ask(host: HostInfo, user: str) -> str | None:
        asked.append((host.id, user))
        return answers.pop(0)

    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "empty").touch()
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=_PasswordServer, server_host_keys=[key])
    settings = SshSettings(
        user="root",
        port=server.get_port(),
        identity_files=(),
        known_hosts=(str(tmp_path / "known_hosts"),),
        config_file=str(tmp_path / "empty"),
        host_key_policy=HostKeyPolicy.ACCEPT_NEW,
    )
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
    try:
        assert isinstance(await _fails(host), AuthFailed)
        error = await _fails(host, SshDriver(password=ask))
        assert isinstance(error, AuthFailed)
        assert "wrong" not in error.message
        async with linked(host, SshDriver(password=ask)) as link:
            assert link.is_alive()
    finally:
        server.close()
        await server.wait_closed()
    assert asked == [("peer", "root")] * 2


# -- peers that are not well -------------------------------------------------------------------------------------------


async def test_a_port_that_refuses(sshd: PrivateSshd) -> None:
    error = await _fails(host_of(sshd, sshd.ssh_settings(port=free_port())))
    assert isinstance(error, ConnectFailed)
    assert not error.permanent
    assert "refuses" in error.message


async def test_a_name_without_an_address(sshd: PrivateSshd) -> None:
    error = await _fails(HostInfo("peer", "no-such-name.invalid", uri=None, ssh=sshd.ssh_settings()))
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
        before = await settled_leftovers()
        error = await _fails(host_of(sshd, sshd.ssh_settings(port=port)))
        assert isinstance(error, ConnectFailed)
        assert "SSH" in error.message
        assert not error.permanent, "sshd may be back on its port the next time"
        await nothing_left_since(before)


@pytest.mark.parametrize("first", [b"", b"SSH-2.0-silent\r\n"])
async def test_a_cancelled_attempt_at_a_silent_peer_leaves_nothing(sshd: PrivateSshd, first: bytes) -> None:
    before = await settled_leftovers()
    async with _talker(first) as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                request = OpenRequest(host_of(sshd, sshd.ssh_settings(port=port)), TransportConfig(), _unexpected)
                await SshDriver().open(request)
        assert len(asyncio.all_tasks()) <= 2  # this test, and the talker's
    await nothing_left_since(before)


def _unexpected(error: TransportError) -> None:
    raise AssertionError(f"on_lost for a link that was never handed out: {error}")


async def test_a_cancel_at_any_moment_leaves_nothing(sshd: PrivateSshd) -> None:
    driver = SshDriver()
    request = OpenRequest(host_of(sshd), TransportConfig(), _unexpected)
    (await driver.open(request)).abort()
    await asyncio.sleep(0.1)
    before = await settled_leftovers()
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
    before = await settled_leftovers()
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
    before = await settled_leftovers()
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
    key = _key(tmp_path / "key")
    host = host_of(sshd, sshd.ssh_settings(identity=key))
    assert isinstance(await _fails(host, driver), AuthFailed)
    key.write_bytes(sshd.client_key.read_bytes())
    assert await _answers(host, driver)


async def test_sshd_survives_a_sigstop_of_its_listener_alone(own_sshd: PrivateSshd) -> None:
    """The daemon of the tests itself: stop() must reach what answers, not the listener alone."""
    async with linked(own_sshd) as link:
        os.kill(own_sshd.pid, signal.SIGSTOP)
        assert await run(link, "echo yes") == (ExitStatus(0), b"yes\n", b"")
        os.kill(own_sshd.pid, signal.SIGCONT)
