"""Our side's fault is not told as the host's, and what the host says is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from asyncssh.constants import MSG_GLOBAL_REQUEST
from asyncssh.packet import Byte, String, UInt32

from atp_tui.drivers.ssh.guard import LINE
from atp_tui.model.errors import AuthFailed, ConnectFailed, ConnectionLost
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import ExitStatus
from atp_tui.model.settings import SshSettings, TransportConfig

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, answers, fails, host_of, new_key, open_link, run
from .test_ssh_logins import agent

pytestmark = pytest.mark.daemons


# -- agents and keys ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def silent_agent(path: Path) -> AsyncIterator[None]:
    held: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()

    server = await asyncio.start_unix_server(hold, path)
    try:
        yield
    finally:
        server.close()
        for writer in held:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def test_a_silent_agent_is_no_obstacle_to_a_key_file(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    async with silent_agent(tmp_path / "agent"):
        assert await answers(host_of(sshd))
        error = await fails(host_of(sshd, sshd.ssh_settings(identity=new_key(tmp_path / "wrong"))))
        assert isinstance(error, AuthFailed)
        assert f"the agent at {tmp_path}/agent takes connections and says nothing" in error.message


async def test_an_agent_that_refuses_to_sign_is_named(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSH_ASKPASS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        _add_with_question(sshd.client_key)
        error = await fails(host_of(sshd, replace(sshd.ssh_settings(), identity_files=(str(tmp_path / "none"),))))
        assert isinstance(error, AuthFailed)
        assert f"the agent at {socket} refused to sign with client_key" in error.message


def _add_with_question(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", "-c", key], check=True, capture_output=True)


def _security_key(path: Path) -> Path:
    """A private key file as ssh-keygen -t ed25519-sk writes it (PROTOCOL.key, PROTOCOL.u2f), for no real device."""
    kind, point, application = String("sk-ssh-ed25519@openssh.com"), String(os.urandom(32)), String("ssh:")
    public = kind + point + application
    private = UInt32(7) * 2 + public + Byte(1) + String(os.urandom(64)) + String("") + String("comment")
    private += bytes(range(1, 1 + -len(private) % 8))
    data = b"openssh-key-v1\0" + String("none") * 2 + String("") + UInt32(1) + String(public) + String(private)
    body = "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 70))
    path.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n")
    path.chmod(0o600)
    return path


async def test_a_security_key_without_an_agent_is_told(sshd: PrivateSshd, tmp_path: Path) -> None:
    key = _security_key(tmp_path / "id_ed25519_sk")
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=key)))
    assert isinstance(error, AuthFailed)
    assert f"{key} is of a security key, which needs an agent here" in error.message


async def test_a_host_that_wants_a_password_is_told_with_its_ways(tmp_path: Path) -> None:
    options = ["PubkeyAuthentication no", "PasswordAuthentication yes"]
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        error = await fails(host_of(daemon))
    assert isinstance(error, AuthFailed)
    assert "the host takes password, and no key" in error.message


# -- this machine's settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", ["IdentityFile none", "IdentitiesOnly yes\n IdentityFile none"])
async def test_where_no_key_was_offered_that_is_told(sshd: PrivateSshd, files: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host *\n IdentityAgent none\n {files}\n")
    settings = replace(sshd.ssh_settings(), identity_files=None, config_file=str(config))
    error = await fails(host_of(sshd, settings))
    assert isinstance(error, AuthFailed)
    assert "no key was offered: there is no agent, and no key file" in error.message


async def test_a_host_that_wants_more_than_a_key_is_told_so(tmp_path: Path) -> None:
    options = ["AuthenticationMethods publickey,keyboard-interactive", "KbdInteractiveAuthentication yes"]
    with running_sshd(tmp_path, options=options) as daemon:
        error = await fails(host_of(daemon))
    assert isinstance(error, AuthFailed)
    assert "one login was taken, and the host wants keyboard-interactive as well" in error.message
    assert "allow publickey" not in error.message


async def test_an_address_that_this_machine_has_not_is_ours(sshd: PrivateSshd) -> None:
    config = sshd.directory / "bind_config"
    config.write_text("BindAddress 192.0.2.77\n")
    error = await fails(host_of(sshd, replace(sshd.ssh_settings(), config_file=str(config))))
    assert isinstance(error, ConnectFailed)
    assert "this machine has no address 192.0.2.77 (BindAddress in ssh_config)" in error.message
    assert error.permanent


@pytest.mark.parametrize(
    ("options", "config", "words"),
    [
        ([], "HostKeyAlgorithms rsa-sha2-512", ("no host key algorithm", "it has ssh-ed25519", "here rsa-sha2-512")),
        (["KexAlgorithms diffie-hellman-group1-sha1"], "", ("no key exchange algorithm", "group1-sha1", "curve25519")),
        (["Ciphers 3des-cbc"], "", ("no cipher algorithm", "it has 3des-cbc", "aes128-gcm")),
        (["Ciphers aes128-ctr", "MACs hmac-md5"], "", ("no MAC algorithm", "it has hmac-md5", "hmac-sha2-256")),
    ],
    ids=["host-key", "kex", "cipher", "mac"],
)
async def test_no_algorithm_in_common(tmp_path: Path, options: list[str], config: str, words: tuple[str, ...]) -> None:
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        daemon.config_file.write_text(f"{config}\n")
        errors = [await fails(host_of(daemon)) for _ in range(5)]
    # sshd ends the connection at once: what it sent may be lost with it, but hardly five times
    told = [error for error in errors if all(word in error.message for word in words)]
    assert told, [error.message for error in errors]
    assert all(isinstance(error, ConnectFailed) and error.permanent for error in told)


def test_a_server_of_old_is_reached_without_a_word_of_a_library(tmp_path: Path) -> None:
    old = ["KexAlgorithms diffie-hellman-group1-sha1", "Ciphers 3des-cbc", "MACs hmac-md5"]
    with running_sshd(tmp_path / "sshd", options=old) as daemon:
        daemon.config_file.write_text("".join(f"{line.replace(' ', ' +', 1)}\n" for line in old))
        program = textwrap.dedent(
            f"""
            import asyncio
            from atp_tui.drivers.ssh.driver import SshDriver
            from atp_tui.model.host import HostInfo
            from atp_tui.model.outcome import Command
            from atp_tui.model.settings import SshSettings, TransportConfig
            from atp_tui.transport.driver import OpenRequest

            async def main():
                host = HostInfo("peer", "127.0.0.1", uri=None, ssh={daemon.ssh_settings()!r})
                link = await SshDriver().open(OpenRequest(host, TransportConfig(), print))
                await link.run(Command("echo ok"), lambda stream, data: print(data), None)

            asyncio.run(main())
            """
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=HANG)
    assert (done.stdout, done.stderr) == (b"b'ok\\n'\n", b"")


# -- servers of asyncssh, that do what sshd cannot be told to ---------------------------------------------------------


Serve = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None] | None]


@asynccontextmanager
async def serving(directory: Path, serve: Serve, deaf: bool = False) -> AsyncIterator[HostInfo]:
    """A server that hands each session to `serve`; `deaf`: it answers no global request."""

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            if deaf:
                ignored = {MSG_GLOBAL_REQUEST: lambda connection, kind, number, packet: None}
                conn._packet_handlers = {**conn._packet_handlers, **ignored}

        def begin_auth(self, username: str) -> bool:
            return False

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[key], process_factory=serve, encoding=None
    )
    known_hosts, config = directory / "known_hosts", directory / "config"
    known_hosts.write_bytes(f"[127.0.0.1]:{server.get_port()} ".encode() + key.export_public_key())
    config.touch()
    settings = SshSettings("root", server.get_port(), (), (str(known_hosts),), str(config))
    try:
        yield HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
    finally:
        server.close()


async def test_the_words_of_a_server_that_ends_the_connection_are_told(tmp_path: Path) -> None:
    def go_away(process: asyncssh.SSHServerProcess[bytes]) -> None:
        connection = process.channel.get_connection()
        connection.disconnect(asyncssh.DISC_BY_APPLICATION, "go away \x1b[31m" + "really " * 200)

    lost: list[Exception] = []
    async with serving(tmp_path, go_away) as host:
        link = await open_link(host, lost=lost)  # type: ignore[arg-type] # a list of errors all the same
        with pytest.raises(ConnectionLost) as caught:
            await run(link, "anything")
        assert "go away" in caught.value.message
        assert len(caught.value.message) < 500
        link.abort()


async def test_a_guards_shell_that_floods_gives_its_session_back(tmp_path: Path) -> None:
    """It is no guard any more, and the next command starts another one: each would hold a session of MaxSessions."""
    over = asyncio.Event()

    async def talk(process: asyncssh.SSHServerProcess[bytes]) -> None:
        if process.command == LINE.decode():
            process.stdout.write(b"atp\nguarding\n1\n" + b"x" * 200_000)
            await process.wait_closed()
            over.set()
        else:
            process.exit(0)

    async with serving(tmp_path, talk) as host:
        link = await open_link(host)
        await run(link, "anything")
        async with asyncio.timeout(HANG):
            await over.wait()
        assert link.is_alive()
        link.abort()


async def test_a_server_that_answers_no_global_request_and_a_job_left_behind(tmp_path: Path) -> None:
    def leave_a_job(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"atp\nstarted\n")
        process.channel.set_write_buffer_limits()
        process.channel._send_request(b"exit-status", UInt32(0))  # and the channel stays open

    async with serving(tmp_path, leave_a_job, deaf=True) as host:
        link = await open_link(host, config=TransportConfig(keepalive_interval=60))
        async with asyncio.timeout(HANG):
            status, stdout, _ = await run(link, "anything")
        assert (status, stdout) == (ExitStatus(0), b"atp\nstarted\n")
        link.abort()
