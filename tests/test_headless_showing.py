"""The ways in which `run` shows what comes back, on a real sshd: objects, labels or none, quiet, and progress."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, alive, atp, command_line, environment, results_of, wait_until_gone, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    tables = (
        host_table(name, None, f'{ssh_table(sshd)}[hosts.metadata]\nwait = "{wait}"\n')
        for name, wait in (("web1", "0"), ("web2", "1"))
    )
    return written(tmp_path / "hosts.toml", *tables)


@contextmanager
def started(*arguments: str, stderr: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    line = ["env", "--default-signal=INT", *command_line(*arguments)]
    with subprocess.Popen(
        line,
        env=environment({"TERM": "xterm"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_jsonl_has_an_object_a_line_for_each_host_as_it_ends(config: str, tmp_path: Path) -> None:
    go = tmp_path / "go"
    command = (
        f"test {{meta.wait}} = 0 || while [ ! -e {go} ]; do sleep 0.05; done; printf 'a\\377b'; echo e >&2; exit 3"
    )
    with started("--config", config, "run", "-w", "@all", "--jsonl", command) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        go.touch()
        rest = [json.loads(line) for line in process.stdout]
        assert process.wait(HANG) == 1
    assert [first["host"], *(each["host"] for each in rest)] == ["web1", "web2"]
    same = results_of(atp("--config", config, "run", "-w", "@all", "--json", command))["web1"]
    assert {**first, "duration": 0} == {**same, "duration": 0}
    assert first["stdout_base64"]


def test_jsonl_says_of_each_object_and_at_the_end_what_was_cut(config: str) -> None:
    done = atp("--config", config, "run", "-w", "@all", "--jsonl", "head -c 1100000 /dev/zero | tr '\\0' '\\177'")
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["stdout"], each["truncated"]) for each in entries] == [("\x7f" * (1 << 20), True)] * 2
    assert (done.returncode, done.stderr) == (
        4,
        "atp-tui: output was cut on web[1-2]: without --jsonl all of it comes\n",
    )


def test_b_is_gather(config: str) -> None:
    short, long = (atp("--config", config, "run", "-w", "@all", form, "echo same") for form in ("-b", "--gather"))
    assert short.stdout == long.stdout
    assert "web[1-2]" in short.stdout


def test_no_label_leaves_the_hosts_away_and_no_line_is_joined_to_another(config: str) -> None:
    done = atp("--config", config, "run", "-w", "@all", "--no-label", "printf 'one\\ntwo'; echo bad >&2")
    assert sorted(done.stdout.splitlines()) == ["one", "one", "two", "two"]
    assert (done.returncode, done.stderr) == (0, "bad\nbad\n")


def test_quiet_shows_only_what_did_not_go_well(config: str) -> None:
    command = "echo out; echo err >&2; exit {meta.wait}"
    done = atp("--config", config, "run", "-w", "@all", "--quiet", command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("atp-tui: web2: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        "--json --jsonl",
        "--jsonl -b",
        "--quiet --json",
        "--quiet --gather",
        "--no-label --jsonl",
        "--label -b",
        "--output x --json",
        "--output x --no-label",
    ],
)
def test_ways_that_contradict_each_other_are_refused(config: str, words: str) -> None:
    done = atp("--config", config, "run", "-w", "@all", *words.split(), "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave one out" in done.stderr


def test_output_has_a_file_a_host_and_stream_whole_and_as_the_bytes_came(config: str, tmp_path: Path) -> None:
    logs = tmp_path / "of" / "today"
    command = "head -c 1500000 /dev/zero; printf '\\377' >&2; exit {meta.wait}"
    line = ("--config", config, "run", "-w", "@all", "--output", str(logs))
    done = atp(*line, command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "atp-tui: web2: exit status 1\n")
    for host in ("web1", "web2"):
        assert (logs / f"{host}.out").read_bytes() == bytes(1_500_000)
        assert (logs / f"{host}.err").read_bytes() == b"\xff"
    again = atp(*line, "true")
    assert again.returncode == 2
    assert "holds files already; name another one, or add --overwrite" in again.stderr.replace(" (", "; ")
    assert (logs / "web1.out").stat().st_size == 1_500_000
    assert atp(*line, "--overwrite", "--", "echo new").returncode == 0
    assert (logs / "web2.out").read_text() == "new\n"


def test_a_disk_that_takes_no_more_is_told_for_each_host_and_changes_no_outcome(config: str, tmp_path: Path) -> None:
    command = "test {meta.wait} = 0 || exec echo small; head -c 3000000 /dev/zero"
    line = command_line("--config", config, "run", "-w", "@all", "--output", str(tmp_path / "logs"), command)
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 2000; exec "$@"', "sh", *line],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    told = f"atp-tui: web1: its output is not all in {tmp_path}/logs: File too large\n"
    assert (done.returncode, done.stdout, done.stderr) == (4, "", told)
    assert (tmp_path / "logs" / "web2.out").read_text() == "small\n"


def all_read(terminal: int) -> bytes:
    """What comes at a terminal until nobody is at its other end."""
    said = b""
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # Linux says so where a pipe has an end
            return said
        if not piece:
            return said
        said += piece


@pytest.mark.parametrize("form", [(), ("--json",), ("--jsonl",)])
def test_a_terminal_has_a_line_of_progress_that_is_gone_at_the_end(
    config: str, tmp_path: Path, form: tuple[str, ...]
) -> None:
    go = tmp_path / "go"
    command = f"test {{meta.wait}} = 0 || while [ ! -e {go} ]; do sleep 0.05; done; echo said"
    ours, theirs = pty.openpty()
    with started("--config", config, "run", "-w", "@all", *form, command, stderr=theirs) as process:
        os.close(theirs)
        assert process.stdout is not None
        seen = b""
        while b"1/2 done, 1 ok, 0 failed, 1 run: web2" not in seen:
            assert select.select([ours], [], [], HANG)[0], seen
            seen += os.read(ours, 1 << 16)
        go.touch()
        said = process.stdout.read()
        seen += all_read(ours)
        assert process.wait(HANG) == 0
    os.close(ours)
    assert said.count("said") == 2
    assert "done" not in said
    assert seen.endswith(b"\r\x1b[K")
    assert seen.count(b"\n") == 0


@pytest.mark.parametrize("form", [("--quiet",), ("--jsonl",)])
def test_no_progress_where_nothing_can_be_taken_away_again(config: str, form: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    extra = {"TERM": "dumb" if form == ("--jsonl",) else "xterm"}
    line = command_line("--config", config, "run", "-w", "@all", *form, "sleep 0.5")
    done = subprocess.run(
        line, env=environment(extra), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, check=False
    )
    os.close(theirs)
    assert (done.returncode, all_read(ours)) == (0, b"")
    os.close(ours)


def test_a_second_ctrl_c_leaves_no_line_of_progress_behind(config: str, tmp_path: Path) -> None:
    marker = f"3600.{os.getpid()}8"
    ours, theirs = pty.openpty()
    silent = tmp_path / "silent"
    command = f"echo $PPID >{silent}; kill -STOP $PPID; exec sleep {marker}"  # its host goes silent
    try:
        with started("--config", config, "run", "-w", "web1", command, stderr=theirs) as process:
            os.close(theirs)
            seen = b""
            for wanted in (b"1 run: web1", b"Ctrl+C again quits at once"):
                while wanted not in seen:
                    assert select.select([ours], [], [], HANG)[0], seen
                    seen += os.read(ours, 1 << 16)
                deadline = time.monotonic() + HANG
                while not alive(marker) and time.monotonic() < deadline:
                    time.sleep(0.05)
                process.send_signal(signal.SIGINT)
            seen += all_read(ours)
            assert process.wait(HANG) == -signal.SIGINT
    finally:
        os.kill(int(silent.read_text()), signal.SIGCONT)
        os.close(ours)
    assert seen.endswith(b"\r\x1b[K")
    wait_until_gone(marker)


def test_ctrl_c_shows_what_there_is(config: str) -> None:
    marker = f"3600.{os.getpid()}7"
    command = f"echo before; test {{meta.wait}} = 0 || exec sleep {marker}"
    with started("--config", config, "run", "-w", "@all", "--jsonl", command) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        deadline = time.monotonic() + HANG
        while not alive(marker) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        second = json.loads(process.stdout.readline())
        assert process.wait(HANG) in (5, 130)
    assert (first["outcome"], first["stdout"]) == ("ok", "before\n")
    assert (second["host"], second["stdout"]) == ("web2", "before\n")
    assert second["outcome"] in ("cancelled", "unconfirmed")
    wait_until_gone(marker)
