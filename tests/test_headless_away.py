"""`run --when-back` as a person uses it: a host that is away, and engines of screens that run it as that is back."""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import subprocess
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from atp_tui.actions.policy import Policy
from atp_tui.config.load import load
from atp_tui.config.paths import jobs_file
from atp_tui.drivers.sources import FileSource
from atp_tui.engine import away
from atp_tui.engine.engine import Engine
from atp_tui.storage.audit import audit_of
from atp_tui.storage.jobs import JobStore
from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd, free_port
from tests.test_headless import HANG, atp, command_line, environment, results_of, written

pytestmark = pytest.mark.daemons


def unexpected(words: str) -> None:
    raise AssertionError(words)


def hosts_file(folder: Path, sshd: PrivateSshd, away_port: int, *more: str) -> str:
    tables = [host_table("here", None, ssh_table(sshd)), host_table("gone", None, ssh_table(sshd, port=away_port))]
    return written(folder / "hosts.toml", *more, *tables)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(away, "LOOK_EACH", 0.2)
    return tmp_path


def left_waiting(folder: Path, sshd: PrivateSshd, *words: str) -> tuple[str, Path]:
    """`run` on a host that answers and on one that is away; the configuration, in which it is back, and a file to which
    the command adds a line."""
    mark = folder / "mark"
    config = hosts_file(folder, sshd, free_port())
    command = f"echo ran >> {mark}"
    done = atp("--config", config, "run", "-w", "here,gone", "--yes", "--when-back", "24h", *words, "--", command)
    assert done.returncode == 3, done
    assert "job 1 waits until" in done.stderr and "for gone: the screen (atp-tui)" in done.stderr
    assert mark.read_text() == "ran\n"
    hosts_file(folder, sshd, sshd.port)
    return config, mark


async def watched(config: str, count: int, until: Callable[[], bool], *, read_only: bool = False) -> list[Engine]:
    """As many programs that watch the fleet as the screen does, until something holds."""
    async with AsyncExitStack() as stack:
        engines = []
        for _ in range(count):
            log = await stack.enter_async_context(JobStore(jobs_file(), unexpected))
            found = load(Path(config))
            policy = Policy(read_only=read_only, asks=True)
            engine = Engine(FileSource(found), policy=policy, audit=audit_of(found, unexpected, "screen"), log=log)
            engines.append(await stack.enter_async_context(engine.running(watch=True)))
        async with asyncio.timeout(HANG):
            while not until():  # noqa: ASYNC110 - it is another program's file that changes
                await asyncio.sleep(0.05)
            await asyncio.sleep(1.0)  # a second run would come now
            for job in [job for engine in engines for job in engine.jobs.jobs]:
                await job.wait()
    return engines


def test_a_command_that_waited_runs_once_though_two_programs_watch(folder: Path, sshd: PrivateSshd) -> None:
    config, mark = left_waiting(folder, sshd, "--retry", "1")
    (job,) = json.loads(atp("jobs", "--json").stdout)["jobs"]
    assert (job["state"], job["waiting"], job["waits_until"] > job["began"]) == ("waiting", 1, True)
    assert json.loads(atp("jobs", "show", "1", "--json").stdout)["waiting"] == ["gone"]
    engines = asyncio.run(watched(config, 2, lambda: mark.read_text().count("ran") > 1))
    assert mark.read_text() == "ran\nran\n"
    assert sorted(len(engine.jobs.jobs) for engine in engines) == [0, 1]
    (spec,) = [job.spec for engine in engines for job in engine.jobs.jobs]
    assert ([str(each) for each in spec.targets], spec.options.retries) == (["gone"], 1)
    second, first = json.loads(atp("jobs", "--json").stdout)["jobs"]
    assert (first["state"], first["waiting"], second["state"], second["counts"]) == ("ended", 0, "ended", {"ok": 1})
    assert "gone: was away, and ran in job 2" in atp("jobs", "show", "1").stderr
    kinds = [each["kind"] for each in json.loads(atp("audit", "--json").stdout)["records"]]
    acts = [kind for kind in kinds if kind in ("asked", "job ended", "refused")]
    assert acts == ["asked", "job ended"] * 2, "the run, and what it left waiting"


def test_what_waits_is_called_off(folder: Path, sshd: PrivateSshd) -> None:
    config, mark = left_waiting(folder, sshd)
    wrong = atp("jobs", "cancel", "1", "here")
    assert (wrong.returncode, "job 1 does not wait for here; it waits for gone" in wrong.stderr) == (2, True), wrong
    done = atp("jobs", "cancel", "last", "gone")
    assert (done.returncode, done.stderr) == (0, "atp-tui: job 1 waits no longer for gone\n")
    record = json.loads(atp("audit", "--json").stdout)["records"][-1]
    assert (record["kind"], record["act"], record["targets"]) == ("job steered", "call off", ["gone"])
    assert record["via"] == "jobs cancel" and record["by"]["user"]
    assert f"job {record['job']}: call off" in atp("audit", "-n", "1").stdout
    assert "job 1 waits for no host" in atp("jobs", "cancel", "1").stderr
    assert "called off" in atp("jobs", "show", "1").stderr
    asyncio.run(watched(config, 1, lambda: True))
    assert mark.read_text() == "ran\n"


