"""`atp-tui doctor` as a person runs it: real keys, a real agent, homes that are in order and homes that are not."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HANG = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with an ssh_config that names its keys: ssh itself looks below the account's home."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    return home


def doctor(home: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> tuple[int, dict[str, list[Any]]]:
    """The exit status, and the verdicts of each check."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        **(extra or {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "atp_tui", "doctor", "--json", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    found: dict[str, list[Any]] = {}
    for each in json.loads(done.stdout)["checks"]:
        found.setdefault(each["check"], []).append(each)
    return done.returncode, found


def written(home: Path, text: str) -> Path:
    path = home / ".config" / "atp_tui" / "hosts.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def key(home: Path, name: str, passphrase: str = "") -> Path:
    path = home / ".ssh" / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True, timeout=HANG)
    return path


def certified(home: Path, name: str, until: str) -> Path:
    """A key with a certificate beside it that counts until then."""
    made = key(home, name)
    words = ["-s", key(home, f"{name}-ca"), "-I", "test", "-V", f"-1h:{until}", f"{made}.pub"]
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, timeout=HANG, stderr=subprocess.DEVNULL)
    return made


def shell(id: str, address: str, *keys: Path) -> str:
    files = ", ".join(f'"{each}"' for each in keys)
    return f'[[hosts]]\nid = "{id}"\nhost = "{address}"\nuri = false\nssh.identity_files = [{files}]\n'


