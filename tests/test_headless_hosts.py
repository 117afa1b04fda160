"""`atp-tui hosts …` as a person runs it: real processes on a real file."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, written

pytestmark = pytest.mark.daemons

TEXT = """# my fleet

# the first
[[hosts]]
id = "kvm01"
host = "192.0.2.1" # here
tags = ["prod"]

[[hosts]]
id = "kvm02"
host = "192.0.2.2"
[hosts.ssh]
user = "root"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.toml"
    path.write_text(TEXT)
    return path


def hosts(file: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return atp(*before, "hosts", words[0], "--config", str(file), *words[1:])


def told(file: Path, *words: str) -> Any:
    done = hosts(file, *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def done(file: Path, *words: str) -> str:
    ended = hosts(file, *words)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


def test_a_day_with_the_file(file: Path) -> None:
    """Added, changed, tagged, disabled, moved, removed; then all of it taken back, and the file is as it was."""
    steps = [
        (("add", "kvm03", "192.0.2.3", "--tag", "prod", "--tag", "x", "--user", "b", "--port", "2"), "kvm03: add-host"),
        (("edit", "kvm0[1,3]", "metadata.site=north", "uri=false"), "kvm01: edit-host: done\nkvm03: edit-host"),
        (("tag", "@prod", "+new", "-prod", "-x"), "kvm01: tag-host: done\nkvm03: tag-host"),
        (("disable", "site:north&kvm03"), "kvm03: disable-host"),
        (("edit", "kvm03", "id=spare"), "kvm03: edit-host: done\nspare: edit-host"),
        (("enable", "spare"), "spare: enable-host"),
        (("copy", "kvm02", "kvm04", "host=192.0.2.4"), "kvm04: copy-host"),
        (("move", "kvm04", "before", "kvm01"), "kvm04: move-host"),
        (("remove", "kvm02"), "kvm02: remove-host"),
    ]  # fmt: skip
    texts = [TEXT]
    for words, said in steps:
        assert done(file, *words) == f"{said}: done\n"
        texts.append(file.read_text())
    listed = told(file, "list")["hosts"]
    assert [host["id"] for host in listed] == ["kvm04", "kvm01", "spare"]
    assert listed[1]["tags"] == listed[2]["tags"] == ["new"] and listed[2]["metadata"] == {"site": "north"}
    assert texts[-1].startswith('# my fleet\n\n[[hosts]]\nid = "kvm04"\nhost = "192.0.2.4"\n[hosts.ssh]\n')
    assert '\n# the first\n[[hosts]]\nid = "kvm01"\nhost = "192.0.2.1" # here\ntags = ["new"]\n' in texts[-1]
    for before, (words, _) in zip(reversed(texts[:-1]), reversed(steps), strict=True):
        assert done(file, "undo").startswith(f"undone: {words[0]}-host ")
        assert file.read_text() == before
    assert hosts(file, "undo").returncode == 1
    assert done(file, "redo").startswith("done again: add-host kvm03")


def test_a_dry_run_shows_the_difference_and_writes_nothing(file: Path) -> None:
    shown = done(file, "tag", "kvm02", "+x", "--dry-run")
    assert shown.splitlines() == [
        "--- hosts.toml before", "+++ hosts.toml after", "@@ -9,5 +9,6 @@", " [[hosts]]", ' id = "kvm02"',
        ' host = "192.0.2.2"', '+tags = ["x"]', " [hosts.ssh]", ' user = "root"',
    ]  # fmt: skip
    assert file.read_text() == TEXT
    as_json = told(file, "tag", "kvm02", "+x", "--dry-run")
    assert (as_json["written"], as_json["changed"], as_json["difference"]) == (False, ["kvm02"], shown)
    as_json = told(file, "tag", "kvm02", "+x")
    assert (as_json["written"], as_json["difference"], as_json["note"]) == (True, shown, None)
    assert told(file, "tag", "kvm02", "+x") == {
        "file": str(file), "files": [], "written": False, "changed": [], "difference": "", "note": None,
    }  # fmt: skip
    assert done(file, "tag", "kvm02", "+x") == "nothing to change\n"
    after = file.read_text()
    assert done(file, "undo", "--dry-run").splitlines()[6] == '-tags = ["x"]'
    assert file.read_text() == after


def test_a_first_host_makes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert atp("hosts", "list").returncode == 2
    assert atp("hosts", "remove", "kvm01").returncode == 2
    made = atp("hosts", "add", "kvm01", "192.0.2.1", "--uri", "false")
    assert (made.returncode, made.stdout, made.stderr) == (0, "kvm01: add-host: done\n", "")
    path = tmp_path / ".config/atp_tui/hosts.toml"
    assert path.read_text() == '[[hosts]]\nid = "kvm01"\nhost = "192.0.2.1"\nuri = false\n'
    assert path.stat().st_mode & 0o777 == 0o600
    assert atp("hosts", "list").stdout.splitlines()[1].split() == ["kvm01", "192.0.2.1", "-", "yes", "yes"]


def test_keys_with_which_the_screen_does_not_start_are_a_mistake(file: Path) -> None:
    file.write_text(file.read_text() + '[ui.keys]\nnope = "x"\n')
    checked = atp("hosts", "check", "--config", str(file))
    assert checked.returncode == 2 and "ui.keys.nope: no key has this id" in checked.stderr


def test_disabled_hosts_are_listed_and_in_no_targets(file: Path) -> None:
    done(file, "disable", "kvm02")
    assert [(host["id"], host["enabled"]) for host in told(file, "list")["hosts"]] == [
        ("kvm01", True),
        ("kvm02", False),
    ]
    assert [host["id"] for host in told(file, "list", "-w", "kvm02")["hosts"]] == ["kvm02"]
    run = atp("run", "--config", str(file), "-w", "kvm02", "true")
    assert run.returncode == 2 and "kvm02" in run.stderr
    assert done(file, "check") == f"{file}: 1 host, 1 disabled, no mistake\n"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("edit", "kvm01", "ssh.prt=1"), 2, "ssh.prt: is no key of a host; did you mean ssh.port?"),
        (("edit", "kvm01", "ssh.port=x"), 2, "ssh.port: is 'x'; write a whole number"),
        (("edit", "kvm01", "ssh.port=99999"), 1, "ssh.port: 99999 is out of range"),
        (("edit", "kvm09", "host=x"), 2, "kvm09"),
        (("edit", "cpu>80", "host=x"), 2, "nobody is asked here for what hosts do"),
        (("edit", "kvm[01-02]", "id=x"), 2, "an id is one host's"),
        (("edit", "kvm01"), 2, "KEY=VALUE"),
        (("add", "kvm01", "x"), 1, "there is a host 'kvm01' already"),
        (("add", "a b", "x"), 1, "'a b' is not a host id"),
        (("add", "kvm03", "x", "--port", "many"), 2, "ssh.port: is 'many'"),
        (("tag", "kvm01", "new"), 2, "write +new or -new"),
        (("move", "kvm01", "after"), 2, "write before OTHER, or after OTHER"),
        (("move", "kvm0[1-2]", "after", "kvm02"), 2, "2 hosts are named; this is for one host at a time"),
        (("remove",), 2, "SET"),
        (("undo",), 1, "there is no edit to undo"),
        (("check", "kvm09"), 2, "kvm09"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    file: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    ended = hosts(file, *words)
    assert (ended.returncode, ended.stdout) == (status, "") and said in ended.stderr
    assert file.read_text() == TEXT


def test_read_only_refuses_every_verb_that_writes(file: Path) -> None:
    for words in (
        ("add", "x", "x"), ("edit", "kvm01", "host=x"), ("copy", "kvm01", "x"), ("tag", "kvm01", "+x"), ("undo",),
        ("redo",), ("enable", "kvm01"), ("disable", "kvm01"), ("move", "kvm01", "after", "kvm02"), ("remove", "kvm01"),
    ):  # fmt: skip
        ended = hosts(file, *words, before=("--read-only",))
        assert (ended.returncode, ended.stdout) == (2, "") and "--read-only" in ended.stderr, words
    assert file.read_text() == TEXT
    assert hosts(file, "list", before=("--read-only",)).returncode == 0


def test_a_tag_that_looks_like_an_option_is_a_tag(file: Path) -> None:
    done(file, "tag", "kvm01", "+v", "+json")
    assert done(file, "tag", "kvm01", "-json", "--", "-v") == "kvm01: tag-host: done\n"
    assert told(file, "list")["hosts"][0]["tags"] == ["prod"]


def test_many_hosts_are_removed_by_yes_or_by_their_number_at_a_terminal(file: Path) -> None:
    file.write_text("\n".join(f'[[hosts]]\nid = "k{number}"\nhost = "k"\n' for number in range(6)))
    text = file.read_text()
    refused = hosts(file, "remove", "k[0-3]")
    assert refused.returncode == 2 and "hosts: 4), and there is no terminal to ask at: give --yes" in refused.stderr
    assert at_terminal(file, "3\n") == (2, "nothing was removed") and file.read_text() == text
    assert at_terminal(file, "4\n") == (0, "k3: remove-host: done")
    assert done(file, "undo") == "undone: remove-host k0 and 3 more\n" and file.read_text() == text
    assert done(file, "remove", "k[0-3]", "--dry-run")
    assert done(file, "remove", "k[0-3]", "--yes").count("done") == 4
    assert done(file, "remove", "k4").count("done") == 1


def at_terminal(file: Path, typed: str) -> tuple[int, str]:
    """Remove four hosts where a person can be asked: the exit status, and the last line that is shown."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        run = subprocess.run(
            command_line("hosts", "remove", "k[0-3]", "--config", str(file)),
            stdin=theirs, capture_output=True, text=True, timeout=HANG, env=environment(), check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert "4 hosts are taken out of the file. Type their number to go on:" in run.stderr
    return run.returncode, (run.stdout or run.stderr).splitlines()[-1].removeprefix("atp-tui: ")


def test_what_somebody_else_has_written_since_is_not_undone(file: Path) -> None:
    done(file, "tag", "kvm01", "+x")
    theirs = file.read_text().replace("192.0.2.2", "192.0.2.22")
    file.write_text(theirs)
    ended = hosts(file, "undo")
    assert ended.returncode == 1 and file.read_text() == theirs
    assert '- host = "192.0.2.2" | + host = "192.0.2.22"' in ended.stderr and ended.stderr.count("\n") == 1


def test_two_programs_lose_nothing(file: Path) -> None:
    tags = [f"t{number}" for number in range(6)]
    running = [
        subprocess.Popen(
            command_line("hosts", "tag", "kvm01", f"+{tag}", "--config", str(file)),
            env=environment(),
            stdout=subprocess.DEVNULL,
        )
        for tag in tags
    ]
    assert [each.wait(HANG) for each in running] == [0] * 6
    assert sorted(told(file, "list")["hosts"][0]["tags"]) == ["prod", *tags]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    fed = subprocess.run(
        [sys.executable, "-m", "atp_tui", "hosts", "tag", "kvm01", "+x", "--config", "/dev/stdin"],
        input=TEXT, capture_output=True, text=True, timeout=HANG, env=environment(), check=False,
    )  # fmt: skip
    assert fed.returncode == 1 and "is no regular file, so its hosts cannot be edited" in fed.stderr


def test_a_broken_file_is_told_with_its_line_by_every_verb(file: Path) -> None:
    file.write_text(TEXT + "nonsense = 1\n")
    for words in (("check",), ("tag", "kvm01", "+x"), ("list",)):
        ended = hosts(file, *words)
        assert ended.returncode == 2 and f"{file}:14: hosts[kvm02].ssh.nonsense: unknown key" in ended.stderr


def test_hosts_are_connected_to_and_why_not(tmp_path: Path, sshd: PrivateSshd) -> None:
    tables = host_table("web1", None, ssh_table(sshd)), host_table("gone", None, ssh_table(sshd, port=1), ("lost",))
    file = Path(written(tmp_path / "hosts.toml", *tables))
    connected = hosts(file, "check", "web1", "--connect")
    assert (connected.returncode, connected.stderr) == (0, "")
    assert connected.stdout == f"{file}: 2 hosts, no mistake\nweb1: connected\n"
    failed = hosts(file, "check", "--connect")
    assert failed.returncode == 3 and failed.stdout.endswith("no mistake\nweb1: connected\n")
    assert failed.stderr == "atp-tui: gone: 127.0.0.1 port 1 refuses connections: is sshd running there?\n"
    as_json = json.loads(hosts(file, "check", "@lost", "--connect", "--json").stdout)
    assert as_json["connected"] == [
        {"host": "gone", "error": "127.0.0.1 port 1 refuses connections: is sshd running there?"}
    ]
    assert json.loads(hosts(file, "check", "--json").stdout)["connected"] is None


def test_hostile_words_are_printed_safely(file: Path) -> None:
    ended = hosts(file, "edit", "kvm01", "metadata.x=\x1b]0;title\x07", "--dry-run")
    assert ended.returncode == 0 and "\x1b" not in ended.stdout
    ended = hosts(file, "edit", "kvm01", "metadata.x=\x1b]0;title\x07")
    assert ended.returncode == 0 and "\x1b" not in file.read_text()
    ended = hosts(file, "add", "\x1b[2J", "x")
    assert ended.returncode == 1 and "\x1b" not in ended.stderr


def test_hosts_in_several_files(file: Path) -> None:
    """Listed with their files, written where they stand, put into another file, and all of it taken back."""
    (file.parent / "hosts.d").mkdir()
    rack = file.parent / "hosts.d/rack1.toml"
    rack.write_text('[[hosts]]\nid = "kvm11"\nhost = "192.0.2.11"\n')
    file.write_text('include = ["hosts.d/*.toml"]\n' + TEXT)
    before = file.read_text(), rack.read_text()
    assert done(file, "check") == f"{file}: 3 hosts, 1 included file, no mistake\n"
    assert told(file, "check")["included"] == [str(rack)]
    assert [host["file"] for host in told(file, "list")["hosts"]] == ["hosts.toml", "hosts.toml", "hosts.d/rack1.toml"]
    assert "hosts.d/rack1.toml" in done(file, "list").splitlines()[3].split()
    assert told(file, "tag", "kvm[01,11]", "+x")["files"] == [str(file), str(rack)]
    assert done(file, "add", "kvm12", "192.0.2.12", "--file", "hosts.d/rack1.toml") == "kvm12: add-host: done\n"
    shown = done(file, "move", "kvm[01-02]", str(rack), "--dry-run")
    assert shown.startswith("--- hosts.d/rack1.toml before") and "--- hosts.toml before" in shown
    assert done(file, "move", "kvm[01-02]", "hosts.d/rack1.toml").count("move-to-file: done") == 2
    assert {host["file"] for host in told(file, "list")["hosts"]} == {"hosts.d/rack1.toml"}
    for _ in range(3):
        assert done(file, "undo").startswith("undone: ")
    assert (file.read_text(), rack.read_text()) == before
    ended = hosts(file, "move", "kvm01", "rack2.toml")
    assert ended.returncode == 1 and "'rack2.toml' is no file that it includes" in ended.stderr
    rack.write_text(before[1] + '[[hosts]]\nid = "kvm01"\nhost = "x"\n')
    ended = hosts(file, "list")
    assert ended.returncode == 2
    assert f"{rack}:5: hosts[1].id: 'kvm01' is the id of the host at {file}:6 already" in ended.stderr


def test_hosts_of_a_program(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by a real program, listed and told apart, never edited; its last answer counts while it fails."""
    monkeypatch.setenv("HOME", str(tmp_path))
    program = tmp_path / "netbox-hosts"
    program.write_text("#!/bin/sh\necho 'n[1-2]'\n")
    program.chmod(0o700)
    file.write_text(f'{TEXT}\n[[sources]]\nname = "netbox"\ncommand = ["./netbox-hosts"]\ntags = ["nb"]\n')
    before = file.read_text()
    assert done(file, "check") == f"{file}: 4 hosts, 2 of them from netbox, no mistake\n"
    assert [host["file"] for host in told(file, "list", "-w", "source:netbox,@nb")["hosts"]] == ["source:netbox"] * 2
    for words in (("tag", "n1", "+x"), ("enable", "n1"), ("move", "n1", "hosts.toml"), ("copy", "n1", "n3")):
        ended = hosts(file, *words)
        assert ended.returncode == 1 and "n1 comes from the program of the source netbox" in ended.stderr
    assert done(file, "tag", "kvm01", "+x") == "kvm01: tag-host: done\n"
    assert done(file, "undo") and file.read_text() == before
    program.write_text("#!/bin/sh\necho 'no\033[31m route' >&2; exit 1\n")
    assert len(told(file, "list")["hosts"]) == 4, "the answer is new enough"
    ended = hosts(file, "check", "--json")
    assert ended.returncode == 1 and "it ended with exit status 1: no" in ended.stderr and "\033" not in ended.stderr
    assert json.loads(ended.stdout)["sources"] == [{"name": "netbox", "hosts": 2, "fails": True}]
    program.write_text("#!/bin/sh\necho '[]'\n")
    assert done(file, "check") == f"{file}: 2 hosts, 0 of them from netbox, no mistake\n"
