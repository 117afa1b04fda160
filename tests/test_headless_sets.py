"""Named sets, lists of hosts and earlier results, as a person gives them to each headless verb."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd, free_port

from .test_headless import HANG, atp, command_line, environment, results_of, written

pytestmark = pytest.mark.daemons

SETS = """
[sets]
edge = "@rack1&!kvm02"
up = "@edge&state:connected"
north = "site:north"
sick = "@last.failed"
"""


@pytest.fixture
def fleet(tmp_path: Path, sshd: PrivateSshd) -> str:
    """Three hosts in one rack, one in another, none with a hypervisor."""
    return written(
        tmp_path / "hosts.toml",
        '[guard]\nread_only = ["north"]\nprotected = ["edge"]\n',
        SETS,
        *(host_table(f"kvm0{n}", None, ssh_table(sshd), ("rack1",)) for n in (1, 2, 3)),
        host_table("kvm04", None, 'metadata = { site = "north" }\n' + ssh_table(sshd), ("rack2",)),
    )


def with_bad_set(fleet: str) -> None:
    text = Path(fleet).read_text()
    Path(fleet).write_text(text.replace("sick =", 'bad = "@rack1,kvm[01-99]"\nsick ='))


def with_input(text: str | bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return subprocess.run(
        command_line(*words), env=environment(), input=data, capture_output=True, timeout=HANG, check=False
    )


def test_sets_are_targets_of_a_run(fleet: str) -> None:
    for expression, hosts in (("@edge", "kvm01 kvm03"), ("@up!kvm01", "kvm03"), ("@rack1!@edge", "kvm02")):
        done = atp("--config", fleet, "run", "-w", expression, "--yes", "--json", "--", "true")
        assert done.returncode == 0, done.stderr
        assert list(results_of(done)) == hosts.split()
    with_bad_set(fleet)
    done = atp("--config", fleet, "run", "-w", "kvm01,@bad", "--yes", "true")
    assert done.returncode == 2 and "in the set @bad: no such host: kvm05, kvm06," in done.stderr
    done = atp("--config", fleet, "run", "-w", "@egde", "--yes", "true")
    assert done.returncode == 2 and "no such tag or set: @egde; did you mean @edge?" in done.stderr


def test_guard_and_freeze_take_sets(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "@all", "true")
    assert done.returncode == 2 and "read_only of [guard] in hosts.toml names north" in done.stderr
    done = atp("--config", fleet, "run", "-w", "kvm03", "true")
    assert done.returncode == 2 and "protected by the set @edge: kvm03" in done.stderr
    until = ("--until", time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 200_000)))
    done = atp("--config", fleet, "freeze", "@up", *until, "--reason", "x")
    assert done.returncode == 2 and "a freeze cannot hang on state:connected of the set @up" in done.stderr
    done = atp("--config", fleet, "freeze", "@edge", *until, "--reason", "the release")
    assert done.returncode == 0 and done.stdout.splitlines()[1].split()[:2] == ["@edge", "2"], done.stdout + done.stderr
    done = atp("--config", fleet, "run", "-w", "kvm01", "--yes", "true")
    assert done.returncode == 2 and "has frozen kvm01 until" in done.stderr and "(set @edge)" in done.stderr
    assert atp("--config", fleet, "run", "-w", "kvm02", "--yes", "true").returncode == 0
    Path(fleet).write_text(Path(fleet).read_text().replace('"@rack1&!kvm02"', '"kvm02"'))
    for host in ("kvm01", "kvm02"):  # what it was when it was frozen, and what it is now
        assert atp("--config", fleet, "run", "-w", host, "--yes", "true").returncode == 2
    assert atp("--config", fleet, "thaw", "@edge").stdout == "nothing is frozen\n"


def test_the_file_s_own_verbs_take_sets_and_say_what_they_cannot(fleet: str) -> None:
    done = atp("hosts", "list", "--config", fleet, "-w", "@edge,@north", "--json")
    assert [host["id"] for host in json.loads(done.stdout)["hosts"]] == ["kvm01", "kvm03", "kvm04"]
    done = atp("hosts", "list", "--config", fleet, "-w", "@up")
    assert done.returncode == 2 and "hangs on state:connected of the set @up" in done.stderr
    done = atp("hosts", "tag", "--config", fleet, "@edge", "+new")
    assert done.stdout == "kvm01: tag-host: done\nkvm03: tag-host: done\n" and SETS in Path(fleet).read_text()
    done = atp("hosts", "tag", "--config", fleet, "kvm01", "+edge")
    assert done.returncode == 1 and "'edge' is a tag too" in done.stderr
    assert "4 sets, no mistake" in atp("hosts", "check", "--config", fleet).stdout
    with_bad_set(fleet)
    done = atp("hosts", "check", "--config", fleet)
    assert done.returncode == 1 and ":12: sets.bad: no such host: kvm05," in done.stderr and "1 warning" in done.stdout
    done = atp("info", "--config", fleet)
    assert ["set", "@edge", "@rack1&!kvm02"] in [line.split() for line in done.stdout.splitlines()]


def test_lists_of_hosts_add_up_with_targets(fleet: str, tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("# mine\r\nkvm02\r\nroot@kvm02:22\r\n")
    done = atp("--config", fleet, "run", "-w", "@rack1!@edge", "--hosts-file", str(names), "--json", "--", "true")
    assert (done.returncode, list(results_of(done))) == (0, ["kvm02"])
    assert f"{names}:3: users and ports of this list do not count" in done.stderr
    done = atp("--config", fleet, "connect", "--hosts-file", str(names), "-w", "kvm04")
    assert done.stdout == "kvm02: connect: done\nkvm04: connect: done\n"
    names.write_text("kvm02\nkvm[05-20]\n")
    done = atp("--config", fleet, "run", "--hosts-file", str(names), "true")
    assert done.returncode == 2 and "no such hosts: kvm05 (line 2), " in done.stderr and " and 6 more" in done.stderr


def test_standard_input_is_a_list(fleet: str) -> None:
    done = with_input("kvm02\n", "--config", fleet, "run", "-w", "-", "--no-label", "--", "echo", "well")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"well\n", b"")
    done = with_input("kvm0[1,4]\n", "hosts", "list", "--config", fleet, "-w", "-")
    assert [line.split()[0] for line in done.stdout.decode().splitlines()[1:]] == ["kvm01", "kvm04"]
    for text, said in (("", "standard input: names no host, and nothing was done"), (b"\xff", "is not UTF-8 text")):
        done = with_input(text, "--config", fleet, "run", "-w", "-", "true")
        assert done.returncode == 2 and said in done.stderr.decode()


def test_a_terminal_is_not_read_in_silence(fleet: str) -> None:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        command_line("--config", fleet, "run", "-w", "-", "--no-label", "--", "echo", "well"),
        env=environment(), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with running:
        assert running.stderr is not None and running.stdout is not None
        assert "type the names of the hosts; Ctrl+D" in running.stderr.readline()
        os.write(ours, b"kvm02\n\x04")
        assert running.stdout.read() == "well\n"
        assert running.wait(HANG) == 0, running.stderr.read()
    os.close(ours)
    os.close(theirs)


def test_hosts_for_which_a_command_waits_are_targets(fleet: str) -> None:
    with Path(fleet).open("a") as file:
        file.write(host_table("away", None, f"[hosts.ssh]\nport = {free_port()}\n", ("rack2",)))
    done = atp("--config", fleet, "run", "-w", "kvm02,away", "--yes", "--when-back", "1h", "--", "true")
    assert done.returncode == 3 and "waits until" in done.stderr
    done = atp("hosts", "list", "--config", fleet, "-w", "@last.waiting", "--json")
    assert [host["id"] for host in json.loads(done.stdout)["hosts"]] == ["away"], done.stderr
    assert atp("jobs", "cancel", "last").returncode == 0
    done = atp("hosts", "list", "--config", fleet, "-w", "@last.waiting")
    assert done.returncode == 2 and "no host ended so, or hosts.toml has it no more" in done.stderr


def test_earlier_results_name_hosts_for_every_verb(fleet: str) -> None:
    failed = atp("--config", fleet, "run", "-w", "@rack1", "--yes", "--", "sh -c 'exit 3'")
    assert failed.returncode == 1
    for word in ("@last.failed", "@sick"):
        done = atp("hosts", "list", "--config", fleet, "-w", f"{word}!kvm01", "--json")
        assert [host["id"] for host in json.loads(done.stdout)["hosts"]] == ["kvm02", "kvm03"], done.stderr
    done = atp("hosts", "tag", "--config", fleet, "@last.exit=3&@edge", "+odd")
    assert done.stdout == "kvm01: tag-host: done\nkvm03: tag-host: done\n"
    done = atp("hosts", "list", "--config", fleet, "-w", "kvm01,@job.9999.ok")
    assert done.returncode == 2 and "there is no job 9999 (column 7); the newest is" in done.stderr
    assert atp("hosts", "remove", "--config", fleet, "kvm02", "--yes").returncode == 0
    done = atp("hosts", "list", "--config", fleet, "-w", "@last.failed")
    assert done.returncode == 3 and "left out, since hosts.toml has them no more: kvm02" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["kvm01", "kvm03"]
    done = atp("--config", fleet, "run", "-w", "@sick", "--yes", "true")
    assert done.returncode == 3 and "left out, since hosts.toml has them no more or disabled: kvm02" in done.stderr
