"""`atp-tui jobs` as a person uses it: what `run` has kept, on a real sshd with many ids."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, results_of, written

pytestmark = pytest.mark.daemons

HOSTS = 60
ANSWER = 25


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    return hosts_file(tmp_path, sshd, HOSTS)


def hosts_file(folder: Path, sshd: PrivateSshd, number: int) -> str:
    hosts = [host_table(f"kvm{each:02}", None, ssh_table(sshd), ("lab",)) for each in range(1, number + 1)]
    return written(folder / "hosts.toml", "[guard]\npreview_above = 100\ncount_above = 100\n", *hosts)


def listed(*words: str) -> list[dict[str, Any]]:
    done = atp("jobs", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    jobs: list[dict[str, Any]] = json.loads(done.stdout)["jobs"]
    return jobs


def in_turn(folder: Path) -> str:
    """A command that the first hosts answer, and the others when there is a file `go`."""
    turn = folder / "turn"
    number = f"flock {turn} sh -c 'echo x >> {turn}.n; wc -l < {turn}.n'"
    return f'n=$({number}); if [ "$n" -gt {ANSWER} ] && [ ! -e {folder}/go ]; then exec sleep 60; fi; echo well'


def test_every_host_of_a_job_whose_program_was_killed_is_accounted_for(config: str, tmp_path: Path) -> None:
    words = command_line("--config", config, "run", "-w", "@lab", "--fanout", "30", "--", in_turn(tmp_path))
    with subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        limit = time.monotonic() + HANG
        while True:
            found = listed()
            if found and found[0]["counts"].get("ok") == ANSWER:
                break
            assert time.monotonic() < limit, found
        assert found[0]["state"] == "running"
        refused = atp("--config", config, "jobs", "rerun", "last")
        assert (refused.returncode, "job 1 still runs" in refused.stderr) == (2, True)
        os.kill(process.pid, signal.SIGKILL)
    (job,) = listed()
    assert (job["number"], job["state"], job["ended"]) == (1, "interrupted", None)
    never = job["counts"]["notrun"]
    assert never + job["unanswered"] == HOSTS - ANSWER
    assert job["targets"] == {"count": HOSTS, "folded": f"kvm[01-{HOSTS}]"}
    shown = results_of(atp("jobs", "show", "1", "--json"))
    assert list(shown) == [f"kvm{each:02}" for each in range(1, HOSTS + 1)]
    answered = {host for host, result in shown.items() if result["outcome"] == "ok"}
    assert len(answered) == ANSWER
    assert {shown[host]["stdout"] for host in answered} == {"well\n"}
    others = [result for host, result in shown.items() if host not in answered]
    assert {(one["outcome"], one["error"], one["may_still_run"]) for one in others} == {
        ("unknown", "the program ended before it answered", True),
        ("notrun", "the program ended before the command began there", False),
    }
    begun = (tmp_path / "turn.n").read_text().count("x")
    left_out = [one for one in others if one["outcome"] == "notrun"]
    assert 0 < len(left_out) <= HOSTS - begun, "those that ran are none of them"
    assert f"would run on {len(left_out)} host" in atp(
        "run", "-w", "@job.1.notrun", "--config", config, "--dry-run", "true"
    ).stdout  # fmt: skip
    (tmp_path / "go").touch()
    again = atp("--config", config, "jobs", "rerun", "1", "--notrun", "--json")
    assert (again.returncode, again.stderr) == (0, "")
    assert set(results_of(again)) == set(shown) - answered
    assert [(job["number"], job["state"]) for job in listed()] == [(2, "ended"), (1, "interrupted")]


@pytest.fixture
def three(tmp_path: Path, sshd: PrivateSshd) -> str:
    return hosts_file(tmp_path, sshd, 3)


def test_a_job_is_shown_as_run_told_it(three: str, tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    command = f"n=$(flock {turn} sh -c 'echo x >> {turn}.n; wc -l < {turn}.n'); echo out; " + (
        "[ $n -eq 1 ] && { printf 'b\\377d' >&2; exit 3; }; exit 0"
    )
    ran = atp("--config", three, "run", "-w", "@lab", "--json", "--", command)
    assert ran.returncode == 1
    shown = atp("jobs", "show", "last", "--json")
    assert (shown.returncode, json.loads(shown.stdout)) == (0, json.loads(ran.stdout))
    (bad,) = [host for host, result in results_of(ran).items() if result["outcome"] == "failed"]
    text = atp("jobs", "show", "1")
    assert text.stdout == "kvm01: out\nkvm02: out\nkvm03: out\n"
    head, *told = text.stderr.splitlines()
    assert head.startswith("atp-tui: job 1 of ") and " on kvm[01-03]: n=$(flock" in head
    assert told == [f"{bad}: b\ufffdd", f"atp-tui: {bad}: exit status 3"]
    gathered = atp("jobs", "show", "1", "--gather").stdout.splitlines()
    assert gathered[1:3] == ["  out", f"{bad} (1): exit status 3"]
    turn.with_name("turn.n").unlink()
    rerun = atp("--config", three, "jobs", "rerun", "last")
    assert (rerun.returncode, rerun.stdout) == (1, f"{bad}: out\n")
    assert [job["targets"]["folded"] for job in listed()] == [bad, "kvm[01-03]"]
    (newest,) = listed("-n", "1")
    assert (newest["state"], newest["counts"], newest["command"]) == ("ended", {"failed": 1}, command)
    table = atp("jobs").stdout.splitlines()
    assert table[0].split() == ["JOB", "BEGAN", "STATE", "WHO", "OUTCOMES", "COMMAND", "HOSTS"]
    assert table[2].startswith("1 ") and "2 ok, 1 failed" in table[2] and table[2].endswith("kvm[01-03]")


def test_a_job_is_shown_with_answers_joined_in_spite_of_what_is_masked(three: str, tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    number = f"n=$(flock {turn} sh -c 'echo x >> {turn}.n; wc -l < {turn}.n')"
    line = f"{number}; echo 10.0.0.$n serial-$n; [ $n != 3 ] || echo odd"
    assert atp("--config", three, "run", "-w", "@lab", "-b", "--", line).returncode == 0
    assert len([line for line in atp("jobs", "show", "1", "--gather").stdout.splitlines() if line[0] != " "]) == 3
    with open(three, "a") as file:
        file.write("[answers]\nmask = ['serial-\\d+']\n")
    joined, said, *_, odd = atp("--config", three, "jobs", "show", "1", "--mask").stdout.splitlines()
    assert (joined.partition(" ")[2], said, odd) == ("(2, masked: 2 answers):", "  <address> <own>", "  odd")
    shown = json.loads(atp("--config", three, "jobs", "show", "1", "--json", "--mask").stdout)
    assert [(len(each["hosts"]), each["answers"]) for each in shown["groups"]] in ([(2, 2), (1, 1)], [(1, 1), (2, 2)])
    assert len(shown["results"]) == 3 and "<" not in shown["results"][0]["stdout"], "each as it came"
    with open(three, "a") as file:
        file.write("[answers]\n")
    told = atp("--config", three, "jobs", "show", "1", "--mask")
    assert told.returncode == 0 and "patterns of [answers] are not known, and not masked" in told.stderr
    assert "(1):" in told.stdout.splitlines()[0], "serial numbers differ"


def test_what_run_writes_as_it_comes_is_kept_up_to_a_limit_that_is_told(three: str) -> None:
    ran = atp("--config", three, "run", "-w", "kvm01,kvm02", "--", "head -c 70000 /dev/zero | tr '\\0' a; echo err >&2")
    assert (ran.returncode, len(ran.stdout)) == (0, 2 * (70_000 + len("kvm01: \n")))
    shown = atp("jobs", "show", "last")
    assert len(shown.stdout) == 2 * ((64 << 10) + len("kvm01: \n"))
    assert shown.stderr.endswith("kvm02: err\natp-tui: not all of the output was kept of kvm[01-02]\n")
    assert json.loads(atp("jobs", "show", "last", "--json").stdout)["truncated"] is True


def test_what_is_more_than_is_kept_goes_to_files_where_that_was_asked_for(three: str) -> None:
    line = "head -c 3000000 /dev/zero | tr '\\0' a; echo; echo err >&2"
    for words in (("--json",), ()):
        ran = atp("--config", three, "run", "-w", "kvm01", "--spill", *words, "--", line)
        assert ran.returncode == (4 if words else 0), ran.stderr
        shown = json.loads(atp("jobs", "show", "last", "--json").stdout)
        ((file, size),) = shown["files"].items()
        assert file.endswith("/kvm01.out.gz") and size < 100_000
        assert gzip.decompress(Path(file).read_bytes()) == b"a" * 3_000_000 + b"\n"
        assert f"all of it, compressed ({size:,} bytes): {file}" in atp("jobs", "show", "last").stderr
    ran = atp("--config", three, "run", "-w", "kvm01", "--", line)
    assert "files" not in json.loads(atp("jobs", "show", "last", "--json").stdout), "not asked for"


def test_hosts_that_are_gone_are_named_when_a_job_is_run_again(three: str, tmp_path: Path, sshd: PrivateSshd) -> None:
    assert atp("--config", three, "run", "-w", "@lab", "--", "exit 1").returncode == 1
    fewer = hosts_file(tmp_path, sshd, 1)
    done = atp("--config", fewer, "jobs", "rerun", "last", "--same", "--json")
    assert done.returncode == 1
    assert done.stderr == "atp-tui: left out, since hosts.toml has them no more or disabled: kvm[02-03]\n"
    assert list(results_of(done)) == ["kvm01"]
    none = atp("--config", fewer, "jobs", "rerun", "1", "--ok")
    assert (none.returncode, none.stderr) == (2, "atp-tui: no host of job 1 went well; there are 3 failed\n")
    watched = atp("--config", fewer, "jobs", "rerun", "last", "--read-only")
    assert (watched.returncode, "read-only" in watched.stderr) == (2, True)
    (tmp_path / "hosts.toml").write_text((tmp_path / "hosts.toml").read_text().replace("kvm01", "other"))
    gone = atp("--config", fewer, "jobs", "rerun", "last", "--same")
    assert (gone.returncode, "no host of job 2 is left" in gone.stderr) == (2, True)


def test_before_the_first_job_nothing_is_made_and_a_wrong_name_says_what_there_is(three: str) -> None:
    home = Path(os.environ["HOME"])
    assert listed() == []
    assert atp("jobs").stderr == "atp-tui: no job was kept yet\n"
    assert atp("jobs", "show", "last").returncode == 2
    assert atp("jobs", "prune", "--older", "1d").returncode == 0
    assert not (home / ".local/state/atp_tui/jobs.sqlite3").exists()
    atp("--config", three, "run", "-w", "kvm01", "true")
    done = atp("jobs", "show", "99")
    assert done.returncode == 2
    assert done.stderr == "atp-tui: there is no job '99'; the newest is 1; `atp-tui jobs` lists them\n"
    for words, wrong in (
        (("jobs", "prune", "--older", "soon"), "'soon' is no age: write 36h, 30d or 8w"),
        (("jobs", "show", "1", "--json", "--gather"), "leave one out"),
        (("jobs", "rerun", "1", "--ok", "--failed"), "not allowed with"),
    ):
        refused = atp(*words)
        assert (refused.returncode, wrong in refused.stderr) == (2, True), refused.stderr


def test_old_jobs_are_forgotten(three: str) -> None:
    assert atp("--config", three, "run", "-w", "kvm01", "echo", "hello").returncode == 0
    assert json.loads(atp("jobs", "prune", "--older", "1h", "--json").stdout)["jobs"] == 0
    gone = atp("jobs", "prune", "--older", "0h")
    assert (gone.returncode, gone.stderr) == (0, "atp-tui: forgotten: 1 jobs, 1 results, 6 bytes of output\n")
    assert listed() == []


def test_a_damaged_file_is_set_aside_and_said(three: str) -> None:
    file = Path(os.environ["HOME"]) / ".local/state/atp_tui/jobs.sqlite3"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"no database " * 1000)
    done = atp("jobs", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"jobs": []})
    assert "is damaged: it is kept as jobs.sqlite3.corrupt-" in done.stderr
    file.unlink()
    file.mkdir()
    assert (atp("jobs").returncode, atp("--config", three, "run", "-w", "kvm01", "true").returncode) == (2, 0)


def test_hosts_are_named_by_how_they_ended_in_an_earlier_job(three: str, tmp_path: Path, sshd: PrivateSshd) -> None:
    turn = tmp_path / "turn"
    one_fails = f"n=$(flock {turn} sh -c 'echo x >> {turn}.n; wc -l < {turn}.n'); exit $((n == 1 ? 4 : 0))"
    ran = atp("--config", three, "run", "-w", "@lab", "--json", "--", one_fails)
    (bad,) = [host for host, result in results_of(ran).items() if result["outcome"] == "failed"]
    for expression, number in (("@last.failed", 1), ("@job.1.exit=4", 1), ("@lab!@job.1.ok", 1), ("@job.1", 3)):
        done = atp("--config", three, "run", "-w", expression, "--json", "true")
        assert (done.returncode, len(results_of(done))) == (0, number)
        atp("--config", three, "run", "-w", bad, "false")  # so that @last goes on meaning that host
    assert atp("--config", three, "connect", "-w", "@job.1.failed").stdout == f"{bad}: connect: done\n"
    wrong = atp("--config", three, "run", "-w", "@lab&@job.99.failed", "true")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there is no job 99" in wrong.stderr and "column 6" in wrong.stderr and "the newest is 9" in wrong.stderr
    fewer = hosts_file(tmp_path, sshd, 2)
    left = atp("--config", fewer, "run", "-w", "@job.1,kvm01&state:connected", "--json", "true")
    assert left.returncode == 3
    assert "atp-tui: left out, since hosts.toml has them no more or disabled: kvm03\n" in left.stderr
