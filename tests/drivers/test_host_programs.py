"""Programs that name hosts, as real programs: their ends, their limits, and what is kept of them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from atp_tui.config.fleet import FleetConfig, HostProgram
from atp_tui.config.load import load
from atp_tui.config.paths import state_dir
from atp_tui.drivers import host_programs
from atp_tui.drivers.host_programs import HostPrograms
from atp_tui.drivers.programs import MOST_SAID
from tests.test_headless import command_line

FILE = '[[sources]]\nname = "it"\ncommand = ["python", "x"]\n'


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    file = tmp_path / "hosts.toml"
    file.write_text(FILE)
    file.chmod(0o600)
    return file


def python(code: str, timeout: float = 30.0, period: float = 300.0) -> HostProgram:
    return HostProgram("it", (sys.executable, "-c", code), period, timeout)


def run(main: Path, program: HostProgram) -> tuple[str | None, str]:
    programs = HostPrograms(main)
    programs.run(program)
    answer = programs.answer(program)
    return answer.output, answer.problem


def test_an_answer_is_kept_for_this_user_alone_and_found_by_the_next_start(main: Path) -> None:
    program = python("print('a b')")
    assert run(main, program) == ("a b\n", "")
    (kept,) = (state_dir() / "sources").rglob("*.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and "print" not in kept.read_text()
    anew = HostPrograms(main)
    assert anew.answer(program).output == "a b\n" and not anew.is_due(program)
    assert anew.answer(python("print('c')")).output is None, "another command has not answered yet"
    kept.write_text("{")
    assert HostPrograms(main).answer(program).output is None and HostPrograms(main).is_due(program)


def test_the_last_good_answer_counts_while_the_program_fails(main: Path) -> None:
    flag = main.with_name("broken")
    program = python(
        f"import os, sys; sys.exit('no way') if os.path.exists({str(flag)!r}) else print('a')", period=0.001
    )
    programs = HostPrograms(main)
    programs.run(program)
    assert programs.revision == 1 and programs.is_due(program)
    programs.run(program)
    assert programs.revision == 1, "nothing has changed"
    flag.touch()
    programs.run(program)
    answer = programs.answer(program)
    assert (answer.output, answer.problem, programs.revision) == ("a\n", "it ended with exit status 1: no way", 2)
    flag.unlink()
    programs.run(program)
    assert (programs.answer(program).problem, programs.revision) == ("", 3)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "its answer is empty; where no host is meant, it has to say []"),
        ("print('[5]')", "its answer names no host: entry 1: is neither a text nor an object"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "its answer is not UTF-8 text"),
        ("import os; os.kill(os.getpid(), 9)", "it ended with signal SIGKILL"),
        ("import os; os.kill(os.getpid(), 40)", "it ended with signal 40"),
        ("import sys; sys.exit('\\x1b[31mhttps://u:hunter2@x/ \\n refused')", "it ended with exit status 1: "),
        ("while True: print('a' * 100000)", "it says more than 16 MiB"),
    ],
)
def test_why_a_program_gave_no_answer_is_told(main: Path, code: str, problem: str) -> None:
    output, told = run(main, python(code))
    assert output is None and told.startswith(problem)
    assert "\x1b" not in told and "hunter2" not in told and "\n" not in told


def test_an_answer_that_nobody_foresaw_costs_its_own_hosts(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_output: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(host_programs, "hosts_of", fails)
    assert run(main, python("print('a')")) == (None, "its answer cannot be read: ZeroDivisionError")


def test_a_long_complaint_is_cut(main: Path) -> None:
    _, told = run(main, python("import sys; sys.exit('x' * 1000000)"))
    assert len(told) < MOST_SAID + 100


def test_a_program_that_is_not_there_or_may_not_be_run_is_told(main: Path) -> None:
    assert run(main, HostProgram("it", ("/nowhere/x",)))[1] == "it cannot be run: No such file or directory"
    assert run(main, HostProgram("it", (str(main),)))[1] == "it cannot be run: Permission denied"
    main.chmod(0o666)
    assert run(main, python("print('a')"))[1] == "it is not run: somebody else may write hosts.toml"


def test_no_shell_sees_the_words_and_the_folder_is_that_of_the_file(main: Path) -> None:
    program = main.with_name("own")
    program.write_text('#!/bin/sh\necho "n[1-$#] $(basename $PWD)"\n')
    program.chmod(0o700)
    assert run(main, HostProgram("it", ("./own", "$(touch x)", "a b")))[0] == f"n[1-2] {main.parent.name}\n"
    assert not main.with_name("x").exists()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


TOO_LONG = ("it took longer than 1 s, and was ended",)
EMPTY = "its answer is empty; where no host is meant, it has to say []"
CHILD = "import os, subprocess, sys; p = subprocess.Popen(['sleep', '1000']); open('pid', 'w').write(str(p.pid)); "


def ended(main: Path) -> bool:
    """Whether the child of the program has ended: it is gone, or a zombie that nobody reaps in this container."""
    try:
        return Path(f"/proc/{main.with_name('pid').read_text()}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    ("rest", "output", "problems"),
    [
        ("p.wait()", None, TOO_LONG),
        ("os.close(1); os.close(2); p.wait()", None, TOO_LONG),
        ("print('a')", "a\n", ("",)),
        # on a busy machine it is silent for so long that its program's answer counts
        ("subprocess.Popen(['sh', '-c', 'while :; do echo x >&2; done'])", None, (*TOO_LONG, EMPTY)),
    ],
    ids=["hangs", "hangs-closed", "leaves-a-child", "leaves-one-that-talks"],
)
def test_what_a_program_has_started_ends_with_it(
    main: Path, rest: str, output: str | None, problems: tuple[str, ...]
) -> None:
    given, told = run(main, python(CHILD + rest, timeout=1.0))
    assert given == output and told.partition(":")[0] in problems
    until(lambda: ended(main))


def test_the_end_of_the_program_ends_those_that_run(main: Path) -> None:
    programs, program = HostPrograms(main), python(CHILD + "p.wait()")
    thread = threading.Thread(target=programs.run, args=(program,))
    thread.start()
    until(lambda: main.with_name("pid").exists() and bool(main.with_name("pid").read_text()))
    programs.close()
    thread.join()
    assert programs.answer(program).problem.startswith(f"it ended with signal {signal.SIGKILL.name}")
    until(lambda: ended(main))
    programs.run(program)
    assert programs.answer(program).problem == "the program ends"


def test_a_key_press_ends_a_verb_that_waits_for_a_program(main: Path) -> None:
    words = ", ".join(f'"{word}"' for word in (sys.executable, "-c", CHILD + "p.wait()"))
    main.write_text(f'[[sources]]\nname = "it"\ncommand = [{words}]\n')
    verb = subprocess.Popen(
        command_line("hosts", "list", "--config", str(main)),
        stderr=subprocess.PIPE,
        # a shell's job in the background, as the tests may be, ignores it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until(lambda: main.with_name("pid").exists() and bool(main.with_name("pid").read_text()))
    verb.send_signal(signal.SIGINT)
    verb.communicate()
    assert verb.returncode == 130
    until(lambda: ended(main))


def test_without_a_home_answers_count_in_memory(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (main.parent / ".local").write_text("")
    program = python("print('a')")
    programs = HostPrograms(main)
    programs.run(program)
    assert programs.answer(program).output == "a\n" and HostPrograms(main).answer(program).output is None


def test_all_that_are_due_run_at_once_and_their_hosts_are_loaded(main: Path) -> None:
    # each waits for the other one: run one after the other, both would be ended
    words = ["import os", "open('{0}', 'w')", "[0 for _ in iter(lambda: os.path.exists('{1}'), True)]", "print('{0}')"]
    code = "; ".join(words)
    main.write_text(
        "".join(
            f'[[sources]]\nname = "{a}"\ncommand = ["{sys.executable}", "-c", "{code.format(a, b)}"]\n'
            for a, b in (("x", "y"), ("y", "x"))
        )
    )
    config: FleetConfig = load(main)
    assert config.hosts == ()
    programs = HostPrograms(main)
    assert programs.refresh(config) and not programs.refresh(config) and os.path.exists(main.with_name("y"))
    assert [host.id for host in load(main, answers=programs.answer).hosts] == ["x", "y"]
    assert [host.id for host in load(main).hosts] == ["x", "y"]
