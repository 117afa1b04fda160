"""`follow` as a person runs it: real processes against real sshds that are lost and come back."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.keeper import descendants
from tests.daemons.sshd import PrivateSshd, is_sshd, running_sshd
from tests.test_headless import HANG, alive, atp, command_line, environment, wait_until_gone, written

pytestmark = pytest.mark.daemons

STAMPED = 'i=0; while :; do i=$((i+1)); echo "$(date +%s.%N) line $i"; sleep 0.1; done'
"""A command that goes on to say lines with their times."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """An sshd that may be killed and started again."""
    with running_sshd(tmp_path_factory.mktemp("follow")) as sshd:
        yield sshd


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd, own: PrivateSshd) -> str:
    tables = [host_table("web1", None, ssh_table(sshd)), host_table("web2", None, ssh_table(own), ("own",))]
    return written(tmp_path / "hosts.toml", *tables)


class Follow:
    """One run of it, its output read as it comes."""

    def __init__(self, *words: str, stdout: int = subprocess.PIPE) -> None:
        line = ["env", "--default-signal=INT", *command_line(*words)]  # a shell has its background jobs ignore it
        self.process = subprocess.Popen(
            line, env=environment(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        if stdout == subprocess.PIPE:
            self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def until(self, holds: Callable[[list[str]], object]) -> None:
        """Wait until that holds of the lines that have come."""
        end = time.monotonic() + HANG
        while not holds(list(self.lines)):
            assert time.monotonic() < end, self.lines[-20:]
            assert self.process.poll() is None or holds(list(self.lines)), (self.lines, self.process.stderr)
            time.sleep(0.02)

    def interrupted(self) -> int:
        """Ctrl+C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(HANG)


@contextlib.contextmanager
def following(*words: str, stdout: int = subprocess.PIPE) -> Iterator[Follow]:
    run = Follow(*words, stdout=stdout)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        if run.process.stdout is not None:
            run.reader.join()
            run.process.stdout.close()
        assert run.process.stderr is not None
        complaints = run.process.stderr.read()
        run.process.stderr.close()
        assert "Traceback" not in complaints, complaints


def of(lines: list[str], host: str) -> list[str]:
    """The lines of a host."""
    return [line for line in lines if line.startswith(f"{host}: ")]


def marks(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("-- ")]


