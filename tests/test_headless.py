"""The headless verbs as a person runs them: real processes against a real sshd and a real libvirtd."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.daemons.sshd import PrivateSshd, free_port, running_sshd
from tests.program import run_program

ROOT = Path(__file__).parents[1]
HANG = 60.0
"""Seconds after which a run is taken for hung."""

pytestmark = pytest.mark.daemons


def command_line(*arguments: str, options: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, *options, "-m", "atp_tui", *arguments]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


def atp(
    *arguments: str, options: tuple[str, ...] = (), extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; it must never show a traceback, nor complain on its way out.

    With options of Python, or more of an environment, Python itself is started: what is read as it loads counts then.
    """
    if not options and not extra:
        done = run_program(arguments, environment(), HANG)
    else:
        done = subprocess.run(
            command_line(*arguments, options=options),
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
    assert "Traceback" not in done.stderr, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return done


def written(path: Path, *tables: str) -> str:
    path.write_text("[transport]\nconnect_timeout = 5\n" + "\n".join(tables))
    return str(path)


@pytest.fixture
def two_shells(tmp_path: Path, sshd: PrivateSshd) -> str:
    """A configuration of two hosts behind one sshd."""
    tables = (host_table(name, None, ssh_table(sshd), ("prod",)) for name in ("web1", "web2"))
    return written(tmp_path / "hosts.toml", *tables)


def results_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {entry["host"]: entry for entry in json.loads(done.stdout)["results"]}


def alive(marker: str) -> list[int]:
    """Processes with `marker` among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if marker.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def test_run_all_ok(two_shells: str) -> None:
    done = atp("--config", two_shells, "run", "-w", "@prod", "--json", "--", "printf 'a\\377b'; echo err >&2")
    assert (done.returncode, done.stderr) == (0, "")
    results = results_of(done)
    assert list(results) == ["web1", "web2"]
    for entry in results.values():
        assert 0 < entry.pop("duration") < HANG
        assert {key: entry[key] for key in ("outcome", "exit_status", "stdout", "stderr", "error")} == {
            "outcome": "ok",
            "exit_status": 0,
            "stdout": "a\N{REPLACEMENT CHARACTER}b",
            "stderr": "err\n",
            "error": None,
        }


def test_run_for_people_also_optimised(two_shells: str) -> None:
    done = atp("--config", two_shells, "run", "-w", "web[1-2]", "--", "echo hello; echo there", options=("-O",))
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == ["web1: hello", "web1: there", "web2: hello", "web2: there"]


def test_run_without_a_guard_sends_the_command_alone(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=[f"ForceCommand echo run >>{tmp_path}/runs"]) as daemon:
        config = written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(daemon)))
        assert atp("--config", config, "run", "-w", "web1", "--no-guard", "--", "anything").returncode == 0
        assert (tmp_path / "runs").read_text() == "run\n"


def test_run_some_command_failed(two_shells: str) -> None:
    done = atp("--config", two_shells, "run", "-w", "web1", "--json", "--", "exit 7")
    assert done.returncode == 1
    assert (results_of(done)["web1"]["outcome"], results_of(done)["web1"]["exit_status"]) == ("failed", 7)


def test_run_hosts_that_cannot_be_reached(tmp_path: Path, sshd: PrivateSshd) -> None:
    other_known_hosts, other_key = tmp_path / "none", tmp_path / "other_key"
    other_known_hosts.touch()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other_key)], check=True, timeout=HANG)
    config = written(
        tmp_path / "hosts.toml",
        host_table("well", None, ssh_table(sshd)),
        host_table("refuses", None, ssh_table(sshd, port=free_port())),
        host_table("stranger", None, ssh_table(sshd, known_hosts=[str(other_known_hosts)])),
        host_table("locked", None, ssh_table(sshd, identity_files=[str(other_key)])),
        host_table("mute", "test:///default", None),
    )
    done = atp("--config", config, "run", "-w", "@all", "--json", "--", "true")
    assert done.returncode == 3
    assert {host: entry["outcome"] for host, entry in results_of(done).items()} == {
        "locked": "auth",
        "mute": "error",
        "refuses": "unreachable",
        "stranger": "auth",
        "well": "ok",
    }
    assert all(entry["error"] for host, entry in results_of(done).items() if host != "well")


def test_run_times_out_and_ends_what_it_started(two_shells: str) -> None:
    marker = f"3600.{os.getpid()}1"
    done = atp(
        "--config", two_shells, "run", "-w", "web1", "--timeout", "2", "--json", "--", f"echo on; sleep {marker}"
    )
    assert done.returncode == 3
    entry = results_of(done)["web1"]
    assert (entry["outcome"], entry["stdout"], entry["exit_status"]) == ("timeout", "on\n", None)
    wait_until_gone(marker)


def test_run_on_a_host_that_takes_the_connection_and_says_nothing(tmp_path: Path, sshd: PrivateSshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        patient = host_table("patient", None, ssh_table(sshd, port=port))
        hasty = patient.replace("patient", "hasty") + "[hosts.transport]\nconnect_timeout = 1\n"
        config = written(tmp_path / "hosts.toml", patient, hasty)
        done = atp("--config", config, "run", "-w", "@all", "--timeout", "2", "--json", "--", "true")
    assert done.returncode == 3
    silence = f"127.0.0.1 port {port} takes the connection and says nothing: it hangs, or is no SSH server"
    assert {host: (entry["outcome"], entry["error"]) for host, entry in results_of(done).items()} == {
        "patient": ("timeout", "no connection to patient within 2 s; the first attempt goes on"),
        "hasty": ("unreachable", f"no answer within 1 s: {silence}"),
    }


def test_run_through_a_proxy_command_that_does_not_work(tmp_path: Path, sshd: PrivateSshd) -> None:
    ssh_config = tmp_path / "ssh_config"
    ssh_config.write_text("ProxyCommand printf 'no \\033[31mway\\n' >&2\n")
    config = written(tmp_path / "hosts.toml", host_table("far", None, ssh_table(sshd, config_file=str(ssh_config))))
    done = atp("--config", config, "run", "-w", "far", "--", "true")
    assert done.returncode == 3
    assert "far: unreachable: 127.0.0.1 port " in done.stderr
    assert "the ProxyCommand ended with exit status 0 before SSH was up: no ␛[31mway (it was: printf " in done.stderr


def wait_until_gone(marker: str) -> None:
    """Until no process bears the marker; the suite's own time limit ends the wait where one stays."""
    import time

    while alive(marker):
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_run_interrupted(two_shells: str, number: signal.Signals, status: int) -> None:
    marker = f"3600.{os.getpid()}{status}"
    command = f"echo on; exec sleep {marker}"
    with subprocess.Popen(
        # the suite itself may run where a shell has its background jobs ignore Ctrl+C
        ["env", "--default-signal=INT", *command_line("--config", two_shells, "run", "-w", "web1", "--", command)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "web1: on\n"
            process.send_signal(number)
            _, complaints = process.communicate(timeout=HANG)
        finally:
            process.kill()
    assert process.returncode == status
    assert complaints == "atp-tui: web1: cancelled\n"
    wait_until_gone(marker)


def test_a_reader_that_goes_away_is_no_error(two_shells: str) -> None:
    with subprocess.Popen(
        command_line("--config", two_shells, "run", "-w", "web1", "--", "yes"),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "web1: y\n"
            process.stdout.close()
            assert process.stderr is not None
            complaints = process.stderr.read()
            process.wait(HANG)
        finally:
            process.kill()
    assert "Traceback" not in complaints
    assert "BrokenPipe" not in complaints


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[hosts]]\nid = "a"\nhots = "x"\n', "hosts.toml:3"),
        ("[transport]\nconnect_timeout = -1\n", "connect_timeout"),
        ("not toml", "hosts.toml:1"),
    ],
)
def test_bad_configuration(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text(text)
    for verb in (("run", "-w", "a", "--", "true"), ("stats",), ("domains",), ("hosts", "list")):
        done = atp("--config", str(path), *verb)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_usage_errors(two_shells: str, tmp_path: Path) -> None:
    for arguments in (
        ("--config", two_shells, "run", "-w", "nosuch", "--", "true"),
        ("--config", two_shells, "run", "-w", "web1"),
        ("--config", str(tmp_path / "none.toml"), "stats"),
        ("stats",),
        ("--config", two_shells),
        ("frob",),
    ):
        done = atp(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr


def test_stats_and_domains(tmp_path: Path, libvirtd: PrivateLibvirtd, sshd: PrivateSshd) -> None:
    config = written(
        tmp_path / "hosts.toml",
        host_table("tcp", libvirtd.uri("tcp"), None),
        host_table("unix", libvirtd.uri("unix"), None),
        host_table("shell", None, ssh_table(sshd)),
    )
    stats = atp("--config", config, "stats", "--json")
    assert (stats.returncode, stats.stderr) == (0, "")
    hosts = json.loads(stats.stdout)["hosts"]
    assert [(host["host"], host["state"], host["cause"]) for host in hosts] == [
        ("tcp", "connected", None),
        ("unix", "connected", None),
        ("shell", "connected", None),
    ]
    for host in hosts:
        assert host["pool"]["total_connections"] == len(host["connections"]) == 1
        assert host["pool"]["selection_strategy"] == "round_robin"
        assert {"id", "state", "active_uses", "total_requests"} <= host["connections"][0].keys()
    assert [host["node"] and host["node"]["hypervisor"] for host in hosts] == ["TEST", "TEST", None]
    domains = atp("--config", config, "domains", "--json")
    assert domains.returncode == 0
    listed = json.loads(domains.stdout)
    assert [(domain["host"], domain["name"], domain["state"]) for domain in listed["domains"]] == [
        ("tcp", "test", "running"),
        ("unix", "test", "running"),
    ]
    assert {"uuid", "vcpus", "memory_kib"} <= listed["domains"][0].keys()
    assert listed["errors"] == []


def test_libvirt_writes_nothing_over_the_screen(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    """The program loads it ahead of the first connection: then, too, it must be told before where its log goes."""
    hosts = written(tmp_path / "hosts.toml", host_table("kvm01", libvirtd.uri("tcp"), None))
    noisy = {"LIBVIRT_DEBUG": "1", "LIBVIRT_LOG_OUTPUTS": "1:stderr"}
    done = atp("--config", hosts, "stats", extra=noisy)
    assert (done.returncode, done.stderr) == (0, "")


def test_libvirt_rides_on_ssh(tmp_path: Path, libvirtd: PrivateLibvirtd, sshd: PrivateSshd) -> None:
    uri = f"test+ssh://{sshd.user}@127.0.0.1:{sshd.port}/default?socket={libvirtd.socket}"
    config = written(tmp_path / "hosts.toml", host_table("both", uri, ssh_table(sshd)))
    stats = atp("--config", config, "stats", "--json")
    (host,) = json.loads(stats.stdout)["hosts"]
    assert (stats.returncode, host["state"], host["ssh"]["pool"]["active_connections"]) == (0, "connected", 1)
    assert atp("--config", config, "run", "-w", "both", "--", "true").returncode == 0


def test_hosts_that_do_not_answer(tmp_path: Path, own_libvirtd: PrivateLibvirtd) -> None:
    config = written(
        tmp_path / "hosts.toml",
        host_table("well", "test:///default", None),
        host_table("silent", own_libvirtd.uri("tcp"), None),
        host_table("refuses", f"test+tcp://127.0.0.1:{free_port()}/default", None),
    )
    text = Path(config).read_text().replace("connect_timeout = 5", "connect_timeout = 1")
    Path(config).write_text(text)
    own_libvirtd.stop()
    try:
        stats, domains = atp("--config", config, "stats", "--json"), atp("--config", config, "domains", "--json")
    finally:
        own_libvirtd.cont()
    assert (stats.returncode, domains.returncode) == (3, 3)
    states = {host["host"]: (host["state"], host["cause"]) for host in json.loads(stats.stdout)["hosts"]}
    assert states["well"] == ("connected", None)
    assert states["silent"][0] != "connected"
    assert "no answer" in states["silent"][1]
    assert "refused" in states["refuses"][1]
    troubles = {host["host"]: host["trouble"] for host in json.loads(stats.stdout)["hosts"]}
    assert troubles["well"] is None and troubles["silent"]["channel"] == "virt"
    assert troubles["refuses"] == {
        "cause": "port refused", "short": "port refused", "remedy": "retry", "channel": "virt"
    }  # fmt: skip
    listed = json.loads(domains.stdout)
    assert {domain["host"] for domain in listed["domains"]} == {"well"}
    assert {error["host"] for error in listed["errors"]} == {"silent", "refuses"}
    assert all(error["error"] for error in listed["errors"])


def test_what_needs_no_host(two_shells: str) -> None:
    listed = atp("hosts", "list", "--json", extra={"ATP_TUI_CONFIG": two_shells})
    assert [host["id"] for host in json.loads(listed.stdout)["hosts"]] == ["web1", "web2"]
    info = atp("info")
    assert info.returncode == 0
    assert "asyncssh" in info.stdout
    assert "configuration" in info.stdout
