"""`run` as a person meets its guard rails: real processes, with a terminal and without one, against a real sshd."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, written

pytestmark = pytest.mark.daemons

GUARD = """
[guard]
preview_above = 2
count_above = 3
protected = ["prod"]
read_only = ["lab"]
danger = ['touch \\S*dear']
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    tags = {"web1": (), "web2": ("prod",), "web3": (), "web4": ("lab",)}
    tables = [host_table(name, None, ssh_table(sshd), tags[name]) for name in tags]
    return written(tmp_path / "hosts.toml", GUARD, *tables)


def refusals() -> list[str]:
    records = json.loads(atp("audit", "--json").stdout)["records"]
    return [f"{' '.join(each['targets'])}: {each['why']}" for each in records if each["kind"] == "refused"]


def test_without_a_terminal_what_would_be_asked_is_refused_with_its_reasons(config: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    few = atp("run", "-w", "web1", "--config", config, f"touch {mark}")
    assert few.returncode == 0 and mark.exists()
    mark.unlink()
    for hosts, line, why in (
        ("web[1-3]", f"touch {mark}", "3 hosts are more than 2"),
        ("web2", f"touch {mark}", "protected by the tag prod: web2"),
        ("web1", f"touch {mark}; touch {tmp_path}/dear", "on the list of dangers: touch "),
    ):
        followed = atp("follow", "-w", hosts, "--config", config, "--", line)
        assert followed.returncode == 2 and why in followed.stderr and "give --yes" in followed.stderr
        done = atp("run", "-w", hosts, "--config", config, line)
        assert done.returncode == 2 and done.stdout == "", hosts
        assert why in done.stderr and "there is no terminal to ask at: give --yes" in done.stderr
    assert not mark.exists()
    assert len(refusals()) == 6 and refusals()[3].startswith("web2: run wants a person's word (hosts: 1)")
    agreed = atp("run", "--yes", "-w", "web[1-3]", "--config", config, f"touch {mark}")
    assert agreed.returncode == 0 and mark.exists()
    acts = [each for each in json.loads(atp("audit", "--json").stdout)["records"] if each["kind"] == "asked"]
    assert [each.get("agreed") for each in acts] == [None, "--yes"], "the first was not asked about at all"
    assert "(--yes: nobody was asked)" in atp("audit").stdout


def test_nobody_can_agree_to_a_host_that_may_only_be_watched(config: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = atp("run", "--yes", "-w", "@all", "--config", config, f"touch {mark}")
    assert done.returncode == 2 and not mark.exists()
    assert (
        "run changes something, and web4 may only be watched: read_only of [guard] in hosts.toml names lab"
        in done.stderr
    )
    assert [each.split(":")[0] for each in refusals()] == ["web1 web2 web3 web4"]


def at_terminal(config: str, typed: str, *words: str) -> tuple[int, str, str]:
    """Run where a person can be asked: the exit status, what was printed, and what the terminal has shown."""
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        command_line("run", "--config", config, *words),
        stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment(), start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        while b"to go on:" not in shown and b"y or n:" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, typed.encode())
        said, _ = process.communicate(timeout=HANG)
        shown += os.read(ours, 4096)
    os.close(ours)
    return process.returncode, said.decode(), shown.decode().replace("\r", "")


def test_at_a_terminal_a_person_is_asked_and_whatever_is_no_yes_is_a_no(config: str) -> None:
    status, said, shown = at_terminal(config, "y\n", "-w", "web2", "echo on")
    assert (status, said) == (0, "web2: on\n")
    assert "atp-tui: run on 1 host: web2\natp-tui:   protected by the tag prod: web2\n" in shown
    for typed in ("\n", "1\n", "\x04"):
        assert at_terminal(config, typed, "-w", "web2", "echo on")[:2] == (2, ""), typed
    assert len(refusals()) == 3 and "has not agreed to it" in refusals()[0]


def test_more_hosts_with_a_protected_one_among_them_want_their_number(config: str) -> None:
    assert at_terminal(config, "y\n", "-w", "web[1-2]", "echo on")[:2] == (2, "")
    status, said, shown = at_terminal(config, "2\n", "-w", "web[1-2]", "--gather", "echo on")
    assert status == 0 and "web[1-2] (2)" in said and "type 2 to go on:" in shown


def nobody_at(listening: socket.socket) -> str:
    """How a host is reached that counts who comes."""
    return f'[hosts.ssh]\nport = {listening.getsockname()[1]}\nuser = "nobody"\nknown_hosts = ["/dev/null"]\n'


def test_a_dry_run_shows_what_would_be_and_contacts_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        ssh = nobody_at(listening)
        hosts = [host_table(f"web{number}", None, ssh, ("prod",) * (number == 2)) for number in range(1, 5)]
        config = written(tmp_path / "hosts.toml", GUARD.replace('["lab"]', '["web4"]'), *hosts)
        done = atp("run", "--dry-run", "-w", "web[1-3]", "--config", config, "uptime; touch /dear")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            "would run on 3 hosts: web[1-3]",
            "command: uptime; touch /dear",
            "VMs that run there: not known without asking the hosts (--check)",
            "would ask first for 3 to be typed (--yes agrees to it):",
            "  3 hosts are more than 2",
            "  protected by the tag prod: web2",
            "  on the list of dangers: touch /dear",
            "nothing was run, and no host was contacted",
        ]
        plan = json.loads(
            atp("run", "--dry-run", "--json", "-w", "web1", "-w", "cpu>80", "--config", config, "id").stdout
        )
        assert (plan["hosts"], plan["number"], plan["undecided"]) == (["web1"], 1, ["web2", "web3", "web4"])
        assert (
            plan["asks"] is None and "web4 may only be watched" in plan["refused"] and plan["running_domains"] is None
        )
        refused = atp("run", "--dry-run", "-w", "@all", "--config", config, "id")
        assert refused.returncode == 2 and "web4 may only be watched" in refused.stderr
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert "nothing is recorded yet" in atp("audit").stderr


