"""What hosts.toml and ssh_config say of an SSH connection, and the way that they lead."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import AuthFailed, ConnectFailed, HostKeyRejected, Unsupported
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.sshd import PrivateSshd, free_port, running_sshd
from .leftovers import leftovers, nothing_left_since
from .ssh_links import answers, fails, host_of, linked, open_link, unexpected

pytestmark = pytest.mark.daemons


async def test_user_and_port_of_an_ssh_uri(sshd: PrivateSshd) -> None:
    settings = sshd.ssh_settings(user=None, port=None)
    uri = f"test+ssh://{sshd.user}@127.0.0.1:{sshd.port}/default"
    assert await answers(HostInfo("peer", "127.0.0.1", uri=uri, ssh=settings))
    wrong = f"test+ssh://nobody-here@127.0.0.1:{free_port()}/default"
    assert await answers(HostInfo("peer", "127.0.0.1", uri=wrong, ssh=sshd.ssh_settings()))


async def test_key_and_known_hosts_of_an_ssh_uri(sshd: PrivateSshd, tmp_path: Path) -> None:
    settings = SshSettings(config_file=str(sshd.config_file))
    where = f"test+ssh://{sshd.user}@127.0.0.1:{sshd.port}/default"
    key, known = f"keyfile={sshd.client_key}", f"known_hosts={sshd.known_hosts}"
    assert await answers(HostInfo("peer", "127.0.0.1", uri=f"{where}?{key}&{known}", ssh=settings))
    (tmp_path / "other").touch()
    unknown = f"{where}?{key}&known_hosts={tmp_path / 'other'}"
    assert isinstance(await fails(HostInfo("peer", "127.0.0.1", uri=unknown, ssh=settings)), HostKeyRejected)
    assert isinstance(await fails(HostInfo("peer", "127.0.0.1", uri=f"{where}?{known}", ssh=settings)), AuthFailed)


async def test_a_uri_of_another_transport_says_nothing_about_ssh(sshd: PrivateSshd) -> None:
    uri = "test+tcp://somebody@192.0.2.1:16509/default"
    assert await answers(HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings()))


async def test_ssh_config_says_what_hosts_toml_does_not(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host nick\n HostName 127.0.0.1\n Port {sshd.port}\n User {sshd.user}\n"
        f" IdentityFile {sshd.client_key}\n UserKnownHostsFile {sshd.known_hosts}\n"
    )
    assert await answers(HostInfo("peer", "nick", uri=None, ssh=SshSettings(config_file=str(config))))


async def test_the_usual_files_are_below_ssh_in_the_home(sshd: PrivateSshd) -> None:
    home = Path.home() / ".ssh"
    home.mkdir()
    (home / "config").write_text(f"Host nick\n HostName 127.0.0.1\n Port {sshd.port}\n User {sshd.user}\n")
    shutil.copy(sshd.client_key, home / "id_ed25519")
    shutil.copy(sshd.known_hosts, home / "known_hosts")
    assert await answers(HostInfo("peer", "nick", uri=None, ssh=SshSettings()))


async def test_hosts_toml_beats_ssh_config(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n Port {free_port()}\n User nobody-here\n IdentityFile /nowhere\n UserKnownHostsFile /nowhere\n"
        f" ProxyJump 127.0.0.1:{free_port()}\n"
    )
    settings = sshd.ssh_settings(config_file=str(config), proxy_jump="none")
    assert await answers(host_of(sshd, settings))


async def test_an_ssh_config_that_cannot_be_used(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host other\n User x\nHost 127.0.0.1\n Port many\n")
    error = await fails(host_of(sshd, sshd.ssh_settings(config_file=str(config), port=None)))
    assert error.permanent
    assert f"{config} line 4: Bad port 'many'" in error.message


async def test_it_takes_no_host_away_that_hosts_toml_describes_wholly(sshd: PrivateSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Port many\n")
    assert await answers(host_of(sshd, sshd.ssh_settings(config_file=str(config))))


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
                await driver.open(OpenRequest(host, TransportConfig(), unexpected))
    last = asyncio.create_task(open_link(host, driver))
    await asyncio.sleep(0)
    go.write_text("on\n")  # whoever opens it last lets the other go on
    link = await last
    assert begun.read_text() == "\n", "the attempts share one reading"
    link.abort()


async def test_an_ssh_config_that_is_not_there(sshd: PrivateSshd) -> None:
    error = await fails(host_of(sshd, sshd.ssh_settings(config_file="/nowhere/config")))
    assert error.permanent
    assert "/nowhere/config" in error.message


async def test_a_host_that_takes_no_commands() -> None:
    error = await fails(HostInfo("peer", "127.0.0.1", uri="test+tcp://127.0.0.1/default", ssh=None))
    assert isinstance(error, Unsupported)


async def test_the_cheap_cipher_comes_first_and_ssh_config_before_it(sshd: PrivateSshd, tmp_path: Path) -> None:
    async def cipher(settings: SshSettings) -> object:
        async with linked(host_of(sshd, settings)) as link:
            connection: asyncssh.SSHClientConnection = link._connection
            return connection.get_extra_info("send_cipher")

    assert await cipher(sshd.ssh_settings()) == "aes128-gcm@openssh.com"
    config = tmp_path / "config"
    config.write_text("Ciphers aes256-ctr\n")
    assert await cipher(sshd.ssh_settings(config_file=str(config))) == "aes256-ctr"


async def test_other_ciphers_are_a_fall_back(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=["Ciphers chacha20-poly1305@openssh.com"]) as daemon:
        assert await answers(host_of(daemon))


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
    before = leftovers()
    assert await answers(host)
    await nothing_left_since(before)


async def _fails_by_proxy(sshd: PrivateSshd, tmp_path: Path, command: str) -> str:
    config = tmp_path / "config"
    config.write_text(f"ProxyCommand {command}\n")
    before = leftovers()
    error = await fails(host_of(sshd, sshd.ssh_settings(config_file=str(config))))
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
