"""`atp-tui run` in waves, against a real sshd that is reached by many ids."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, results_of, written

pytestmark = pytest.mark.daemons

HOSTS = 20


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    """Twenty hosts in two racks. The environment of a command tells it which it is on: by the port's own user."""
    hosts = [
        host_table(f"kvm{each:02}", None, ssh_table(sshd), ("lab", f"rack{each % 2}")) for each in range(1, HOSTS + 1)
    ]
    return written(tmp_path / "hosts.toml", "[guard]\npreview_above = 50\n", *hosts)


def in_turn(folder: Path, bad: str) -> str:
    """A command that counts itself, and restarts a unit: the turns of `bad` fail."""
    count = f"flock {folder}/turn sh -c 'echo x >> {folder}/turn.n; wc -l < {folder}/turn.n'"
    return f'n=$({count}); echo turn $n; case " {bad} " in *" $n "*) exit 3;; esac'


def turns(folder: Path) -> int:
    file = folder / "turn.n"
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_a_unit_is_restarted_in_waves_until_the_second_failure_and_then_on_what_was_left(
    config: str, tmp_path: Path
) -> None:
    gate = f"echo x >> {tmp_path}/gate.n"
    words = ("--wave", "10%", "--max-fail", "2", "--gate-run", gate, "--gate-timeout", "30")
    done = atp("run", "-w", "@lab", "--config", config, *words, "--", in_turn(tmp_path, "3 7"))
    assert done.returncode == 4
    told = [line for line in done.stderr.splitlines() if " exit status 3" not in line]
    assert told[0] == ("atp-tui: wave 1 of 10: 2 hosts: 2 ok; failures over the whole run: 0, and with 2 it stops")
    assert told[1].startswith("atp-tui: wave 2 of 10: 2 hosts: 1 ok, 1 failed; failures over the whole run: 1")
    assert told[2].startswith("atp-tui: wave 3 of 10: 2 hosts: 2 ok; failures over the whole run: 1")
    assert told[3] == (
        "atp-tui: stopped in wave 4 of 10: failures over the whole run: 2 (2 failed), and with 2 it stops"
    )
    assert told[4] == (
        "atp-tui: not run: 12 hosts: kvm[09-20]; they are @job.1.notrun, and go on by: atp-tui jobs rerun 1 --notrun"
    )
    assert len(told) == 5 and turns(tmp_path) == 8
    assert len((tmp_path / "gate.n").read_text().splitlines()) == 5, "it was asked where the work went well"
    (job,) = json.loads(atp("jobs", "--json").stdout)["jobs"]
    assert job["counts"] == {"ok": 6, "failed": 2, "notrun": 12} and job["unanswered"] == 0
    left = results_of(atp("jobs", "show", "1", "--json"))["kvm09"]
    assert (left["outcome"], left["error"][:23]) == ("notrun", "stopped in wave 4 of 10")
    again = atp("jobs", "rerun", "1", "--notrun", "--json", "--config", config)
    assert again.returncode == 0 and turns(tmp_path) == 20
    assert list(results_of(again)) == [f"kvm{each:02}" for each in range(9, 21)]
    assert json.loads(again.stdout)["waves"] == {"wave": 6, "waves": 6, "failures": 0, "stopped": None}
    assert again.stderr.splitlines()[0].startswith("atp-tui: wave 1 of 6: 2 hosts: 2 ok"), "in the same waves"
    named = atp("run", "-w", "@job.1.notrun", "--config", config, "--dry-run", "true")
    assert "would run on 12 hosts: kvm[09-20]" in named.stdout


