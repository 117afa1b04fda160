"""`run` with a script, standard input, an environment and placeholders: real processes against a real sshd."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, written

pytestmark = pytest.mark.daemons


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    racks = {"web1": "r 1", "web2": "reboot", "web3": None}
    tables = [host_table(name, None, ssh_table(sshd)) for name in racks]
    meta = [f'[hosts.metadata]\nrack = "{rack}"\n' if rack else "" for rack in racks.values()]
    return written(tmp_path / "hosts.toml", *(each for pair in zip(tables, meta, strict=True) for each in pair))


def given(stdin: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_line(*words), input=stdin, env=environment(), capture_output=True, text=True, timeout=HANG, check=False
    )


def test_a_script_with_arguments_and_input_on_each_host(config: str, tmp_path: Path) -> None:
    script = tmp_path / "look.sh"
    script.write_text('#!/bin/sh\necho "$1 $2 $WORD $PWD"; cat\n')
    along = ("--script", str(script), "--stdin", "--env", "WORD={host}!", "--chdir", "/usr")
    done = given("in\n", "run", "--config", config, "-w", "web[1-2]", *along, "--", "a  b", "{address}")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for host in ("web1", "web2") for line in (f"{host}: a  b 127.0.0.1 {host}! /usr", f"{host}: in")]
    assert sorted(done.stdout.splitlines()) == sorted(lines)
    record = next(each for each in json.loads(atp("audit", "--json").stdout)["records"] if each["kind"] == "asked")
    assert record["arguments"]["command"] == "look.sh 'a  b' '{address}'"
    kept = record["delivery"]
    assert (kept["script"], kept["environment"], kept["stdin_bytes"], kept["chdir"]) == ("look.sh", ["WORD"], 3, "/usr")
    assert len(kept["sha256"]) == 64
    again = atp("jobs", "rerun", "1", "--same", "--config", config)
    assert again.returncode == 2
    assert "its environment and the text of its script and its standard input were not kept" in again.stderr


def test_a_secret_of_the_environment_is_nowhere_but_there(config: str, tmp_path: Path) -> None:
    secret = "S3cr3t-of-tests"
    seen = "tr '\\0' ' ' </proc/$$/cmdline; ps -eo args=; printf %s \"$TOKEN\" | wc -c"
    done = subprocess.run(
        command_line("run", "--config", config, "-w", "web1", "--env", "TOKEN", "--", seen),
        env=environment({"TOKEN": secret}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HANG,
        check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == f"web1: {len(secret)}"
    assert secret not in done.stdout + done.stderr
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files and not any(secret.encode() in path.read_bytes() for path in files)


def test_placeholders_are_looked_at_before_anything_runs(config: str, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for hosts, line, said in (
        ("web1", f"touch {mark}; echo {{hsot}}", "{hsot} is no placeholder; {host} is one"),
        ("web[1-3]", f"touch {mark}; echo {{meta.rack}}", "web3 has no 'rack' in its metadata"),
        ("web1", f"touch {mark}; echo '{{meta.rack}}'", "the value of {meta.rack} on web1 has signs"),
        ("web2", f"touch {mark}; {{meta.rack}}", "on the list of dangers: reboot"),
    ):
        done = atp("run", "--config", config, "-w", hosts, line)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert said in done.stderr
    assert not mark.exists()
    dry = atp("run", "--config", config, "-w", "web1", "--dry-run", "--chdir", "/srv", "echo {meta.rack}")
    assert "command: echo {meta.rack}\non web1: echo 'r 1'\ndirectory: /srv\n" in dry.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--script", "/no/such"), "the script /no/such cannot be read: No such file or directory"),
        (("--script", "/bin/true"), "/bin/true is a program or data, and no script"),
        (("--env", "1X=secret", "true"), "--env wants NAME=VALUE"),
        (("--env", "NOT_SET_HERE", "true"), "--env NOT_SET_HERE: there is no such variable here"),
    ],
)
def test_what_cannot_go_along_is_said(config: str, words: tuple[str, ...], said: str) -> None:
    done = atp("run", "--config", config, "-w", "web1", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and "secret" not in done.stderr


def test_a_standard_input_that_cannot_be_read_is_told_as_that(config: str, tmp_path: Path) -> None:
    words = command_line("run", "--config", config, "-w", "web1", "--stdin", "--", "cat")
    written_to = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    try:
        done = subprocess.run(
            words, stdin=written_to, env=environment(), capture_output=True, text=True, timeout=HANG, check=False
        )
    finally:
        os.close(written_to)
    assert (done.returncode, done.stderr) == (2, "atp-tui: standard input cannot be read: Bad file descriptor\n")


def test_a_command_of_hosts_toml_with_parameters_and_waves(config: str, tmp_path: Path) -> None:
    with open(config, "a") as file:
        file.write(
            """
[commands.greet]
run = "echo {word} from {host}"
[commands.greet.parameters.word]
choices = ["a  b", "hello"]
[commands.roll]
run = "echo {word}"
wave = 1
max_fail = 2
gate_run = "echo asked {word} >> LOG; test {word} != no"
gate_timeout = 0.5
[commands.roll.parameters.word]
[commands.wipe]
run = "echo gone"
danger = true
""".replace("LOG", str(tmp_path / "gates"))
        )
    done = atp("run", "--config", config, "-w", "web1", "--command", "greet", "word=a  b")
    assert (done.returncode, done.stdout) == (0, "web1: a  b from web1\n")
    wrong = atp("run", "--config", config, "-w", "web1", "--command", "greet", "word=c")
    assert wrong.returncode == 2 and "word of greet is one of a  b, hello" in wrong.stderr
    named = ("-w", "web[1-3]", "--command", "roll")
    rolled = atp("run", "--config", config, *named, "word=no")
    assert (rolled.returncode, rolled.stdout) == (4, "web1: no\n"), "in its waves, and with its gate"
    rolled = atp("run", "--config", config, *named[:2], "--wave", "2", *named[2:], "word=yes")
    assert "wave 1 of 2: 2 hosts: 2 ok; failures over the whole run: 0, and with 2" in rolled.stderr, "another size"
    assert (tmp_path / "gates").read_text().splitlines() == ["asked no"] * 2 + ["asked yes"] * 2
    free = atp("run", "--config", config, *named[:2], "--no-waves", *named[2:], "word=yes")
    assert (free.returncode, free.stderr) == (0, ""), "all at once"
    for words in (("--command", "wipe"), ("--", "echo gone")):
        held = atp("run", "--config", config, "-w", "web1", *words)
        assert held.returncode == 2 and "on the list of dangers: echo gone" in held.stderr
