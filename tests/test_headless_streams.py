"""The headless verbs where a standard stream is closed, full, gone or stands still, and a Ctrl+C at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, alive, command_line, environment, wait_until_gone, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    return written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd)))


def redirected(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program with a redirection of the shell's."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *command_line(*arguments)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )


@pytest.mark.parametrize("redirection", [">&-", "<&- >&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("form", [("--json",), ()])
def test_nothing_runs_whose_answer_nobody_would_see(
    config: str, tmp_path: Path, redirection: str, form: tuple[str, ...]
) -> None:
    mark = tmp_path / "ran"
    done = redirected(redirection, "--config", config, "run", "-w", "web1", *form, "--", f"touch {mark}")
    assert done.returncode == 2
    assert not mark.exists()
    if "2>&-" not in redirection:
        assert done.stderr == "atp-tui: there is no standard output to write to\n"


def test_a_full_disk_is_said(config: str) -> None:
    done = redirected(">/dev/full", "--config", config, "run", "-w", "web1", "--", "echo hello")
    assert done.returncode == 2
    assert done.stderr == "atp-tui: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_standard_error_that_takes_nothing_ends_no_command(config: str, redirection: str) -> None:
    command = "echo complaint >&2; echo answer; exit 4"
    done = redirected(redirection, "--config", config, "run", "-w", "web1", "--", command)
    assert (done.returncode, done.stdout) == (1, "web1: answer\n")


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("run", "--help")])
def test_help_is_no_failure_of_the_program_where_it_cannot_be_written(words: tuple[str, ...]) -> None:
    done = redirected(">/dev/full", *words)
    said = "atp-tui: standard output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)
    reading, writing = os.pipe()
    os.close(reading)
    gone = subprocess.run(command_line(*words), env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (gone.returncode, gone.stderr) == (0, b"")


def test_wrong_usage_has_its_exit_status_where_standard_error_is_full() -> None:
    assert redirected("2>/dev/full", "nosuchverb").returncode == 2


def test_wrong_usage_needs_no_standard_error(config: str) -> None:
    assert redirected("2>&-", "--config", config, "nosuchverb").returncode == 2
    assert redirected("2>&-", "--config", config, "run", "-w", "nosuch", "--", "true").returncode == 2


@pytest.mark.parametrize("command", ["yes", "yes >&2"])
def test_head_cuts_a_run_short_and_blames_no_host(config: str, command: str) -> None:
    line = [*command_line("--config", config, "run", "-w", "web1", "--", command)]
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"web1: y\n"
        process.stdout.close()
        assert process.wait(HANG) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("words", ["run -w web1 --json true", "hosts list", "hosts list --json", "connect -w web1"])
def test_an_answer_that_reaches_nobody_is_no_success(config: str, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    line = command_line("--config", config, *words.split())
    try:
        done = subprocess.run(
            line,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=HANG,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_ctrl_c_ends_a_run_whose_reader_stands_still(config: str) -> None:
    marker = f"3600.{os.getpid()}5"
    reading, writing = os.pipe()
    verb = command_line("--config", config, "run", "-w", "web1", "--", f"yes & exec sleep {marker}")
    line = ["env", "--default-signal=INT", *verb]  # a shell has its background jobs ignore it
    with subprocess.Popen(line, env=environment(), stdout=writing, stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        try:
            while not alive(marker):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.wait(HANG) == 130
        finally:
            process.kill()
            os.close(reading)
    wait_until_gone(marker)


def test_ctrl_c_while_the_program_loads_shows_no_traceback(tmp_path: Path) -> None:
    # a configuration that takes its time stands for slow imports: nothing has handlers of its own yet
    os.mkfifo(tmp_path / "hosts.toml")
    line = command_line("--config", str(tmp_path / "hosts.toml"), "stats")
    heard = ["env", "--default-signal=INT"]  # a shell has its background jobs ignore it, and they have theirs
    with subprocess.Popen(
        [*heard, *line], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            writer = os.open(tmp_path / "hosts.toml", os.O_WRONLY)  # until the program opens it to read
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=HANG)
            os.close(writer)
        finally:
            process.kill()
    assert (process.returncode, complaints) == (-signal.SIGINT, b"")


def test_a_reader_who_is_a_little_slower_than_the_host_does_not_fill_the_memory(config: str) -> None:
    """Held up again and again, and never for long: the whole of the output was in memory in the end."""
    size = 150_000_000
    line = command_line("--config", config, "run", "-w", "web1", "--", f"head -c {size} /dev/zero | tr '\\0' x")
    with subprocess.Popen(line, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            said = peak = 0
            while piece := process.stdout.read(1 << 20):
                said += len(piece)
                peak = _peak(process.pid) or peak
            assert process.wait(HANG) == 0
        finally:
            process.kill()
    assert said == len("web1: ") + size + 1
    assert peak < 90_000, f"{peak} kB"


def test_all_output_comes_however_slow_the_reader_and_the_memory_stays_bounded(config: str, tmp_path: Path) -> None:
    # heartbeats go on while the command is held up: without their answers the host would be lost in two seconds
    hasty = "connect_timeout = 5\nheartbeat_interval = 1\nheartbeat_timeout = 1"
    Path(config).write_text(Path(config).read_text().replace("connect_timeout = 5", hasty))
    size = 100_000_000
    ended = tmp_path / "count"
    command = f"head -c {size} /dev/zero | tr '\\0' x; echo; touch {ended}"
    line = command_line("--config", config, "run", "-w", "web1", "--", command)
    with subprocess.Popen(line, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.read(6) == b"web1: "
            settled = -1
            while settled != (settled := _read_by(process.pid)):
                time.sleep(3)
            assert not ended.exists(), "the command must not have ended: nobody has read its output"
            said = peak = 0
            while piece := process.stdout.read(1 << 20):
                said += len(piece)
                peak = _peak(process.pid) or peak
            assert process.wait(HANG) == 0
        finally:
            process.kill()
    assert said == size + 1
    assert peak < 150_000, f"{peak} kB"


def _read_by(pid: int) -> int:
    """Bytes that a process has read."""
    return int(Path(f"/proc/{pid}/io").read_text().split()[1])


def _peak(pid: int) -> int:
    """The most memory it has had, in kB; 0 once it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def fed(config: str, stdin: int, command: str) -> subprocess.CompletedProcess[str]:
    line = command_line("--config", config, "run", "-w", "web1", command)
    return subprocess.run(
        line, env=environment(), stdin=stdin, capture_output=True, text=True, timeout=HANG, check=False
    )


