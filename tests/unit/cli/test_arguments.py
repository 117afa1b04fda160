"""The command line's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.cli.arguments import Arguments, parse


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([], Arguments("tui")),
        (["--config", "f", "--theme", "light"], Arguments("tui", config=Path("f"), theme="light")),
        (["demo", "--hosts", "3", "--faults", "--seed", "7"], Arguments("demo", hosts=3, faults=True, seed=7)),
        (
            ["run", "-w", "@all", "--timeout", "1.5", "--fanout", "2", "--json", "--", "ls", "-l", "--", "x"],
            Arguments("run", targets=("@all",), timeout=1.5, fanout=2, json=True, command="ls -l -- x"),
        ),
        (["run", "-w", "a", "uname", "--", "-r"], Arguments("run", targets=("a",), command="uname -- -r")),
        (["run", "-w", "box", "ls", "-l"], Arguments("run", targets=("box",), command="ls -l")),
        (
            ["run", "-w", "box", "--timeout", "3", "ls", "--timeout", "5"],
            Arguments("run", targets=("box",), timeout=3.0, command="ls --timeout 5"),
        ),
        (["run", "-wbox", "--timeout=3", "ls", "-w"], Arguments("run", targets=("box",), timeout=3.0, command="ls -w")),
        (["run", "-vw", "a", "ls"], Arguments("run", targets=("a",), verbose=True, command="ls")),
        (["run", "-vwa", "ls", "-w"], Arguments("run", targets=("a",), verbose=True, command="ls -w")),
        (["run", "-w", "a", "--json", "-", "-h"], Arguments("run", targets=("a",), json=True, command="- -h")),
        (["run", "-w", "a", "--", "--", "-x"], Arguments("run", targets=("a",), command="-- -x")),
        (
            ["--theme", "run", "--config", "f", "run", "-w", "a", "ls", "--help"],
            Arguments("run", config=Path("f"), theme="run", targets=("a",), command="ls --help"),
        ),
        (["run", "-w", "a", "echo caf\udcc3\udca9"], Arguments("run", targets=("a",), command="echo café")),
        (["run", "-w", "a", "--no-guard", "--", "id"], Arguments("run", targets=("a",), command="id", no_guard=True)),
        (
            ["run", "-w", "a", "--retry", "2", "--retry-any", "--priority", "-5", "--deadline=9", "ls", "--per-host"],
            Arguments(
                "run",
                targets=("a",),
                command="ls --per-host",
                job_options=(("deadline", 9.0), ("retries", 2), ("retry_any", True), ("priority", -5)),
            ),
        ),
        (["run", "-w", "a[1-2]", "-w", "@b!c", "--", "id"], Arguments("run", targets=("a[1-2]", "@b!c"), command="id")),
        (["--config", "f", "stats", "--json"], Arguments("stats", config=Path("f"), json=True)),
        (["domains", "--config", "f"], Arguments("domains", config=Path("f"))),
        (["hosts", "list", "--json"], Arguments("hosts", json=True)),
        (["hosts", "list", "-w", "a", "-w", "@b"], Arguments("hosts", targets=("a", "@b"))),
        (
            [
                "hosts",
                "add",
                "a",
                "h",
                "uri=false",
                "--tag",
                "x",
                "--tag",
                "y",
                "--user",
                "u",
                "--port",
                "2",
                "--dry-run",
            ],
            Arguments(
                "hosts",
                hosts_verb="add",
                hosts_words=("a", "h", "uri=false", "ssh.user=u", "ssh.port=2", "tags=x,y"),
                dry_run=True,
            ),
        ),
        (
            [
                "--config",
                "f",
                "hosts",
                "--config",
                "tag",
                "tag",
                "@a",
                "+n",
                "-old",
                "--json",
                "-v",
                "--",
                "-v",
                "--json",
            ],
            Arguments(
                "hosts",
                config=Path("tag"),
                verbose=True,
                json=True,
                hosts_verb="tag",
                hosts_words=("@a", "+n", "-old", "-v", "--json"),
            ),
        ),
        (["hosts", "remove", "a", "--yes"], Arguments("hosts", hosts_verb="remove", hosts_words=("a",), yes=True)),
        (["hosts", "check", "--connect"], Arguments("hosts", hosts_verb="check", connect=True)),
        (["hosts", "undo"], Arguments("hosts", hosts_verb="undo")),
        (["connect", "-w", "a", "-w", "@b!c"], Arguments("connect", targets=("a", "@b!c"))),
        (["trust-key", "-w", "a", "SHA256:x"], Arguments("trust-key", targets=("a",), given="SHA256:x")),
        (["info"], Arguments("info")),
    ],
)
def test_what_is_said_is_understood(line: list[str], expected: Arguments) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        ["frob"],
        ["run", "--", "true"],
        ["run", "-w", "a"],
        ["run", "-w", "a", "--", " "],
        ["run", "-w", "a", "--", "echo caf\udce9"],
        ["run", "-w", "a", "--timeout", "0", "--", "true"],
        ["run", "-w", "a", "--timeout", "nan", "--", "true"],
        ["run", "-w", "a", "--fanout", "0", "--", "true"],
        ["run", "-w", "a", "--timeout", "1_0", "--", "true"],
        ["run", "-w", "a", "--timeout", "５", "--", "true"],
        ["run", "-w", "a", "--fanout", "1_0", "--", "true"],
        ["run", "-w", "a", "--tim", "1", "--", "true"],
        ["run", "ls", "-w", "a"],
        ["run", "-w"],
        ["run", "--nosuch", "-w", "a", "ls"],
        ["run", "--config", "", "-w", "a", "ls"],
        ["stats", "--", "true"],
        ["stats", "--"],
        ["hosts"],
        ["demo", "--hosts", "0"],
    ],
)
def test_what_cannot_be_meant_ends_with_status_2(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(line)
    assert ended.value.code == 2
    assert "usage: atp-tui" in capsys.readouterr().err


@pytest.mark.parametrize("line", [["--timeout", "soon"], ["--fanout", "many"], ["--fanout", "1.5"]])
def test_what_is_no_number_is_said_in_words(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["run", "-w", "a", *line, "--", "true"])
    told = capsys.readouterr().err
    assert f"{line[1]!r} is not a" in told and "_" not in told


def test_an_unknown_option_is_told_by_its_verb_and_without_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["run", "-w", "a", "--password=hunter2", "ls"])
    told = capsys.readouterr().err
    assert told.startswith("usage: atp-tui run ")
    assert told.endswith(
        "run: error: unrecognized arguments: --password=… (a command that begins with - stands after --)\n"
    )
    with pytest.raises(SystemExit):
        parse(["stats", "--timeout", "3"])
    assert "atp-tui stats: error: unrecognized arguments: --timeout …\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["stats", "--password", "hunter2"], "unrecognized arguments: --password …"),
        (["--password", "hunter2", "stats"], "unrecognized arguments: --password"),
        (["--password=hunter2", "stats"], "unrecognized arguments: --password=…"),
        (["stats", "-phunter2"], "unrecognized arguments: -p…"),
        (["run", "-phunter2", "-w", "a", "ls"], "unrecognized arguments: -p… (a command"),
        (["--json", "stats"], "--json (an option of a verb stands behind it: atp-tui stats --json)"),
        (["stats", "extra", "\x1b[31m"], r"unrecognized arguments: extra \x1b[31m"),
        (["run", "-w", "a", "--fanout", "9" * 5000, "ls"], f"--fanout: {'9' * 60!r} is not a whole number"),
    ],
)
def test_a_mistake_is_answered_without_a_value_and_without_control_characters(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(line)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert said in told and "hunter2" not in told and "\x1b" not in told


@pytest.mark.timeout(30)
@pytest.mark.parametrize("line", [["{}"], ["run", "-w", "a", "--{}"], ["--theme={}", "{}"]])
def test_a_long_word_is_no_long_wait(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([word.format("a" * 100_000) for word in line])
    assert "error:" in capsys.readouterr().err