def test_what_waits_is_run_without_a_screen_once_though_two_verbs_do_so(folder: Path, sshd: PrivateSshd) -> None:
    config, mark = left_waiting(folder, sshd)
    back = (folder / "hosts.toml").read_text()
    hosts_file(folder, sshd, free_port())
    away_still = atp("--config", config, "jobs", "away", "--once")
    assert (away_still.returncode, away_still.stdout) == (0, ""), away_still
    assert away_still.stderr == "atp-tui: waited for still: gone\n"
    only_watching = atp("--config", config, "--read-only", "jobs", "away", "--once")
    assert (only_watching.returncode, mark.read_text()) == (0, "ran\n"), only_watching
    (folder / "hosts.toml").write_text(back)
    words = command_line("--config", config, "jobs", "away", "--once")
    both = [subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=HANG)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(said) == [
        "", "job 1 goes on as job 2 on gone, back now\njob 2 has ended: 1 ok; atp-tui jobs show 2\n",
    ]  # fmt: skip
    assert mark.read_text() == "ran\nran\n"
    nothing = atp("--config", config, "jobs", "away", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)) == (0, {"ran": [], "waiting": []})
    record = json.loads(atp("audit", "--json").stdout)["records"][-2]
    assert (record["kind"], record["via"], record["targets"]) == ("asked", "jobs away", ["gone"])


def test_a_verb_waits_for_hosts_until_nothing_waits(folder: Path, sshd: PrivateSshd) -> None:
    config, mark = left_waiting(folder, sshd)
    back = (folder / "hosts.toml").read_text()
    words = command_line("--config", config, "jobs", "away", "--json")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        hosts_file(folder, sshd, nobody.getsockname()[1])
        with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True) as process:
            nobody.settimeout(HANG)
            nobody.accept()[0].close()  # it was tried in vain
            (folder / "hosts.toml").write_text(back)  # which is followed
            said, _ = process.communicate(timeout=HANG)
    assert (process.returncode, mark.read_text()) == (0, "ran\nran\n")
    assert json.loads(said) == {
        "ran": [{"job": 1, "ran_in": 2, "hosts": ["gone"], "counts": {"ok": 1}}], "waiting": [],
    }  # fmt: skip


def test_a_program_that_only_watches_leaves_it_to_another_one(folder: Path, sshd: PrivateSshd) -> None:
    config, mark = left_waiting(folder, sshd)
    asyncio.run(watched(config, 1, lambda: True, read_only=True))
    hosts_file(folder, sshd, sshd.port, '[guard]\nread_only = ["gone"]\n')
    asyncio.run(watched(config, 1, lambda: True))
    hosts_file(folder, sshd, sshd.port)
    (folder / "hosts.toml").write_text((folder / "hosts.toml").read_text().replace('"gone"', '"other"'))
    asyncio.run(watched(config, 1, lambda: True))
    assert mark.read_text() == "ran\n"
    assert json.loads(atp("jobs", "show", "1", "--json").stdout)["waiting"] == ["gone"]


def test_a_refused_key_is_no_absence(folder: Path, sshd: PrivateSshd) -> None:
    (folder / "none").touch()
    table = host_table("stranger", None, ssh_table(sshd, known_hosts=[str(folder / "none")]))
    config = written(folder / "hosts.toml", table)
    done = atp("--config", config, "run", "-w", "stranger", "--when-back", "24h", "--json", "--", "true")
    assert (done.returncode, results_of(done)["stranger"]["outcome"]) == (3, "auth")
    assert "waits until" not in done.stderr
    assert json.loads(atp("jobs", "--json").stdout)["jobs"][0]["waiting"] == 0


def test_what_is_not_kept_cannot_wait(folder: Path, sshd: PrivateSshd) -> None:
    config = hosts_file(folder, sshd, sshd.port)
    done = atp("--config", config, "run", "-w", "here", "--when-back", "24h", "--env", "A=b", "--", "true")
    assert (done.returncode, "takes no environment, script or standard input" in done.stderr) == (2, True), done


def test_a_run_that_rings_runs_the_command_of_hosts_toml(folder: Path, sshd: PrivateSshd) -> None:
    ring = 'env | grep -E "^ATP_(JOB|STATE|HOSTS|OK|FAILED|SECONDS)=" | sort >> told; test $ATP_STATE != failed'
    config = hosts_file(folder, sshd, sshd.port, f"[jobs]\nring_command = ['sh', '-c', '{ring}']\n")
    assert atp("--config", config, "run", "-w", "here", "--", "echo well").returncode == 0
    assert not (folder / "told").exists(), "only where it was asked for"
    done = atp("--config", config, "run", "-w", "here", "--ring", "--", "echo well; exit 3")
    assert done.returncode == 1
    assert "atp-tui: the ring_command of [jobs] fails: it ended with exit status 1" in done.stderr
    told = [line for line in (folder / "told").read_text().splitlines() if not line.startswith("ATP_SECONDS=")]
    assert told == ["ATP_FAILED=1", "ATP_HOSTS=1", "ATP_JOB=2", "ATP_OK=0", "ATP_STATE=failed"]


def test_a_run_rings_on_its_terminal_though_its_output_goes_elsewhere(folder: Path, sshd: PrivateSshd) -> None:
    config = hosts_file(folder, sshd, sshd.port, '[jobs]\nring = "osc9"\n')
    words = shlex.join(command_line("--config", config, "run", "-w", "here", "--ring", "--", "echo well"))
    on_a_terminal = ["script", "-qec", f"{words} >{folder}/out 2>&1", "/dev/null"]
    environ = {name: value for name, value in environment().items() if name != "TMUX"}
    done = subprocess.run(on_a_terminal, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=HANG)
    assert (folder / "out").read_text() == "here: well\n"
    assert b"\x1b]9;atp-tui: the run has ended, exit status 0\a" in done.stdout
