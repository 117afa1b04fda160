"""A terminal that is asked for its ground, one whose files of themes change, and what was chosen the last time."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from atp_tui.ui.ground import ASK, FOLLOW, LEAVE

from .real_terminal import Terminal

DARK = "dark.toml"


def ground(terminal: Terminal) -> str:
    """The background of a cell with nothing in it."""
    return str(terminal._screen.buffer[terminal.ROWS - 4][60].bg)


def has_ground(terminal: Terminal, colour: str) -> None:
    """Wait until it has this background."""
    terminal.until(lambda: ground(terminal) == colour)


def demo(home: Path, *arguments: str, **environment: str) -> Terminal:
    return Terminal(["demo", "--hosts", "2", "--seed", "1", *arguments], home, **environment)


def test_auto_is_light_on_a_light_ground_and_follows_it_and_takes_no_key(tmp_path: Path) -> None:
    terminal = demo(tmp_path, "--theme", "auto")
    try:
        terminal.until(lambda: ASK.encode() in terminal.received)
        terminal.send(b"\x1b]11;rgb:fa")
        terminal.shows("kvm01")
        assert ground(terminal) == "15171b", "nobody waited for the answer"
        terminal.send(b"fa/fafa/f7f7\x1b\\?")
        terminal.shows("esc closes")
        has_ground(terminal, "fafaf7")
        terminal.send(b"\x1b[?997;1n\x1b")
        has_ground(terminal, "15171b")
        terminal.shows("q quit")
        terminal.keys("q")
        assert terminal.ended() == 0
        assert terminal.is_given_back()
        assert terminal.received.count(FOLLOW.encode()) == terminal.received.count(LEAVE.encode()) == 1
    finally:
        terminal.close()


def test_who_comes_back_from_a_stop_is_asked_again(tmp_path: Path) -> None:
    terminal = demo(tmp_path, "--theme", "auto")
    try:
        terminal.shows("kvm01", "q quit")
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.until(lambda: LEAVE.encode() in terminal.received)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(lambda: terminal.received.count(ASK.encode()) == 2)
        terminal.send(b"\x1b]11;rgb:ffff/ffff/ffff\x07")
        has_ground(terminal, "fafaf7")
        terminal.keys("q")
        assert terminal.ended() == 0
        assert terminal.is_given_back()
        assert terminal.received.count(FOLLOW.encode()) == terminal.received.count(LEAVE.encode()) == 2
    finally:
        terminal.close()


@pytest.mark.parametrize("environment", [{"TERM": "linux"}, {}])
def test_nobody_is_asked_who_does_not_answer_or_where_nothing_follows_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    terminal = demo(tmp_path, *(("--theme", "auto") if environment else ()), **environment)
    try:
        terminal.shows("kvm01", "q quit")
        assert ASK.encode() not in terminal.received and FOLLOW.encode() not in terminal.received
    finally:
        terminal.close()


def test_a_theme_that_is_chosen_is_there_at_the_next_start_and_counts_less_than_an_argument(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.toml"
    hosts.write_text(
        '[ui]\ntheme = "high-contrast"\n[[hosts]]\nid = "kvm01"\nhost = "192.0.2.1"\nuri = "test:///default"\n'
    )
    chosen = {(): "000000", ("--theme", "dark"): "15171b"}
    for arguments, expected in chosen.items():
        terminal = Terminal(["--config", str(hosts), *arguments], tmp_path)
        try:
            terminal.shows("kvm01", "q quit")
            assert ground(terminal) == expected
            if not arguments:
                terminal.keys(":theme light\r")
                has_ground(terminal, "fafaf7")
        finally:
            terminal.close()
    file = tmp_path / ".local/state/atp_tui/screen.json"
    assert json.loads(file.read_text())["fleets"] == {str(hosts): {"theme": "light"}}
    assert file.stat().st_mode & 0o777 == 0o600
    for remembered, expected in ("light", "fafaf7"), ("whose-file-has-gone", "000000"):
        file.write_text(file.read_text().replace("light", remembered))
        terminal = Terminal(["--config", str(hosts)], tmp_path)
        try:
            terminal.shows("kvm01", "q quit")
            assert ground(terminal) == expected and "no theme" not in terminal.text
        finally:
            terminal.close()


def test_a_file_of_a_theme_is_taken_over_as_it_is_written_and_a_broken_one_says_where(tmp_path: Path) -> None:
    own = tmp_path / ".config/atp_tui/themes/own.toml"
    own.parent.mkdir(parents=True)
    text = (Path(__file__).parents[2] / "themes" / DARK).read_text().replace('name = "dark"', 'name = "own"')
    own.write_text(text)
    terminal = demo(tmp_path, "--theme", "own")
    try:
        terminal.shows("kvm01", "q quit")
        own.write_text(text.replace("#15171b", "#000000"))
        has_ground(terminal, "000000")
        broken = text.replace('failed = "#f4877f"', 'failed = "reddish"')
        own.write_text(broken)
        line = 1 + broken[: broken.index("reddish")].count("\n")
        terminal.shows(f"own.toml:{line}", "'reddish' is not a colour")
        assert ground(terminal) == "000000"
        (own.parent / "new.toml").write_text(text)
        os.replace(own.parent / "new.toml", own)
        has_ground(terminal, "15171b")
    finally:
        terminal.close()