def test_lines_of_two_hosts_are_one_stream_by_time_and_ctrl_c_leaves_nothing(config: str) -> None:
    marker = f"3600.{os.getpid()}7"
    command = f"sleep {marker} & {STAMPED}"
    with following("--config", config, "follow", "-w", "web[1-2]", "--", command) as run:
        run.until(lambda lines: len(of(lines, "web1")) > 5 and len(of(lines, "web2")) > 5)
        assert len(alive(marker)) == 2
        assert run.interrupted() == 130
        wait_until_gone(marker)
        both = [line for line in run.lines if "line" in line]
    times = [float(line.split()[1]) for line in both]
    first = max(
        next(place for place, line in enumerate(both) if line.startswith(f"{host}: ")) for host in ("web1", "web2")
    )
    assert times[first:] == sorted(times[first:]), "from the moment on at which both are followed"
    for host in ("web1", "web2"):
        numbers = [int(line.split()[-1]) for line in of(both, host)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_session_that_is_killed_is_begun_anew_with_a_mark(config: str, own: PrivateSshd) -> None:
    with following("--config", config, "follow", "-w", "web2", "--", STAMPED) as run:
        run.until(lambda lines: len(of(lines, "web2")) > 3)
        for pid in descendants(own.pid):
            with contextlib.suppress(ProcessLookupError):
                if is_sshd(pid):
                    os.kill(pid, signal.SIGKILL)
        run.until(lambda lines: len(marks(lines)) == 2 and of(lines[lines.index(marks(lines)[1]) :], "web2"))
        lost, back = marks(run.lines)
        assert lost.startswith("-- web2: lost ")
        assert "begun anew" in back
        assert back.endswith(": lines may be missing --")
        after = run.lines[run.lines.index(back) + 1]
        assert after.endswith(" line 1"), "the command was begun anew"


def test_a_daemon_that_is_away_is_followed_when_it_comes_and_when_it_is_back(config: str, own: PrivateSshd) -> None:
    own.kill()
    try:
        with following("--config", config, "follow", "-w", "web[1-2]", "--jsonl", "--", STAMPED) as run:

            def told() -> list[dict[str, Any]]:
                return [json.loads(line) for line in list(run.lines)]

            def kinds() -> list[str]:
                return [entry["mark"] for entry in told() if "mark" in entry and entry["host"] == "web2"]

            run.until(lambda lines: kinds() == ["away"] and any(e["host"] == "web1" for e in told()))
            own.start()
            run.until(lambda lines: kinds() == ["away", "reached"])
            run.until(lambda lines: any(entry["host"] == "web2" and "line" in entry for entry in told()))
            own.kill()
            run.until(lambda lines: kinds()[2:] == ["lost"])
            own.start()
            run.until(lambda lines: kinds()[3:] == ["back"])
            assert run.interrupted() == 130
            back = next(entry for entry in told() if entry.get("mark") == "back")
            assert back["since"] < back["time"]
            first = next(entry for entry in told() if "line" in entry)
            assert set(first) == {"host", "time", "stream", "line"}
    finally:
        own.restart()


def test_a_flood_with_a_slow_reader_is_held_up_on_its_host(config: str) -> None:
    reading, writing = os.pipe()
    command = "yes $$-$(printf %0200d 7)"
    with following("--config", config, "follow", "-w", "web[1-2]", "--", command, stdout=writing) as run:
        os.close(writing)
        got = 0
        while got < 1 << 20:
            got += len(os.read(reading, 1 << 16))
        peak = 0
        for _ in range(10):  # nobody reads now
            time.sleep(0.1)
            status = Path(f"/proc/{run.process.pid}/status").read_text()
            peak = max(peak, int(status.split("VmRSS:")[1].split()[0]))
        assert peak < 150_000, "kB"
        os.close(reading)
        assert run.process.wait(HANG) == 141


@pytest.mark.parametrize(("exits", "status"), [("exit 0", 0), ("exit 7", 1)])
def test_a_command_that_ends_is_told_once_and_the_verb_ends_with_the_last(config: str, exits: str, status: int) -> None:
    done = atp("--config", config, "follow", "-w", "web1", "--", f"echo hello; echo aside >&2; {exits}")
    hello, mark = done.stdout.splitlines()
    assert hello == "web1: hello"
    assert mark.endswith(f": exit status {exits[-1]} --")
    assert (done.stderr, done.returncode) == ("web1: aside\n", status)


def test_what_is_shown_can_be_chosen(config: str) -> None:
    command = "printf 'one\\ntwo\\nthree\\n\\033[2Jfour\\n'"
    words = (
        "--config",
        config,
        "follow",
        "-w",
        "web1",
        "--no-label",
        "--filter",
        "o",
        "--exclude",
        "tw",
        "--",
        command,
    )
    assert atp(*words).stdout.splitlines()[:-1] == ["one", "␛[2Jfour"]
    timed = atp("--config", config, "follow", "-w", "web1", "--time", "--", "echo '2026-11-30T15:46:55.25Z x'")
    assert ":46:55.250 2026-11-30T15:46:55.25Z x" in timed.stdout


def test_what_cannot_be_done_is_refused_before_any_host_is_asked(config: str) -> None:
    for words, said in (
        (("--filter", "(a+)+$"), "--filter: '(a+)+$' could take very long on some lines"),
        (("--window", "-1"), "argument --window: '-1' is not a number of seconds from 0 to 60"),
        (("--jsonl", "--no-label"), "--jsonl has the host and the time of each line"),
    ):
        done = atp("--config", config, "follow", "-w", "web1", *words, "--", "touch /nonexistent/x")
        assert done.returncode == 2, words
        assert said in done.stderr
    assert atp("--config", config, "follow", "-w", "web1").returncode == 2
    dry = atp("--config", config, "follow", "-w", "web1", "--dry-run", "--", "journalctl -f")
    assert "command: journalctl -f" in dry.stdout


def test_it_passes_the_door_and_its_output_is_not_kept(config: str) -> None:
    refused = atp("--config", config, "follow", "-w", "web1", "--", "echo x", extra={"ATP_TUI_READ_ONLY": "1"})
    assert (refused.returncode, refused.stdout) == (2, "")
    asked = atp("--config", config, "follow", "-w", "web1", "--", "reboot; echo never")
    assert asked.returncode == 2
    assert "nobody to ask" in asked.stderr or "--yes" in asked.stderr
    assert atp("--config", config, "follow", "-w", "web1", "--", "echo secret-of-the-day").returncode == 0
    shown = atp("jobs", "show", "last")
    assert "secret-of-the-day" not in shown.stdout
    assert "what was followed is not kept, only how it ended" in shown.stderr
    again = atp("--config", config, "jobs", "rerun", "last", "--same")
    assert again.returncode == 2
    assert "is no command, but follow" in again.stderr
    records = atp("audit").stdout
    assert "follow echo secret-of-the-day" in records