def test_a_dry_run_shows_the_waves_and_an_order_by_rack(config: str) -> None:
    words = ("run", "-w", "kvm[01-03,05,07]", "--config", config, "--dry-run", "--canary", "1", "--wave", "2")
    shown = atp(*words, "--spread", "tag:rack", "--max-fail", "40%", "reboot", "--help").stdout.splitlines()
    assert shown[2:6] == [
        "wave 1 of 3: 1 host: kvm01",
        "wave 2 of 3: 2 hosts: kvm[02-03]",
        "wave 3 of 3: 2 hosts: kvm[05,07]",
        "would stop with 2 failures over all waves",
    ]
    mixed = [json.loads(atp(*words, "--shuffle", "7", "--json", "true").stdout)["waves"] for _ in range(2)]
    assert mixed[0] == mixed[1] and [len(wave) for wave in mixed[0]] == [1, 2, 2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--wave", "0"), "'0' is not a number of hosts, or a share of them such as 10%"),
        (("--wave", "2", "--pause", "soon"), "'soon' is not a number of seconds above 0, or ask"),
        (("--wave", "2", "--pause", "ask"), "there is no terminal to ask at"),
        (("--gate-run", "true"), "give their size too"),
        (("--wave", "2", "--gate", "stat:up"), "gate"),
        (("--wave", "2", "--gate-run", "look {hots}"), "{hots}"),
        (("--wave", "2", "--gate-run", "look {meta.rack}"), "rack"),
        (("--wave", "2", "--spread", "tag:row"), "none of these hosts has a group by 'tag:row'"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(
    config: str, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = atp("run", "-w", "@lab", "--config", config, *words, f"touch {tmp_path}/ran")
    assert done.returncode == 2 and told in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("form", [(), ("--output",)])
def test_quiet_tells_of_waves_only_what_stops_them(config: str, tmp_path: Path, form: tuple[str, ...]) -> None:
    words = ("run", "-w", "kvm[01-03]", "--config", config, "--wave", "1", "--quiet")
    for bad, told in (
        ("", []),
        ("2", ["kvm02: exit status 3", "stopped in wave 2 of 3", "not run: 1 host: kvm03; it is @job."]),
    ):
        into = (*form, str(tmp_path / f"logs{bad}")) if form else ()
        (tmp_path / "turn.n").unlink(missing_ok=True)
        said = atp(*words, *into, in_turn(tmp_path, bad)).stderr.splitlines()
        assert len(said) == len(told)
        assert all(line.startswith(f"atp-tui: {each}") for line, each in zip(said, told, strict=True)), said


def test_a_gate_that_does_not_hold_stops_before_the_next_wave(config: str, tmp_path: Path) -> None:
    words = ("--canary", "2", "--gate-run", f"test -e {tmp_path}/up", "--gate-timeout", "1", "--json")
    done = atp("run", "-w", "kvm[01-06]", "--config", config, *words, in_turn(tmp_path, ""))
    assert done.returncode == 4 and turns(tmp_path) == 2
    why = "stopped after wave 1 of 2: the gate's command went well on all but kvm[01-02] within 1 s"
    assert json.loads(done.stdout)["waves"]["stopped"] == why
    assert [each["error"] for each in results_of(done).values()] == [None, None, why, why, why, why]
    gate = ("--canary", "2", "--gate-timeout", "30", "--gate")
    run = ("run", "-w", "kvm[01-06]", "--config", config)
    done = atp(*run, *gate, "state:connected ! @rack1", "--gate-timeout", "1", in_turn(tmp_path, ""))
    assert done.returncode == 4 and turns(tmp_path) == 4
    assert "the gate state:connected ! @rack1 did not hold on kvm01 within 1 s" in done.stderr
    done = atp(*run, *gate, "state:connected & @lab", in_turn(tmp_path, ""))
    assert done.returncode == 0 and turns(tmp_path) == 10


def at_terminal(config: str, folder: Path, typed: bytes) -> tuple[int, str]:
    """Two waves where a person is asked between them: the exit status, and what the terminal has shown."""
    ours, theirs = pty.openpty()
    shown = b""
    words = ("--canary", "1", "--pause", "ask", "--", in_turn(folder, ""))
    with subprocess.Popen(
        command_line("run", "--config", config, "-w", "kvm[01-03]", *words),
        stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL, env=environment(), start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        while b"y or n:" not in shown:
            shown += os.read(ours, 4096)
        assert turns(folder) == 1
        os.write(ours, typed)
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # the other end is closed
            pass
        process.wait(HANG)
    os.close(ours)
    return process.returncode, shown.decode().replace("\r", "")


def test_a_person_at_the_terminal_lets_the_next_wave_come_or_not(config: str, tmp_path: Path) -> None:
    status, shown = at_terminal(config, tmp_path, b"y\n")
    assert (status, turns(tmp_path)) == (0, 3)
    assert "wave 1 of 2: 1 host: 1 ok; " in shown and "go on with wave 2 of 2? y or n:" in shown
    (tmp_path / "turn.n").unlink()
    status, shown = at_terminal(config, tmp_path, b"n\n")
    assert (status, turns(tmp_path)) == (4, 1)
    assert "a person did not want the next one" in shown and "not run: 2 hosts: kvm[02-03]; " in shown


def test_a_deadline_a_cancel_and_a_kill_in_the_middle_account_for_every_host(config: str, tmp_path: Path) -> None:
    waves = ("run", "-w", "kvm[01-06]", "--config", config, "--wave", "2", "--pause", "60")
    done = atp(*waves, "--deadline", "3", "--json", in_turn(tmp_path, ""))
    assert done.returncode == 3
    assert [each["outcome"] for each in results_of(done).values()] == ["ok", "ok", *["notrun"] * 4]
    for number in (signal.SIGINT, signal.SIGKILL):
        before = turns(tmp_path)
        line = ["env", "--default-signal=INT", *command_line(*waves, in_turn(tmp_path, ""))]
        with subprocess.Popen(  # a shell has its background jobs ignore Ctrl+C, and they have theirs
            line, env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stderr is not None
            assert process.stderr.readline().startswith(b"atp-tui: wave 1 of 3: 2 hosts: 2 ok")
            limit = time.monotonic() + HANG
            while json.loads(atp("jobs", "--json").stdout)["jobs"][0]["counts"].get("ok") != 2:
                assert time.monotonic() < limit
            process.send_signal(number)
            process.wait(HANG)
            told = process.stderr.read().decode().splitlines()
        assert all(line.startswith("atp-tui: not run: 4 hosts: kvm[03-06]; ") for line in told)
        assert len(told) == (number == signal.SIGINT)
        assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
        assert turns(tmp_path) == before + 2
        if number == signal.SIGINT:
            *_, asked, cancelled, over = json.loads(atp("audit", "--json").stdout)["records"]
            assert (cancelled["act"], cancelled["via"], cancelled["of"]) == ("cancel", "run", asked["n"])
            assert over["of"] == asked["n"]
            assert cancelled["targets"] == [f"kvm0{each}" for each in range(3, 7)]
        shown = [each["outcome"] for each in results_of(atp("jobs", "show", "last", "--json")).values()]
        assert shown == ["ok", "ok", *["notrun"] * 4], "no command had begun there, also where a kill ended the program"
        state = json.loads(atp("jobs", "--json").stdout)["jobs"][0]["state"]
        assert state == ("ended" if number == signal.SIGINT else "interrupted")
