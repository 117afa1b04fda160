"""What logins ask, at the terminal of a verb: on /dev/tty, and nowhere where nobody could answer."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from .daemons.asking_sshd import Asking, Round, listening
from .daemons.pam_sshd import PASSWORD as ACCOUNTS
from .daemons.pam_sshd import USER, asking_sshd

pytestmark = pytest.mark.daemons

HANG = 60.0
PASSWORD = " not for; the log "


class Run:
    """The program on a terminal of its own, whose standard input and output are no terminal. `before` is Python that is
    run first."""

    def __init__(self, home: Path, *words: str, before: str = "") -> None:
        self.said = ""
        leader, self._follower = pty.openpty()
        self.leader = leader
        os.set_blocking(leader, False)
        env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            env[name] = str(home / name)
        take = f"import os, sys; os.setsid(); os.close(os.open({os.ttyname(self._follower)!r}, os.O_RDWR)); "
        take += "import fcntl, termios; sys.argv = ['atp-tui', *sys.argv[1:]]; "
        take += f"from atp_tui.__main__ import main\n{before}\nsys.exit(main())"
        self.process = subprocess.Popen(
            ["env", "--default-signal=INT", sys.executable, "-c", take, *words],  # as tests in the background ignore it
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True,
        )  # fmt: skip

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._follower)[3] & termios.ECHO)

    async def until(self, words: str) -> None:
        """Wait until the terminal shows that."""
        limit = time.monotonic() + HANG
        while words not in self.said:
            assert time.monotonic() < limit and self.process.poll() is None, (self.said, *self.process.communicate())
            try:
                self.said += os.read(self.leader, 65536).decode()
            except BlockingIOError:
                await asyncio.sleep(0.02)

    def type(self, line: str) -> None:
        self.said = ""
        os.write(self.leader, f"{line}\n".encode())

    async def over(self) -> tuple[int, str, str]:
        out, err = await asyncio.to_thread(self.process.communicate, timeout=HANG)
        return self.process.returncode, out, err


def hosts_toml(home: Path, *servers: Asking, more: str = "") -> str:
    tables = [
        f'[[hosts]]\nid = "kvm{n}"\nhost = "127.0.0.1"\nuri = false\n[hosts.ssh]\nport = {server.port}\n'
        for n, server in enumerate(servers)
    ]
    (home / "empty").touch()
    ssh = {"user": "root", "config_file": str(home / "empty"), "known_hosts": [str(home / "known")]}
    lines = [f"{key} = {json.dumps(value)}" for key, value in ssh.items()]
    file = home / "hosts.toml"
    file.write_text("\n".join(["[ssh]", *lines, 'host_key_policy = "accept-new"', more, *tables]))
    return str(file)


def all_files(home: Path) -> str:
    return "\n".join(file.read_text(errors="replace") for file in home.rglob("*") if file.is_file())


async def test_a_password_is_typed_at_the_terminal_and_left_nowhere(tmp_path: Path) -> None:
    servers = [Asking(PASSWORD) for _ in range(3)]
    async with listening(*servers):
        config = hosts_toml(tmp_path, *servers, more='realm = "lab"')
        run = Run(tmp_path, "connect", "--config", config, "-v", "-w", "@all")
        for typed in ("wrong", PASSWORD):
            await run.until("password: ")
            assert not run.echoes
            run.type(typed)
        status, out, err = await run.over()
    assert (status, out.count("done")) == (0, 3), err
    assert "it is for all hosts of the realm lab" in err
    assert "what was typed last was not taken" in err
    assert run.echoes
    assert sorted(server.told for server in servers) == [[PASSWORD]] * 2 + [["wrong", PASSWORD]]
    assert PASSWORD.strip() not in out + err + run.said + all_files(tmp_path)


async def test_prompts_are_shown_or_hidden_as_the_server_says(tmp_path: Path) -> None:
    server = Asking(rounds=[Round([("Token: ", True), ("PIN: ", False)], ["t", "1"], instruction="Look\x1b[31m there")])
    async with listening(server):
        run = Run(tmp_path, "connect", "--config", hosts_toml(tmp_path, server), "-w", "kvm0")
        await run.until("Token: ")
        assert run.echoes
        run.type("t")
        await run.until("PIN: ")
        assert not run.echoes
        run.type("1")
        status, _, err = await run.over()
    assert (status, server.told) == (0, ["t", "1"])
    assert "Look" in err and "\x1b" not in err


@pytest.mark.parametrize("number", [1, 2])
async def test_a_prompt_that_is_interrupted_leaves_a_terminal_that_echoes(tmp_path: Path, number: int) -> None:
    async with listening(server := Asking("secret")):
        run = Run(tmp_path, "connect", "--config", hosts_toml(tmp_path, server), "-w", "kvm0")
        await run.until("password: ")
        assert not run.echoes
        for _ in range(number):
            run.process.send_signal(signal.SIGINT)
        status, _, _ = await run.over()
    assert status in (130, -signal.SIGINT)
    assert run.echoes
    assert server.told == []


async def test_with_batch_nobody_is_asked_and_what_was_wanted_is_told(tmp_path: Path) -> None:
    async with listening(server := Asking("secret")):
        run = Run(tmp_path, "connect", "--batch", "--config", hosts_toml(tmp_path, server), "-w", "kvm0")
        status, _, err = await run.over()
    assert (status, server.told) == (3, [])
    assert "the host takes password" in err


async def test_typing_takes_no_time_from_the_host(tmp_path: Path) -> None:
    """Longer than an attempt may take, and than anybody waits for a connection."""
    async with listening(server := Asking("secret")):
        more = "[transport]\nconnect_timeout = 4\n[transport.pool]\ncheckout_timeout = 4\n"
        run = Run(tmp_path, "connect", "--config", hosts_toml(tmp_path, server, more=more), "-w", "kvm0")
        await run.until("password: ")
        await asyncio.sleep(4.5)
        run.type("secret")
        status, _, err = await run.over()
    assert (status, server.told) == (0, ["secret"]), err


async def test_a_real_sshd_and_a_command_keep_nothing_of_the_password(tmp_path: Path) -> None:
    """With -v, the log of jobs and the audit: the output is there, and the password nowhere."""
    with asking_sshd(tmp_path / "sshd", ["PasswordAuthentication yes"]) as daemon:
        home = tmp_path / "home"
        home.mkdir()
        ssh = {"user": USER, "port": daemon.port, "known_hosts": [str(daemon.known_hosts)], "identity_files": []}
        lines = [f"{key} = {json.dumps(value)}" for key, value in (ssh | {"config_file": "/dev/null"}).items()]
        hosts = '[[hosts]]\nid = "kvm0"\nhost = "127.0.0.1"\nuri = false\n'
        (home / "hosts.toml").write_text("\n".join(["[ssh]", *lines, hosts]))
        run = Run(home, "run", "-v", "--yes", "--config", str(home / "hosts.toml"), "-w", "kvm0", "echo", "hello")
        await run.until("password: ")
        run.type(ACCOUNTS)
        status, out, err = await run.over()
    assert (status, out) == (0, "kvm0: hello\n"), err
    assert ACCOUNTS not in out + err + run.said + all_files(home)
    assert "hello" in all_files(home), "the log of jobs is among them"
