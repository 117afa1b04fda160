"""The net below the verbs: a report without secrets and one line for the person, whatever has failed."""

from __future__ import annotations

import errno
import stat
import sys
import time
from pathlib import Path

import pytest

from atp_tui.cli import crash
from atp_tui.config.paths import reports


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


PASSWORD = "-".join(("pla", "nted"))  # the report holds lines of code: these hold no secret
WORD = "-".join(("hun", "ter2"))


def failing(password: str, word: str) -> None:
    raise ValueError(f"qemu+tcp://root:{password}@host/ and {word} are wrong\x1b[2J")


def caught(error: Exception | None = None) -> Exception:
    try:
        if error is not None:
            raise error
        failing(PASSWORD, WORD)
    except Exception as each:  # noqa: BLE001 - whatever it is
        return each
    raise AssertionError


def written() -> list[Path]:
    folder, pattern = reports()
    return sorted(folder.glob(pattern))


def test_the_report_has_the_way_to_the_error_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["atp-tui", "run", "-w", "a", f"login -p {WORD}"])
    assert crash.survived(caught()) == 70
    (path,) = written()
    assert capfd.readouterr().err == f"atp-tui: the program failed: ValueError; the report is in {path}\n"
    text = path.read_text()
    assert "in failing" in text and "builtins.ValueError: qemu+tcp://…@host/ and … are wrong" in text
    assert PASSWORD not in text and WORD not in text and "\x1b" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "message",
    [
        f"invalid literal for int() with base 10: '{WORD}'",
        f'no such setting: "x {WORD} y"',
        f"cannot use b'{WORD}'",
        f"the word {WORD} of the environment",
        f"the word {PASSWORD} of the command line",
    ],
)
def test_no_value_of_a_file_the_environment_or_a_typed_line_is_in_the_report(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", WORD)
    monkeypatch.setattr(sys, "argv", ["atp-tui", "run", f"--password={PASSWORD}"])
    text = crash.report(caught(ValueError(message)))
    assert WORD not in text and PASSWORD not in text
    assert "builtins.ValueError: " in text and "…" in text


def test_a_name_that_stands_in_the_code_is_told() -> None:
    try:
        dict[str, int]()["state.reason"]
    except KeyError as error:
        assert "builtins.KeyError: 'state.reason'" in crash.report(error)


def test_causes_groups_and_deep_recursion_are_in_the_report() -> None:
    def deep() -> None:
        deep()

    inner: Exception = ValueError()
    try:
        deep()
    except RecursionError as error:
        inner = error
    outer = caught(ExceptionGroup("two", [inner, KeyError("second")]))
    outer.__cause__ = OSError("first")
    text = crash.report(outer)
    for words in ("OSError: first", "ExceptionGroup: two", "RecursionError: maximum", "KeyError: '…'"):
        assert words in text
    assert len(text) < 50_000


def test_an_error_that_was_put_in_the_place_of_another_stands_alone() -> None:
    try:
        try:
            raise OSError("first")
        except OSError:
            raise ValueError("second") from None
    except ValueError as error:
        assert "OSError: first" not in crash.report(error)


def test_a_link_in_the_reports_place_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time, "strftime", lambda form: "20261128T030000")
    crash.survived(caught())
    (path,) = written()
    path.unlink()
    mine = tmp_path / "mine"
    mine.write_text("mine")
    path.symlink_to(mine)
    assert crash.survived(caught()) == 70
    assert mine.read_text() == "mine"
    assert "no report could be written (File exists)" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.EMFILE, "Too many open files", "/a/module.py"),
            "this machine's limit of ",
        ),
        (ImportError("libffi.so: Too many open files"), "this machine's limit of "),
        (RuntimeError("can't start new thread"), "no further thread could be started here: see ulimit -u and -v"),
        (
            FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"),
            "no directory for temporary files can",
        ),
        (ImportError("libx.so.0: failed to map segment from shared object"), "there is no memory left here"),
        (MemoryError(), "there is no memory left here"),
        (ExceptionGroup("g", [OSError(errno.EMFILE, "x")]), "this machine's limit of "),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "there is no memory left here"),
        (ExceptionGroup("g", [ExceptionGroup("h", [KeyError("x")])]), "the program failed: KeyError; "),
    ],
)
def test_a_limit_of_this_machine_is_told_as_such(
    error: Exception, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    crash.survived(caught(error))
    told = capfd.readouterr().err
    assert told.startswith(f"atp-tui: {words}")
    assert "module.py" not in told


def test_where_no_report_can_be_written_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert crash.survived(caught()) == 70
    assert "; no report could be written (File exists)" in capfd.readouterr().err


def test_old_reports_are_removed() -> None:
    folder, _ = reports()
    folder.mkdir(parents=True)
    for n in range(30):
        (folder / f"failure-2000{n:02}.txt").touch()
    crash.survived(caught())
    assert len(written()) == crash.KEPT
