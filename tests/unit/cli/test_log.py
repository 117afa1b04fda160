"""The log: written, bounded, and never in the way of the start."""

from __future__ import annotations

import gc
import logging
import os
import re
import stat
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.cli import log
from atp_tui.cli.repeats import MOST, Repeats
from atp_tui.config.paths import log_file


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state directory of the test's own; Python's logging is put back afterwards."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    root, ours = logging.getLogger(), logging.getLogger("atp_tui")
    handlers, level = root.handlers[:], ours.level
    hooks = threading.excepthook, sys.unraisablehook
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    ours.setLevel(level)
    logging.captureWarnings(False)
    threading.excepthook, sys.unraisablehook = hooks


def test_warnings_are_written_and_more_with_verbose_but_never_a_librarys_chatter() -> None:
    assert log.open_log(verbose=False) is None
    logging.getLogger("atp_tui.x").info("too much")
    logging.getLogger("asyncssh").warning("of a library")
    assert log.open_log(verbose=True) is None
    logging.getLogger("atp_tui.x").info("a change")
    logging.getLogger("asyncssh").info("Command: mysql -psecret")
    text = log_file().read_text()
    assert "too much" not in text and "secret" not in text
    assert "of a library" in text and "a change" in text
    assert stat.S_IMODE(log_file().stat().st_mode) == 0o600


