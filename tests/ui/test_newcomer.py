"""A newcomer's way through the program, in a real terminal: from no file to a fleet that is there again."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemons.sshd import PrivateSshd

from .real_terminal import Terminal

HOSTS = 40
WRONG = ("kvm03", "kvm07")
"""Hosts whose port in ssh_config is a wrong one."""

DOWN, SAVE, ESCAPE = "\x1b[B", "\x13", "\x1b"


class Newcomer:
    """A person with an ssh_config of forty hosts, and no hosts.toml."""

    def __init__(self, home: Path, sshd: PrivateSshd) -> None:
        self.home = home
        self.sshd = sshd
        self.file = home / ".config/atp_tui/hosts.toml"
        self.terminal = Terminal([], home)

    def again(self) -> None:
        """Start the program once more."""
        self.terminal.close()
        self.terminal = Terminal([], self.home)

    def hosts(self) -> dict[str, dict[str, Any]]:
        """The tables of hosts.toml by id; none while it is not there."""
        if not self.file.exists():
            return {}
        return {host["id"]: host for host in tomllib.loads(self.file.read_text())["hosts"]}

    def tagged(self) -> set[str]:
        return {host for host, table in self.hosts().items() if "lab" in table.get("tags", [])}

    def agrees(self) -> None:
        """Say yes to the question that ten hosts are asked about."""
        self.terminal.shows("10 hosts are more than 5")
        self.wait()
        self.terminal.keys("y")

    def wait(self) -> None:
        """Let a form listen: it takes no key for a moment, for what was typed before is not meant for it."""
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            self.terminal.read(0.1)

    def until_keys(self, keys: str, *texts: str) -> None:
        """Press keys, again where a dialogue that has just appeared did not listen yet, until these texts are shown."""
        while not all(text in self.terminal.text for text in texts):
            self.terminal.keys(keys)
            for _ in range(8):
                self.terminal.read(0.2)


@pytest.fixture
def newcomer(tmp_path: Path, sshd: PrivateSshd) -> Iterator[Newcomer]:
    (tmp_path / ".ssh").mkdir(mode=0o700)
    names = [f"kvm{number:02}" for number in range(1, HOSTS + 1)]
    (tmp_path / ".ssh/config").write_text(
        "\n".join(
            f"Host {name}\n  HostName 127.0.0.1\n  Port {1 if name in WRONG else sshd.port}\n  User {sshd.user}\n"
            f"  IdentityFile {sshd.client_key}\n  UserKnownHostsFile {sshd.known_hosts}\n"
            for name in names
        )
    )
    person = Newcomer(tmp_path, sshd)
    try:
        yield person
    finally:
        person.terminal.close()


def test_from_no_file_to_a_fleet_that_is_there_again(newcomer: Newcomer) -> None:
    terminal, port = newcomer.terminal, str(newcomer.sshd.port)
    terminal.shows("~/.ssh/config")
    terminal.keys("1")
    terminal.shows("40 of 40 chosen")
    newcomer.until_keys("\r", "❯ a command")
    assert len(newcomer.hosts()) == HOSTS
    terminal.shows("kvm01")

    for host in WRONG:  # the port in ssh_config is wrong: the host's own counts before it
        terminal.keys(f":jump {host}\r")
        terminal.shows(f"{host} (1) ❯")
        terminal.keys("e")  # once: a second one would be the first letter that the form takes
        terminal.shows(f"edit {host}")
        newcomer.wait()
        terminal.keys(DOWN * 7 + port)
        terminal.shows(f"+ssh.port = {port}")
        terminal.keys(SAVE)
        terminal.shows(f"saved: {host}", "z undoes")
        assert newcomer.hosts()[host]["ssh"]["port"] == newcomer.sshd.port

    terminal.keys(":mark kvm[11-20]\r")
    terminal.shows("kvm[11-20] (10) ❯")
    terminal.keys("T+lab\r")
    newcomer.agrees()
    terminal.until(lambda: len(newcomer.tagged()) == 10)
    terminal.keys("/tag:lab\r")
    terminal.until(lambda: "/ tag:lab" in terminal.text and "kvm20" in terminal.text and "kvm21" not in terminal.text)
    terminal.keys("!echo so it is\r")
    newcomer.agrees()
    terminal.shows("10/10 done · 10 ok", "so it is")
    terminal.keys(ESCAPE)
    terminal.shows("space mark")
    terminal.keys("z")
    terminal.until(lambda: not newcomer.tagged())
    terminal.keys("Z")
    terminal.until(lambda: len(newcomer.tagged()) == 10)
    terminal.keys("q")
    assert terminal.ended() == 0

    newcomer.again()
    terminal = newcomer.terminal
    terminal.shows("kvm01", "❯ a command")
    terminal.keys("/tag:lab\r")
    terminal.until(lambda: "/ tag:lab" in terminal.text and "kvm20" in terminal.text and "kvm21" not in terminal.text)
    terminal.keys("q")
    assert terminal.ended() == 0