def test_a_dangerous_line_is_refused_before_hosts_are_asked_whether_they_are_meant(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        ssh = nobody_at(listening)
        config = written(tmp_path / "hosts.toml", GUARD, host_table("web1", None, ssh))
        done = atp("run", "-w", "cpu>80", "--config", config, "touch /dear")
        assert done.returncode == 2 and "on the list of dangers: touch /dear" in done.stderr
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_dry_run_with_check_says_which_hosts_can_be_reached(config: str, tmp_path: Path) -> None:
    gone = host_table("gone", None, '[hosts.ssh]\nport = 1\nuser = "nobody"\n')
    Path(config).write_text(Path(config).read_text() + gone)
    mark = tmp_path / "mark"
    done = atp("run", "--dry-run", "--check", "-w", "web[1-2],gone", "--config", config, f"touch {mark}")
    assert done.returncode == 3 and not mark.exists()
    *_, reached, missed, end = done.stdout.splitlines()
    assert reached == "can be reached now: 2 hosts: web[1-2]" and end == "nothing was run"
    assert missed.startswith("not reached: gone: ") and "refuses connections" in missed
    plan = json.loads(atp("run", "--dry-run", "--check", "--json", "-w", "web1", "--config", config, "id").stdout)
    assert plan["check"] == [{"host": "web1", "reached": True, "error": None}] and plan["running_domains"] is None
    vms = written(
        tmp_path / "vms.toml", host_table("v1", "test:///default", ""), host_table("v2", "sim://v2/?domains=3", "")
    )
    told = atp("run", "--dry-run", "--check", "-w", "@all", "--config", vms, "id").stdout
    assert "VMs that run there: 4" in told and "can be reached now: 2 hosts: v[1-2]" in told
    alone = atp("run", "--check", "-w", "web1", "--config", config, "id")
    assert alone.returncode == 2 and "--check belongs to --dry-run" in alone.stderr


def test_an_environment_can_say_that_the_program_only_watches(config: str, tmp_path: Path) -> None:
    mark, names = tmp_path / "mark", tmp_path / "names"
    names.write_text("db1")
    before = Path(config).read_bytes()
    for words in (
        ("run", "--yes", "-w", "web1", "--config", config, f"touch {mark}"),
        ("follow", "--yes", "-w", "web1", "--config", config, "--", f"touch {mark}"),
        ("push", "--yes", str(names), "-w", f"web1:{mark}", "--config", config),
        ("hosts", "tag", "web1", "+new", "--config", config),
        ("hosts", "import", "list", str(names), "--yes", "--config", config),
        ("trust-key", "-w", "web1", "--config", config, "SHA256:x"),
    ):
        done = atp(*words, extra={"ATP_TUI_READ_ONLY": "1"})
        assert done.returncode == 2 and "started with --read-only or ATP_TUI_READ_ONLY" in done.stderr, words
        wrong = atp(*words, extra={"ATP_TUI_READ_ONLY": "ja"})
        assert wrong.returncode == 2 and "ATP_TUI_READ_ONLY: is 'ja'; write 1 to only watch, or 0" in wrong.stderr
    assert not mark.exists() and Path(config).read_bytes() == before
    assert len(refusals()) == 6
    done = atp("run", "-w", "web1", "--config", config, f"touch {mark}", extra={"ATP_TUI_READ_ONLY": "0"})
    assert done.returncode == 0 and mark.exists()


def test_a_job_of_another_program_on_the_same_hosts_is_told_with_who_and_since_when(
    config: str, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    words = command_line("run", "-w", "web1", "--config", config, f"until [ -e {go} ]; do sleep 0.1; done")
    with subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL) as other:
        limit = time.monotonic() + HANG
        while [each["state"] for each in json.loads(atp("jobs", "--json").stdout)["jobs"]] != ["running"]:
            assert time.monotonic() < limit
        busy = atp("run", "-w", "web1", "--config", config, "true")
        assert busy.returncode == 2 and busy.stdout == ""
        assert "job 1 of " in busy.stderr and " in another program works on web1 since " in busy.stderr
        assert "there is no terminal to ask at: give --yes" in busy.stderr
        assert atp("run", "-w", "web3", "--config", config, "true").returncode == 0, "another host"
        assert atp("run", "--yes", "-w", "web1", "--config", config, "true").returncode == 0
        planned = atp("run", "--dry-run", "-w", "web1", "--config", config, "true").stdout
        assert "job 1 of " in planned and "would ask first for a yes" in planned
        quiet = Path(config).with_name("quiet.toml")
        quiet.write_text(Path(config).read_text().replace("[guard]\n", "[guard]\nrunning_jobs = false\n"))
        assert atp("run", "-w", "web1", "--config", str(quiet), "true").returncode == 0
        go.touch()
        assert other.wait(HANG) == 0
    assert atp("run", "-w", "web1", "--config", config, "true").returncode == 0
