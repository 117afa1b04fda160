"""A defect that ends the screen: the terminal is given back, one line says so, and a report is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .real_terminal import Terminal

FAULT = """
from contextlib import asynccontextmanager
import atp_tui.engine.engine as engine

@asynccontextmanager
async def running(self, **options):
    secret = "correct" + "horse"
    raise ZeroDivisionError("of a library" + chr(27) + "[2J")
    yield

engine.Engine.running = running
"""
"""Python runs a module of this name before the program: the real program then has an engine that fails."""


NO_THREAD = """
import threading
start = threading.Thread.start

def limited(thread):
    if (thread.name, type(thread).__name__)[{index}] == {name!r}:
        raise RuntimeError("can't start new thread")
    start(thread)

threading.Thread.start = limited
"""


@pytest.mark.parametrize("thread", [(0, "terminal-output"), (1, "WriterThread"), (0, "textual-input")])
def test_where_no_thread_is_left_the_terminal_is_given_back_and_that_is_said(
    tmp_path: Path, thread: tuple[int, str]
) -> None:
    index, name = thread
    (tmp_path / "sitecustomize.py").write_text(NO_THREAD.format(index=index, name=name))
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    terminal = Terminal(["demo", "--hosts", "2"], tmp_path, PYTHONPATH=path)
    try:
        assert terminal.ended() == 70
        assert terminal.is_given_back()
        told = terminal.received.rpartition(b"\x1b[?1049l")[2].decode()
        assert "atp-tui: no further thread could be started here: see ulimit -u and -v" in told
    finally:
        terminal.close()


@pytest.mark.parametrize("state", ["writable", "closed"])
def test_one_line_says_what_happened_and_where_the_report_is(tmp_path: Path, state: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    folder = tmp_path / ".local" / "state" / "atp_tui"
    if state == "closed":
        (tmp_path / ".local").write_text("no directory")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    terminal = Terminal(["demo", "--hosts", "2"], tmp_path, PYTHONPATH=path)
    try:
        assert terminal.ended() == 70
        assert terminal.is_given_back()
        told = terminal.received.rpartition(b"\x1b[?1049l")[2].decode()
        line = told[told.index("atp-tui: the program failed") :]
        assert "Traceback" not in told and "correcthorse" not in told and "\x1b[2J" not in line
        if state == "closed":
            assert "the program failed: ZeroDivisionError; no report could be written" in line
        else:
            (report,) = folder.glob("failure-*.txt")
            assert f"the program failed: ZeroDivisionError; the report is in {report}" in line
            assert "in running" in report.read_text() and "correcthorse" not in report.read_text()
    finally:
        terminal.close()
