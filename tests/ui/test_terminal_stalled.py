"""A terminal that takes nothing for a while, as with Ctrl+S or a network that hangs under an SSH session."""

from __future__ import annotations

import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .real_terminal import PATIENCE, Terminal

STALL = 3.0
"""Seconds in which nobody reads what the program writes."""

REFUSING = """
[transport.reconnect]
max_attempts = 0
initial_delay = 0.1
max_delay = 0.1
jitter = "none"
[[hosts]]
id = "refusing"
host = "127.0.0.1"
uri = "test+tcp://127.0.0.1:{port}/default"
ssh = false
"""


QUIET = """
[[hosts]]
id = "kvm01"
host = "127.0.0.1"
uri = "test:///default"
ssh = false
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections from a program whose event loop runs: each attempt begins there with a timer."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen(64)
        yield made


@pytest.fixture
def watching(tmp_path: Path, listener: socket.socket) -> Iterator[Terminal]:
    file = tmp_path / "hosts.toml"
    file.write_text(REFUSING.format(port=listener.getsockname()[1]))
    terminal = Terminal(["--config", str(file)], tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


def press_for(terminal: Terminal, seconds: float) -> None:
    """A key that opens and closes the help, which paints the whole screen anew, each time some 10 kB; nobody reads."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key in "??":
            terminal.keys(key)
            time.sleep(0.05)


def attempt(listener: socket.socket) -> None:
    """Wait for the next connection and close it; those that came before do not count."""
    listener.settimeout(0)
    try:
        while True:
            listener.accept()[0].close()
    except BlockingIOError:
        pass
    assert select.select([listener], [], [], PATIENCE)[0], "the event loop stands"


def still(text: str) -> str:
    """A picture without what changes by itself: figures, charts, the part of an age."""
    return re.sub(r"[0-9.⠀-⣿▁-█ ]+", " ", re.sub(r"\d+ (s|min)\b", "", text))


def test_the_event_loop_goes_on_while_the_terminal_takes_nothing(watching: Terminal, listener: socket.socket) -> None:
    watching.shows("refusing")
    press_for(watching, STALL)
    for _ in range(3):
        attempt(listener)
    watching.shows("refusing", "q quit")
    watching.keys("q")
    assert watching.ended() == 0
    assert watching.is_given_back()


def test_the_picture_is_whole_when_the_terminal_comes_back(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(QUIET)
    terminal = Terminal(["--config", str(tmp_path / "hosts.toml")], tmp_path)
    try:
        terminal.shows("kvm01", "● 1")
        press_for(terminal, STALL)
        terminal.shows("● 1", "q quit")
        while terminal.read(0.5):
            pass
        seen = still(terminal.text)
        terminal.keys("?")
        terminal.shows("esc closes")
        terminal.keys("q")  # the whole screen is painted again
        terminal.until(lambda: still(terminal.text) == seen)
        assert len(terminal.received) < 400_000, "what nobody could see was not kept"
    finally:
        terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_while_the_terminal_takes_nothing(tmp_path: Path, number: signal.Signals) -> None:
    terminal = Terminal(["demo", "--hosts", "4"], tmp_path)
    try:
        terminal.shows("kvm01", "● 5")
        press_for(terminal, STALL)
        terminal.process.send_signal(number)
        try:
            status = terminal.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail("it waits for the terminal")
        assert status == 128 + number
        while terminal.read(0.2):
            pass
        assert terminal.is_given_back(), "its last words came in place of frames that nobody had read"
    finally:
        terminal.close()
