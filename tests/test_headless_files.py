"""`push` and `pull` as a person meets them: real processes against a real sshd."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons

GUARD = """
[guard]
protected = ["prod"]
read_only = ["lab"]
danger = ['push .*dear']
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    tags = {"web1": (), "web2": (), "db1": ("prod",), "db2": ("lab",)}
    tables = [host_table(name, None, ssh_table(sshd), tags[name]) for name in tags]
    return written(tmp_path / "hosts.toml", GUARD, *tables)


def test_files_go_to_hosts_and_come_back_into_a_folder_each(config: str, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("content")
    far = f"web[1-2]:{tmp_path}/there-{{host}}/"
    sent = atp("push", str(file), "-w", far, "--config", config, "--verify", "--gather")
    assert sent.returncode == 0, sent.stderr
    assert sent.stdout == "web[1-2] (2):\n  sent 1 file, 7 bytes; 1 checksum right (sha256sum there)\n"
    for host in ("web1", "web2"):
        assert (tmp_path / f"there-{host}" / "a file").read_text() == "content"
    back = atp(
        "pull", "-w", "web1", "-w", f"web2:{tmp_path}/there-*", str(tmp_path / "here"), "--config", config, "--json"
    )
    assert back.returncode == 0, back.stderr
    assert [each["outcome"] for each in json.loads(back.stdout)["results"]] == ["ok", "ok"]
    for host in ("web1", "web2"):
        assert sorted(os.listdir(tmp_path / "here" / host)) == ["there-web1", "there-web2"]
    listed = atp("jobs", "--json").stdout
    assert [each["command"].split()[0] for each in json.loads(listed)["jobs"]] == ["pull", "push"]


def test_what_fails_is_told_for_each_host_with_the_status_of_a_command(config: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    (tmp_path / "web2").mkdir()
    done = atp("push", str(file), "-w", f"web[1-2]:{tmp_path}/{{host}}", "--config", config)
    assert (done.returncode, done.stdout) == (1, "web1: sent 1 file, 0 bytes\n")
    folder = f"{tmp_path}/web2"
    assert done.stderr == f"atp-tui: web2: failed: a folder is there: {folder} (a / at the end puts the file into it)\n"


def test_a_dry_run_contacts_nobody_and_says_what_would_go(config: str, tmp_path: Path) -> None:
    file, there = tmp_path / "file", tmp_path / "there"
    file.write_text("12345")
    done = atp("push", str(file), "-w", f"web1:{there}", "--config", config, "--dry-run")
    assert done.returncode == 0 and not there.exists()
    lines = done.stdout.splitlines()
    assert lines[:3] == ["would run on 1 host: web1", f"command: push {file} {there}", "here: 1 file, 5 bytes"]
    assert lines[-1] == "nothing was run, and no host was contacted"
    gone = atp("push", str(tmp_path / "none"), "-w", f"web1:{there}", "--config", config, "--dry-run")
    assert gone.returncode == 2 and "none on this machine: No such file" in gone.stderr


def test_guard_rails_hold_for_a_push_and_not_for_a_pull(config: str, tmp_path: Path) -> None:
    file, there = tmp_path / "file", tmp_path / "there"
    file.write_text("mine")
    cases = (
        ("db1", there, (), "protected by the tag prod"),
        ("db2", there, ("--yes",), "db2"),
        ("web1", "/etc/ssh/none/x", (), "on the list of dangers: /etc/ssh/none/x"),
        ("web1", tmp_path / "dear", (), "on the list of dangers: push "),
    )
    for host, far, more, why in cases:
        done = atp("push", str(file), "-w", f"{host}:{far}", "--config", config, *more)
        assert done.returncode == 2 and why in done.stderr, (host, done.stderr)
    only = atp("push", str(file), "-w", f"web1:{there}", "--config", config, extra={"ATP_TUI_READ_ONLY": "1"})
    assert only.returncode == 2 and "read-only" in only.stderr
    assert not there.exists() and not (tmp_path / "dear").exists()
    fetched = atp("pull", "-w", f"db[1-2]:{file}", str(tmp_path / "here"), "--config", config)
    assert fetched.returncode == 0, fetched.stderr
    agreed = atp("push", str(file), "-w", f"db1:{there}", "--config", config, "--yes")
    assert agreed.returncode == 0 and there.read_text() == "mine"
    records = json.loads(atp("audit", "--json").stdout)["records"]
    assert [each["kind"] for each in records].count("refused") == 5
    assert [each["act"] for each in records if each["kind"] == "asked"] == ["push"], "a pull changes nothing there"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("push", "x"), "a path there are needed"),
        (("push", "x", "-w", "web1"), "a path there are needed"),
        (("push", "x", "-w", "web1:/a", "-w", "web2:/b"), "one path for all hosts"),
        (("push", "x", "-w", ":/a"), "hosts are needed before the path"),
        (("pull", "-w", "web1:/a"), "DIR"),
        (("push", "x", "-w", "web1:/a", "--json", "--gather"), "leave one out"),
        (("push", "", "-w", "web1:/a"), "no file is named"),
    ],
)
def test_words_that_make_no_sense_are_told(words: tuple[str, ...], why: str) -> None:
    done = atp(*words)
    assert done.returncode == 2 and why in done.stderr
