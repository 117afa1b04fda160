"""The end has a limit: the terminal is given back, and the program ends with its status, whatever hangs."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual import events

from atp_tui.ui import app, leaving
from atp_tui.ui.themed_app import ThemedApp

from .real_terminal import ENTERED, LEFT, Terminal

PROGRAM = """
import asyncio, os, sys, time
from atp_tui.transport.clock import run_awake
from atp_tui.ui import leaving
from atp_tui.ui.terminal import run_until_left
from atp_tui.ui.themed_app import ThemedApp

leaving.GIVE_BACK, leaving.HARD_END = {give_back}, {hard_end}

class Hangs(ThemedApp):
    async def on_key(self, event):
        if event.key == "q":
            self.exit(return_code=3)
            return
        open("hangs", "w").close()
        {hangs}

async def stays():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

os.chdir({directory!r})
run_awake(run_until_left(app := Hangs((), ascii_only=False)))
sys.exit(app.return_code)
"""

HANDLER = "await asyncio.Event().wait()"
LOOP = "while True: pass"
THREAD = "asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)"
TASK = "self.stays = asyncio.create_task(stays())"
DEFECT = "self.stays = asyncio.create_task(stays()); 1 / 0"

LENT = r"""
        from atp_tui.drivers.terminal.near import NearTerminal
        from atp_tui.ui.lent import lent
        near = NearTerminal()
        with lent(self, near.give_back, "kvm01") as words, near.taken(words):
            near.output("stdout", b"\x1b[?1003hit hangs")
            while True: pass
"""


@contextmanager
def hanging(hangs: str, directory: Path, give_back: float = 0.1, hard_end: float = 0.4) -> Iterator[Terminal]:
    code = PROGRAM.format(hangs=hangs, directory=str(directory), give_back=give_back, hard_end=hard_end)
    terminal = Terminal(["-c", code], directory, sys.executable)
    try:
        terminal.until(lambda: ENTERED in terminal.received)
        terminal.keys("x")
        terminal.until(lambda: (directory / "hangs").exists())
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("hangs", "number"),
    [(HANDLER, signal.SIGTERM), (LOOP, signal.SIGHUP), (THREAD, signal.SIGTERM)],
    ids=["handler", "loop", "thread"],
)
def test_a_signal_ends_it_in_time(hangs: str, number: signal.Signals, tmp_path: Path) -> None:
    with hanging(hangs, tmp_path) as terminal:
        terminal.process.send_signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.is_given_back()


def test_a_key_ends_it_in_time(tmp_path: Path) -> None:
    with hanging(TASK, tmp_path) as terminal:
        terminal.keys("q")
        assert terminal.ended() == 3
        assert terminal.is_given_back()


def test_one_that_has_failed_ends_in_time_and_says_so_by_its_status(tmp_path: Path) -> None:
    with hanging(DEFECT, tmp_path) as terminal:
        assert terminal.ended() == leaving.FAILED
        assert terminal.is_given_back()


def test_the_terminal_is_given_back_before_the_end(tmp_path: Path) -> None:
    with hanging(LOOP, tmp_path, hard_end=3600) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        terminal.until(lambda: LEFT in terminal.received and terminal.settings == terminal.before)
        assert terminal.process.poll() is None


def test_a_loop_that_goes_on_later_paints_nothing_over_the_shell(tmp_path: Path) -> None:
    with hanging("time.sleep(1); self.refresh()", tmp_path, hard_end=3600) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        assert terminal.is_given_back()
        assert len(terminal.received.rpartition(LEFT)[2]) < 40  # the cursor, and the end of some reports


def test_a_terminal_that_is_lent_to_a_session_is_given_back_too(tmp_path: Path) -> None:
    with hanging(LENT, tmp_path) as terminal:
        terminal.until(lambda: b"it hangs" in terminal.received)
        assert terminal.settings != terminal.before
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        assert terminal.is_given_back()
        assert b"\x1b[?1003l" in terminal.received.rpartition(b"it hangs")[2]


def test_the_limits_are_those_that_are_promised() -> None:
    """The screen in a second, all of it in three."""
    assert leaving.GIVE_BACK < 1
    assert app.QUIT_LIMIT < leaving.HARD_END < leaving.HARD_END + leaving.LAST_WORDS < 3


async def test_a_key_that_is_pressed_while_it_ends_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = ThemedApp((), ascii_only=False)
    close_all = ends._close_all

    async def slowly() -> None:
        await close_all()
        ends.post_message(events.Key("a", "a"))  # there is no screen any more
        await asyncio.sleep(0.05)

    monkeypatch.setattr(ends, "_close_all", slowly)
    async with ends.run_test():
        pass
    assert ends._exception is None