def test_warnings_of_libraries_and_failures_of_threads_go_to_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        log.open_log(verbose=False)
        warnings.warn("TripleDES has moved", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)

    def fail() -> None:
        raise ZeroDivisionError("of a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text = log_file().read_text()
    assert "TripleDES has moved" in text and "ZeroDivisionError: of a thread" in text
    assert capfd.readouterr().err == ""


def test_an_error_that_nobody_can_be_told_of_goes_to_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    class Faulty:
        def __del__(self) -> None:
            raise ZeroDivisionError("of an object that went")

    log.open_log(verbose=False)
    Faulty()
    assert "ZeroDivisionError: of an object that went" in log_file().read_text()
    assert capfd.readouterr().err == ""


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LONGEST", 1000)
    log.open_log(verbose=False)
    for n in range(1000):
        logging.getLogger("atp_tui.x").warning("line %d", n)
    kept = sorted(log_file().parent.iterdir())
    assert [path.name for path in kept] == ["atp_tui.log", "atp_tui.log.1"]
    assert sum(path.stat().st_size for path in kept) <= 2100
    assert "line 999" in kept[0].read_text() + kept[1].read_text()


def handler_of_another_program() -> logging.Handler:
    handler = log._LogFile(log_file())
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def record(words: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.WARNING, "", 0, words, (), None)


def test_programs_that_share_a_full_log_begin_anew_once_and_lose_no_line() -> None:
    log_file().parent.mkdir(parents=True)
    log_file().write_text("x" * (log.LONGEST - 1))
    programs = [handler_of_another_program() for _ in range(4)]
    for number, program in enumerate(programs * 2):
        program.handle(record(f"line {number}"))
    for program in programs:
        program.close()
    assert log_file().read_text().splitlines() == [f"line {number}" for number in range(8)]
    assert log_file().with_name("atp_tui.log.1").stat().st_size == log.LONGEST - 1


def test_a_program_that_comes_to_a_log_which_another_has_just_begun_anew_leaves_it() -> None:
    log_file().parent.mkdir(parents=True)
    log_file().write_text("x" * (log.LONGEST - 1))
    late, first = log._LogFile(log_file()), log._LogFile(log_file())
    assert late.shouldRollover(record("late"))
    first.handle(record("first"))  # between the other one's look and its turn
    late.doRollover()
    late.handle(record("late"))
    for program in (late, first):
        program.close()
    assert log_file().read_text().splitlines() == ["first", "late"]
    assert log_file().with_name("atp_tui.log.1").stat().st_size == log.LONGEST - 1


def test_where_no_file_can_stand_beside_it_the_log_still_begins_anew() -> None:
    log_file().with_name("atp_tui.log.1").joinpath("not empty").mkdir(parents=True)
    log_file().write_text("x" * (log.LONGEST - 1))
    program = handler_of_another_program()
    for words in ("first", "second"):
        program.handle(record(words))
    program.close()
    assert log_file().read_text() == "first\nsecond\n"


def test_a_warning_that_comes_again_is_counted_and_told_once_a_minute() -> None:
    """A host that failed each half second wrote 59 kB of one traceback in 20 s."""
    log_file().parent.mkdir(parents=True)
    program = handler_of_another_program()
    moments = [0, 1, 2, 3, 59, 61, 62, 200]
    for moment in moments:
        each = record("the host answers nonsense")
        each.created = 1_000_000 + moment
        program.handle(each)
        if moment == 2:
            other = record("something else")
            other.created = each.created
            program.handle(other)
            for level in (logging.INFO, logging.INFO):
                change = record("a change")
                change.levelno, change.created = level, each.created
                program.handle(change)
    again = record("the host answers nonsense")
    again.created = 1_000_000 + 201
    program.handle(again)
    program.close()
    lines = [re.sub("since .*", "since …)", line) for line in log_file().read_text().splitlines()]
    first, counted = "the host answers nonsense", "the host answers nonsense ({} more since …)"
    assert lines == [
        first, "something else", "a change", "a change", counted.format(4), first, counted.format(1), first,
        counted.format(1),
    ]  # fmt: skip


def test_many_different_warnings_are_not_remembered_for_ever() -> None:
    repeats = Repeats()
    for number in range(3 * MOST):
        assert len(repeats.take(record(f"line {number}"))) == 1
    assert len(repeats._held) <= MOST
    assert repeats.rest() == []


def test_a_warning_that_is_remembered_keeps_nothing_of_its_error_in_memory() -> None:
    class Value:
        pass

    def fail() -> None:
        value = Value()
        kept.append(weakref.ref(value))
        raise ValueError(value)

    kept: list[weakref.ref[Value]] = []
    repeats = Repeats()
    try:
        fail()
    except ValueError:
        told = logging.LogRecord("x", logging.ERROR, "", 1, "failed: %s", (kept[0](),), sys.exc_info())
        assert repeats.take(told) == [told] and told.exc_info is not None, "it is written whole"
    del told
    gc.collect()
    assert kept[0]() is None and len(repeats._held) == 1


def test_the_message_of_an_error_is_in_the_log_without_its_values() -> None:
    log.open_log(verbose=False)
    try:
        int("-".join(("hun", "ter2")))
    except ValueError:
        logging.getLogger("x").exception("the answer cannot be read")
    text = log_file().read_text()
    assert "builtins.ValueError: invalid literal for int() with base 10: '…'" in text and "hun-ter2" not in text


def test_a_message_makes_no_lines_and_nothing_that_a_terminal_obeys() -> None:
    log.open_log(verbose=False)
    logging.getLogger("atp_tui.x").warning("host said %s", "\x1b[2J\n2026-01-01 forged")
    assert len(log_file().read_text().splitlines()) == 1
    assert "\x1b" not in log_file().read_text()


def test_a_pipe_that_somebody_reads_is_no_log() -> None:
    """It would take what is written, and hold us up once it is full."""
    log_file().parent.mkdir(parents=True)
    os.mkfifo(log_file())
    reader = os.open(log_file(), os.O_RDONLY | os.O_NONBLOCK)
    try:
        said = log.open_log(verbose=False)
        assert said is not None and "is no regular file" in said
    finally:
        os.close(reader)


@pytest.mark.parametrize("kind", ["directory", "fifo", "parent"])
def test_what_cannot_be_a_log_costs_one_message(kind: str) -> None:
    path = log_file()
    if kind == "parent":
        path.parent.parent.mkdir()
        path.parent.write_text("")
    else:
        path.parent.mkdir(parents=True)
        os.mkfifo(path) if kind == "fifo" else path.mkdir()
    said = log.open_log(verbose=False)
    assert said is not None and said.startswith("there is no log: ") and str(path) in said
    logging.getLogger("atp_tui.x").warning("goes nowhere")
