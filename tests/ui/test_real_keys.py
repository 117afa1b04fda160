"""Keys on a real terminal: their order, Ctrl+Z under a shell, and what the environment may not press."""

from __future__ import annotations

import os
import random
import re
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from .line_editor import LineEditor, burst, chunks
from .real_terminal import ENTERED, LEFT, Terminal

NOBODY = '[[hosts]]\nid = "kvm01"\nhost = "127.0.0.1"\nuri = "qemu+ssh://root@127.0.0.1:9/system"\n'
"""A host that refuses connections: what is run there ends at once, and has been run all the same."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "hosts.toml").write_text(NOBODY)
    terminal = Terminal(["--config", str(tmp_path / "hosts.toml")], tmp_path)
    try:
        terminal.shows("kvm01", "space mark")
        yield terminal
    finally:
        terminal.close()


def history(home: Path) -> list[str]:
    """The command lines that were run."""
    files = list((home / ".local" / "state" / "atp_tui" / "histories").glob("*"))
    return files[0].read_text().splitlines() if files else []


@pytest.mark.parametrize(
    ("sent", "run"),
    [
        ("echo rm /tmp/x" + "\x7f" * 6 + "/srv/tmp", "echo rm /srv/tmp"),
        ("echo ab\x7f\x7fcd", "echo cd"),
        ("kvm0\x1b[Dxx\x1b[Hy", "ykvmxx0"),
    ],
)
def test_editing_keys_of_one_write_act_in_their_order(fleet: Terminal, tmp_path: Path, sent: str, run: str) -> None:
    fleet.keys(f"!{sent}\r")
    fleet.until(lambda: history(tmp_path) == [run])


def test_random_bursts_run_what_a_plain_line_editor_holds(fleet: Terminal, tmp_path: Path) -> None:
    chance = random.Random(3)
    fleet.keys("!")
    fleet.shows("enter run")
    editor = LineEditor()
    for number in range(25):
        begin = f"n{number} "
        editor.insert(begin)
        sent = begin + burst(chance, editor, chance.choice((4, 8)), without=("enter", "older", "newer", "right"))
        for key, sequence in (("home", "\x1b[H"), ("delete all right", "\x0b")):
            if not editor.text.startswith(begin):  # a line that begins with a space is not kept
                editor.press(key)
                sent += sequence
        for sign in f"{begin}ok" if not editor.text else "":
            editor.insert(sign)
            sent += sign
        editor.press("enter")
        for chunk in chunks(chance, f"{sent}\r".encode()):
            fleet.send(chunk)
        fleet.until(lambda: len(history(tmp_path)) >= number + 1)  # noqa: B023 # called at once
        assert history(tmp_path) == list(editor.history.lines), sent
        fleet.until(lambda: re.search(rf"answers +(#\d+ )?{begin}.*1/1 done", fleet.text))  # noqa: B023 # called at once


def test_a_paste_of_several_lines_is_refused_with_words(fleet: Terminal, tmp_path: Path) -> None:
    fleet.keys("!\x1b[200~echo a\necho b\x1b[201~")
    fleet.shows("2 lines were pasted")
    assert "echo a" not in fleet.text
    fleet.keys("\rtrue\r")
    fleet.until(lambda: history(tmp_path) == ["true"])


def _says_stopped(shell: Terminal) -> bool:
    """Whether the shell's list of jobs has the program as stopped: bash hears of it some time after the kernel."""
    shell.keys("jobs\n")
    shell.read(0.5)
    return b"Stopped" in shell.received


def test_ctrl_z_gives_the_shell_its_terminal_and_fg_brings_the_screen_back(tmp_path: Path) -> None:
    shell = Terminal(["--norc", "--noprofile", "-i"], tmp_path, program="bash", PS1="sh> ")
    try:
        shell.shows("sh>")
        program = shlex.join([sys.executable, "-m", "atp_tui", "demo", "--hosts", "2"])
        shell.keys(f"{program}\n")
        shell.shows("kvm02", "● 3")
        child = int(Path(f"/proc/{shell.process.pid}/task/{shell.process.pid}/children").read_text().split()[0])
        threads = Path(f"/proc/{child}/task")
        before = sorted((task / "comm").read_text() for task in threads.iterdir())
        for in_background in (False, True):
            shell.received.clear()
            shell.keys("\x1a")
            shell.until(lambda: b"Stopped" in shell.received)
            assert LEFT in shell.received
            shell.keys("stty -a | grep -o -- '[-]*icanon'; echo now$((6*7))\n")
            shell.until(lambda: b"now42" in shell.received)
            assert re.search(rb"[\r\n]icanon", shell.received), "line mode is back"
            shell.received.clear()
            if in_background:  # it stops again there, since the terminal is not its own
                shell.keys("bg\n")
                shell.until(lambda: b"&" in shell.received)
                shell.until(partial(_says_stopped, shell))
                assert ENTERED not in shell.received
            shell.keys("fg\n")
            shell.until(lambda: ENTERED in shell.received)
            shell.shows("kvm02", "● 3")
        after = sorted((task / "comm").read_text() for task in threads.iterdir())
        assert len(after) <= len(before) + 2 and after.count("textual-input\n") == before.count("textual-input\n")
        shell.keys("?")
        shell.shows("esc closes")
        shell.keys("q")
        shell.until(lambda: "esc closes" not in shell.text)
        shell.received.clear()
        shell.keys("q")
        shell.until(lambda: LEFT in shell.received and b"sh> " in shell.received)
    finally:
        shell.close()


def test_ctrl_z_where_no_shell_could_bring_it_back_says_so(fleet: Terminal) -> None:
    fleet.keys("\x1a")
    fleet.shows("no shell is there")
    fleet.keys("q")
    assert fleet.ended() == 0


def test_the_environment_presses_no_key_and_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here):
        folder.mkdir()
    monkeypatch.chdir(here)
    left_over = {
        "TEXTUAL": "debug,devtools", "TEXTUAL_PRESS": "exclamation_mark,x,q", "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_SCREENSHOT_LOCATION": str(here), "TEXTUAL_SCREENSHOT_FILENAME": "shot.svg", "TEXTUAL_DEBUG": "1",
        "TEXTUAL_LOG": str(here / "textual.log"), "TEXTUAL_DRIVER": "no.such:Driver", "TEXTUAL_FILTERS": "monochrome",
        "TEXTUAL_SHOW_RETURN": "1", "TEXTUAL_ALLOW_SIGNALS": "1", "TEXTUAL_THEME": "no-such",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    terminal = Terminal(["demo", "--hosts", "2"], home, **left_over)
    try:
        terminal.shows("kvm02", "● 3")
        for _ in range(15):  # the screenshot would come after a second
            terminal.read(0.1)
        terminal.keys("!a-password")
        terminal.shows("❯ a-password")
        terminal.keys("\x03")
        terminal.shows("space mark")
        terminal.keys("q")
        assert terminal.ended() == 0
        assert terminal.is_given_back()
    finally:
        terminal.close()
    assert os.listdir(here) == []