def test_data_on_standard_input_is_refused_before_anything_runs(config: str, tmp_path: Path) -> None:
    data, mark = tmp_path / "data", tmp_path / "ran"
    data.write_text("important")
    reading, writing = os.pipe()
    os.write(writing, b"important")
    with data.open() as file:
        runs = [fed(config, stdin, f"touch {mark}") for stdin in (file.fileno(), reading)]
    os.close(reading)
    os.close(writing)
    for done in runs:
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("atp-tui: standard input has data, and run passes none to the hosts: nothing was")
    assert not mark.exists()


def test_a_configuration_on_standard_input_is_no_data_for_a_command(config: str) -> None:
    with open(config) as given:
        line = command_line("run", "--config", "/dev/stdin", "-w", "web1", "echo", "ran")
        done = subprocess.run(
            line, env=environment(), stdin=given, capture_output=True, text=True, timeout=HANG, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "web1: ran\n", "")


@pytest.mark.parametrize("ended", [False, True])
def test_a_pipe_that_nobody_writes_to_neither_hangs_nor_hinders(config: str, ended: bool) -> None:
    reading, writing = os.pipe()
    if ended:
        os.close(writing)
    done = fed(config, reading, "cat; echo done")
    os.close(reading)
    if not ended:
        os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (0, "web1: done\n", "")


def test_data_that_comes_too_late_is_told(config: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    started, go = tmp_path / "started", tmp_path / "go"
    command = f"touch {started}; while [ ! -e {go} ]; do sleep 0.05; done; echo done"
    line = command_line("--config", config, "run", "-w", "web1", command)
    with subprocess.Popen(
        line, env=environment(), stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while not started.exists():
                time.sleep(0.02)
            os.write(writing, b"late")
            go.touch()
            said, complaints = process.communicate(timeout=HANG)
        finally:
            process.kill()
            os.close(reading)
            os.close(writing)
    assert (process.returncode, said) == (2, "web1: done\n")
    assert "the command ran without it" in complaints