def test_an_empty_home_is_in_order_and_stays_empty(tmp_path: Path) -> None:
    status, found = doctor(tmp_path)
    assert status == 0
    assert "none (looked for" in found["hosts.toml"][0]["found"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_hosts_toml_is_told_with_its_line_and_without_its_passwords(home: Path) -> None:
    written(home, '[[hosts]]\nid = "a"\nhost = "192.0.2.1"\nuri = "qemu+tcp://me:hunter2@192.0.2.1/x y"\nfrob = 1\n')
    status, found = doctor(home)
    assert status == 1
    told = found["hosts.toml"]
    assert {each["verdict"] for each in told} == {"wrong"}
    assert any("hosts.toml:5" in each["found"] for each in told)
    assert "hunter2" not in json.dumps(found)
    assert found["keys"][0]["found"] == "not looked at: hosts.toml gives no host"


def test_a_theme_a_job_file_and_a_directory_that_cannot_be_used_are_told(home: Path) -> None:
    written(home, '[ui]\ntheme = "pink"\n')
    themes = home / ".config/atp_tui/themes"
    themes.mkdir()
    (themes / "mine.toml").write_text('[colors]\nprimary = "no colour"\n')
    (home / ".local/state/atp_tui").mkdir(parents=True, mode=0o700)
    (home / ".local/state/atp_tui/jobs.sqlite3").write_text("no database " * 100)
    (home / ".local/state/atp_tui/log").write_text("a file")
    os.mkfifo(themes / "pipe.toml")
    status, found = doctor(home)
    assert status == 1
    broken, pipe, missing = (each["found"] for each in found["themes"])
    assert ("mine.toml:2" in broken, "no regular file" in pipe, "pink" in missing) == (True, True, True)
    assert (found["jobs"][0]["verdict"], "not a database" in found["jobs"][0]["found"]) == ("wrong", True)
    by_directory = {each["found"].partition(":")[0]: each for each in found["directories"]}
    assert by_directory["log"]["verdict"] == "wrong"
    assert "is no directory" in by_directory["log"]["found"]
    assert by_directory["state"]["verdict"] == "ok"


def test_a_pipe_in_the_place_of_the_job_file_and_one_for_hosts_toml_hold_nothing_up(home: Path) -> None:
    (home / ".local/state/atp_tui").mkdir(parents=True)
    os.mkfifo(home / ".local/state/atp_tui/jobs.sqlite3")
    os.mkfifo(home / "pipe")
    (home / "hosts").write_text(shell("a", "192.0.2.1"))
    with subprocess.Popen(["sh", "-c", "cat hosts >pipe"], cwd=home):
        status, found = doctor(home, "--config", str(home / "pipe"))
    assert (status, "no regular file" in found["jobs"][0]["found"]) == (1, True)
    assert f"{home / 'pipe'}, 1 host, " in found["hosts.toml"][0]["found"]


@contextmanager
def agent(home: Path, *keys: Path) -> Iterator[str]:
    """A real ssh-agent that holds these keys; the path of its socket."""
    path = str(home / "agent")
    running = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        environment = {**os.environ, "SSH_AUTH_SOCK": path}
        for _ in range(200):
            # 2: no agent yet; 1: it holds nothing
            if subprocess.run(["ssh-add", "-l"], env=environment, capture_output=True, timeout=HANG).returncode != 2:
                break
        for each in keys:
            subprocess.run(
                ["ssh-add", "-q", str(each)], env=environment, check=True, timeout=HANG, stdin=subprocess.DEVNULL
            )
        yield path
    finally:
        running.terminate()
        running.wait(HANG)


@pytest.mark.daemons
def test_keys_are_judged_as_an_attempt_would_and_no_host_is_contacted(home: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen here")
    good, locked, open_to_all = key(home, "good"), key(home, "locked", "hunter2"), key(home, "open")
    open_to_all.chmod(0o644)
    ends, stays = certified(home, "ends", "+5h"), certified(home, "stays", "+3d")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = f"ssh.port = {listening.getsockname()[1]}\n"
        written(
            home,
            shell("good", "127.0.0.1", good) + port
            + shell("locked", "127.0.0.1", locked)
            + shell("open", "127.0.0.1", open_to_all)
            + shell("gone", "127.0.0.1", home / "gone", good)
            + shell("ends", "127.0.0.1", ends)
            + shell("stays", "127.0.0.1", stays),
        )  # fmt: skip
        status, found = doctor(home)
        with pytest.raises(BlockingIOError):
            listening.accept()
    by_host = {each["found"].partition(":")[0]: each for each in found["keys"]}
    assert status == 1
    assert {name: each["verdict"] for name, each in by_host.items()} == {
        "good": "ok", "locked": "wrong", "open": "wrong", "gone": "warning",
        "ends": "warning", "stays": "ok",
    }  # fmt: skip
    assert by_host["locked"]["remedy"] == f"ssh-add {locked}, with an ssh-agent running"
    assert by_host["open"]["remedy"] == f"chmod 600 {open_to_all}"
    assert str(home / "gone") in by_host["gone"]["found"]
    assert f"{ends}-cert.pub ends at " in by_host["ends"]["found"]
    assert by_host["ends"]["remedy"] == "have the certificate renewed"
    assert "hunter2" not in json.dumps(found)

    assert doctor(home, "good")[0] == 0
    assert set(doctor(home, "good,locked")[1]["keys"][1]["found"].split(":")[0].split(", ")) == {"locked"}


@pytest.mark.daemons
def test_an_agent_is_asked_how_many_keys_it_holds(home: Path) -> None:
    if shutil.which("ssh-agent") is None:
        pytest.skip("no ssh-agent here")
    held = key(home, "held")
    (home / ".ssh/held.pub").rename(home / ".ssh/named.pub")
    written(home, shell("a", "192.0.2.1", home / ".ssh/named"))
    with agent(home, held) as path:
        status, found = doctor(home, extra={"SSH_AUTH_SOCK": path})
        assert found["ssh-agent"][0]["found"] == f"{path} holds 1 key"
        assert (status, found["keys"][0]["found"]) == (0, "a: 1 key to offer")
    status, found = doctor(home, extra={"SSH_AUTH_SOCK": path})
    assert (status, found["ssh-agent"][0]["verdict"]) == (1, "wrong")


def test_a_set_that_means_no_host_and_one_that_hosts_would_have_to_settle_are_refused(home: Path) -> None:
    written(home, shell("a", "192.0.2.1"))
    for targets, word in (("nosuch", "nosuch"), ("state:failed", "no host is asked")):
        done = subprocess.run(
            [sys.executable, "-m", "atp_tui", "doctor", targets],
            env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=HANG, check=False,
        )  # fmt: skip
        assert (done.returncode, word in done.stderr) == (2, True), done.stderr
