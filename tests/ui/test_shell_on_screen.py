"""One key opens a shell on the host under the cursor, and the screen comes back however that ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..daemons.hosts_toml import host_table, ssh_table
from ..daemons.sshd import PrivateSshd, running_sshd
from ..test_headless import written
from .conftest import open_app
from .fleet_services import FleetServices
from .real_terminal import ENTERED, LEFT, Terminal

HINT = "exit, or ~. at the beginning of a line, comes back"


def screen(folder: Path, sshd: PrivateSshd) -> Terminal:
    tables = [host_table(name, None, ssh_table(sshd)) for name in ("kvm01", "kvm02")]
    file = written(folder / "hosts.toml", *tables)
    terminal = Terminal(["--config", file], folder)
    terminal.shows("kvm01", "kvm02", "● 2")
    terminal.keys(":jump kvm02\r")
    terminal.shows("kvm02 (1) ❯")
    return terminal


@pytest.fixture
def terminal(tmp_path: Path, sshd: PrivateSshd) -> Iterator[Terminal]:
    found = screen(tmp_path, sshd)
    yield found
    found.close()


def is_away(terminal: Terminal) -> bool:
    told = bytes(terminal.received)
    return told.rfind(LEFT) > told.rfind(ENTERED)


@pytest.mark.daemons
def test_the_key_opens_a_shell_on_the_host_under_the_cursor_and_exit_comes_back(
    terminal: Terminal,
) -> None:
    terminal.keys("$")
    terminal.shows("shell on kvm02", HINT)
    terminal.keys("stty size; tty >/dev/null && printf 'h\\303\\244\\n'; echo on\r")
    terminal.shows("40 120", "hä", "\non")
    assert is_away(terminal), "nothing was drawn over it, though the hosts were sampled meanwhile"
    terminal.keys("exit 3\r")
    terminal.shows("kvm01", "kvm02", "the shell on kvm02 has ended: exit status 3")
    terminal.keys("q")
    assert terminal.ended() == 0 and terminal.is_given_back()


@pytest.mark.daemons
def test_the_far_side_gets_the_settings_of_the_terminal_and_not_those_of_the_screen(terminal: Terminal) -> None:
    words = "stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icrnl -e opost -e isig | sort | tr '\\n' .; read x"
    terminal.keys(f":shell {words}\r")
    terminal.until(lambda: b"echo.icrnl.isig.opost." in terminal.received)
    terminal.keys("~.")
    terminal.shows("the shell on kvm02 was left")


@pytest.mark.daemons
def test_what_a_program_left_on_is_off_and_a_new_size_is_known(terminal: Terminal) -> None:
    terminal.keys(r":shell @kvm01 printf '\033[?1049h\033[?1003h\033[?25l\033[3;9r\033]0;no \145nd'; sleep 60" + "\r")
    terminal.until(lambda: b"no end" in terminal.received)
    terminal.process.send_signal(signal.SIGTSTP)  # which would stop it with a raw terminal
    terminal.resize(100, 30)
    terminal.keys("~.")
    terminal.until(lambda: b"the shell on kvm01 was left" in terminal.received)
    told = bytes(terminal.received)
    assert told.index(b"\x18\x1b\\", told.index(b"no end")) < told.rindex(ENTERED), "off before the screen is back"
    assert told.rfind(b"\x1b[?1003l", 0, told.rindex(ENTERED)) > told.rfind(b"\x1b[?1003h", 0, told.rindex(b"no end"))
    terminal.keys(":")
    terminal.keys("quit\r")
    assert terminal.ended() == 0 and terminal.is_given_back()


@pytest.mark.daemons
def test_a_lost_connection_comes_back_and_a_signal_ends_both(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd") as daemon:
        terminal = screen(tmp_path, daemon)
        try:
            terminal.keys(":shell echo so far; sleep 60\r")
            terminal.shows("\nso far")
            daemon.kill()
            terminal.shows("the SSH connection to kvm02 was lost")
            terminal.shows("● 0")  # and no ● 2 from before the loss, which stays until the screen is drawn anew
            assert not is_away(terminal)
            daemon.restart()
            terminal.shows("● 2")
            terminal.keys(":shell echo even further; sleep 60\r")
            terminal.shows("\neven further")
            terminal.process.send_signal(signal.SIGTERM)
            assert terminal.ended() == 128 + signal.SIGTERM and terminal.is_given_back()
        finally:
            terminal.close()


async def test_read_only_opens_none_and_a_group_is_no_host(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("dollar_sign")
        await opened.until(lambda: opened.has("a shell is on one host") or opened.has("shell on"))
    object.__setattr__(fakes.services, "read_only", True)
    async with open_app(fakes) as opened:
        await opened.press("dollar_sign")
        await opened.until(lambda: opened.has("read-only"))
