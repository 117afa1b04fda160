"""The program as a person has it: a real process in a real terminal, read by pyte."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .real_terminal import ENTERED, Terminal


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(["demo", "--hosts", "4", "--seed", "1"], tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def guide(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal([], tmp_path, VISUAL="true")
    try:
        yield terminal
    finally:
        terminal.close()


def test_two_hosts_answer_and_the_terminal_is_given_back(demo: Terminal) -> None:
    demo.shows("kvm01", "kvm02", "● 5")
    demo.keys("\x1b[Hj")  # the cursor stays with the host that came first, which need not be the one on top
    demo.shows("kvm01 (1) ❯")
    demo.keys(" ")
    demo.shows("kvm01 (1) ❯", "1 marked")
    demo.keys("j ")
    demo.shows("kvm[01-02] (2) ❯")
    demo.keys("!")
    demo.shows("enter run")
    demo.keys("hostname\r")
    demo.shows("2/2 done · 2 ok", "exit 0")

    def say_their_names() -> bool:
        answers = demo.text[demo.text.index("answers") :]
        return "kvm01" in answers and "kvm02" in answers

    demo.until(say_their_names)
    demo.keys("\x1b")
    demo.shows("space mark")
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_two_jobs_run_at_once_and_each_is_shown_and_ended_by_itself(demo: Terminal) -> None:
    demo.shows("kvm01", "kvm02", "● 5")
    demo.keys("!@kvm01 sleep 600\r@kvm02 hostname\r")
    demo.shows("#2 hostname  1/1 done · 1 ok", "+1 job running", "running")
    demo.keys("@kvm02 sleep 601\r")
    demo.shows("#3 sleep 601  0/1 done", "+1 job running")
    demo.keys("\x1b[6~\x1b[6~")
    demo.shows("#1 sleep 600  0/1 done")
    demo.keys("\x03")
    demo.shows("cancelled #1 sleep 600: 0 of 1 host had answered", "1/1 done · 1 cancelled", "+1 job running")
    demo.keys("\x03>>")
    demo.shows("#3 sleep 601  0/1 done", "1 job running")
    demo.keys("\x03")
    demo.shows("cancelled #3 sleep 601")
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_terminated_program_gives_the_terminal_back(demo: Terminal, number: signal.Signals) -> None:
    demo.shows("kvm01", "● 5")
    demo.process.send_signal(number)
    assert demo.ended() == 128 + number
    assert demo.is_given_back()


def test_one_that_is_continued_without_having_been_suspended_goes_on_and_ends(demo: Terminal) -> None:
    demo.shows("kvm01", "● 5")
    for number in (signal.SIGCONT, signal.SIGCONT, signal.SIGSTOP, signal.SIGCONT, signal.SIGCONT):
        demo.process.send_signal(number)
        demo.read(0.3)
    demo.keys("?")
    demo.shows("esc closes")
    demo.keys("?")
    demo.shows("space mark")
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_one_that_is_continued_while_it_begins_and_while_it_ends_gives_the_terminal_back(demo: Terminal) -> None:
    """As systemd does, which sends SIGCONT behind SIGTERM, and a shell that ends a job."""

    def continued(so_far: bool) -> bool:
        demo.process.send_signal(signal.SIGCONT)
        demo.read(0.002)
        return so_far

    demo.until(lambda: continued(ENTERED in demo.received))
    demo.shows("kvm01", "● 5")
    assert demo.received.count(ENTERED) == 1
    demo.process.terminate()
    demo.until(lambda: continued(demo.process.poll() is not None))
    assert demo.ended() == 128 + signal.SIGTERM
    assert demo.is_given_back()


@pytest.mark.parametrize("moment", ["beginning", "end"])
def test_one_that_is_stopped_by_a_signal_while_it_begins_or_ends_goes_on_with_that(demo: Terminal, moment: str) -> None:
    if moment == "end":
        demo.shows("kvm01", "● 5")
        demo.keys("q")
    for _ in range(30):
        demo.process.send_signal(signal.SIGTSTP)
        demo.read(0.01)
        demo.process.send_signal(signal.SIGCONT)
        demo.read(0.02)
    if moment == "beginning":
        demo.shows("kvm01", "● 5")
        demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_one_that_is_continued_while_it_gives_the_terminal_back_does_not_keep_it(demo: Terminal) -> None:
    def continued() -> list[object]:
        demo.process.send_signal(signal.SIGCONT)
        demo.read(0.1)
        return demo.settings

    demo.shows("kvm01", "● 5")
    for _ in range(6):
        for number in (signal.SIGTSTP, signal.SIGTSTP, signal.SIGCONT):  # that SIGCONT finds it half way
            demo.process.send_signal(number)
            demo.read(0.01)
        demo.until(lambda: continued() != demo.before)
    demo.keys("?")
    demo.shows("esc closes")
    demo.keys("?")
    demo.shows("space mark")
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_one_that_is_terminated_before_its_engine_runs_does_so_too(demo: Terminal) -> None:
    demo.until(lambda: ENTERED in demo.received)
    demo.process.terminate()
    assert demo.ended() == 128 + signal.SIGTERM
    assert demo.is_given_back()


def test_the_guide_gives_the_terminal_back(guide: Terminal) -> None:
    guide.shows("No hosts are known yet.")
    guide.process.terminate()
    assert guide.ended() == 128 + signal.SIGTERM
    assert guide.is_given_back()


def test_the_guide_writes_an_example_that_opens_at_the_next_start(guide: Terminal, tmp_path: Path) -> None:
    guide.shows("No hosts are known yet.")
    guide.keys("3")
    # where the words are broken depends on the length of the path
    guide.until(lambda: "no host of yours is in it yet" in " ".join(guide.text.replace("│", " ").split()))
    guide.keys("q")
    assert guide.ended() == 0
    assert guide.is_given_back()
    assert (tmp_path / ".config" / "atp_tui" / "hosts.toml").exists()


def test_keys_that_come_in_one_go_reach_the_region_that_the_first_of_them_opens(demo: Terminal) -> None:
    demo.shows("kvm01", "● 5")
    demo.keys(" j!echo quartz\r")
    demo.shows("(1) ❯", "kvm01", "1/1 done · 1 ok", "quartz")
    demo.keys("\x1b")
    demo.shows("space mark")
    demo.keys(":nosuch\r")
    demo.shows("no command nosuch")
    demo.keys(":theme light\r?")
    demo.shows("esc closes")
    demo.keys("qq")  # out of the help, and out of the program
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_a_byte_that_is_not_utf8_is_no_reason_to_end(demo: Terminal) -> None:
    demo.shows("kvm01", "● 5")
    demo.send(b"\xe9\xff")
    demo.keys("?")
    demo.shows("esc closes")
    demo.keys("\x1b")
    demo.until(lambda: "esc closes" not in demo.text)
    demo.keys("q")
    assert demo.ended() == 0
    assert demo.is_given_back()


def test_a_terminal_that_cannot_move_its_cursor_is_refused(tmp_path: Path) -> None:
    terminal = Terminal(["demo"], tmp_path, TERM="dumb")
    try:
        assert terminal.ended() == 2
        assert "TERM=dumb" in terminal.text and terminal.is_given_back()
    finally:
        terminal.close()


BUSY = """
import asyncio, os, threading, time
from atp_tui.ui.terminal import run_until_left
from atp_tui.ui.themed_app import ThemedApp

class Busy(ThemedApp):
    def on_ready(self):
        loop = asyncio.get_running_loop()
        keys = threading.Thread(target=lambda: [loop.call_soon_threadsafe(int) for _ in range(2000)])
        keys.start()
        keys.join()
        os.kill(os.getpid(), NUMBER)

asyncio.run(run_until_left(app := Busy((), ascii_only=False)))
os._exit(app.return_code)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_heard_behind_a_thousand_keys_that_wait(tmp_path: Path, number: int) -> None:
    """Their wake-ups fill the pipe by which asyncio hears of signals."""
    terminal = Terminal(["-c", BUSY.replace("NUMBER", str(int(number)))], tmp_path, sys.executable)
    try:
        assert terminal.ended() == 128 + number
        assert terminal.is_given_back()
    finally:
        terminal.close()
