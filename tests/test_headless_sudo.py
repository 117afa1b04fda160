"""`run --sudo` as a person uses it: the password at the terminal, and nowhere else, here and there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .daemons.pam_sshd import PASSWORD, USER
from .daemons.sshd import PrivateSshd
from .daemons.sudo_sshd import set_sudoers, sudo_sshd
from .program import run_program
from .test_headless_log_in import HANG, Run, all_files

pytestmark = pytest.mark.daemons

WORDS = PASSWORD.encode()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    with sudo_sshd(tmp_path_factory.mktemp("sudo")) as started:
        yield started


def _config(home: Path, daemon: PrivateSshd, hosts: int, more: str = "") -> str:
    ssh = {
        "user": USER,
        "port": daemon.port,
        "known_hosts": [str(daemon.known_hosts)],
        "identity_files": [str(daemon.client_key)],
        "config_file": "/dev/null",
        "realm": "lab",
    }
    lines = [more, "[ssh]", *(f"{key} = {json.dumps(value)}" for key, value in ssh.items())]
    lines += [f'[[hosts]]\nid = "kvm{n}"\nhost = "127.0.0.1"\nuri = false' for n in range(hosts)]
    (home / "hosts.toml").write_text("\n".join(lines))
    return str(home / "hosts.toml")


def _atp(home: Path, *words: str) -> str:
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        env[name] = str(home / name)
    done = run_program(words, env, HANG)
    return done.stdout + done.stderr


def _processes() -> bytes:
    """Argument lists and environments of all processes but this one: the far side is on this machine, too."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            for file in ("cmdline", "environ"):
                try:
                    found.append(Path("/proc", name, file).read_bytes())
                except OSError:
                    continue
    return b"\n".join(found)


async def test_the_password_is_typed_once_and_found_nowhere(tmp_path: Path, daemon: PrivateSshd) -> None:
    set_sudoers(daemon, f"{USER} ALL=(ALL) ALL")
    config = _config(tmp_path, daemon, 3)
    go = tmp_path / "go"
    line = f"id -u; cat; while [ ! -e {go} ]; do sleep 0.05; done"
    run = Run(tmp_path, "run", "-v", "--yes", "--config", config, "-w", "@all", "--sudo", "--", line)
    await run.until("password for sudo: ")
    assert not run.echoes
    before = _processes()
    run.type(PASSWORD)
    limit = b"while [ ! -e %s ]" % str(go).encode()
    while (there := _processes()).count(b"sh\0-c\0id -u; cat; " + limit) < 3:
        assert run.process.poll() is None, run.process.communicate()
    assert WORDS not in before + there, "neither while it is asked for, nor while the commands run"
    go.touch()
    status, out, err = await run.over()
    assert (status, sorted(out.splitlines())) == (0, [f"kvm{n}: 0" for n in range(3)]), err
    assert "sudo on kvm" in err and "it is for all hosts of the realm lab" in err
    shown = "".join(_atp(tmp_path, *words) for words in (("jobs", "show", "last", "--json"), ("jobs",), ("audit",)))
    assert "sudo id -u" in shown, "the list of jobs tells it"
    assert "sudo=root" in shown, "and so does the audit"
    far = "\n".join(file.read_text(errors="replace") for file in daemon.directory.glob("*.log"))
    assert "COMMAND=" in far
    assert PASSWORD not in out + err + run.said + shown + far + all_files(tmp_path)


def test_what_sudo_refuses_is_told_and_runs_again_as_it_was_asked_for(tmp_path: Path, daemon: PrivateSshd) -> None:
    config = _config(tmp_path, daemon, 1, '[commands.whoami]\nrun = "id -un"\nsudo = "nobody"')
    at = ("--config", config, "-w", "kvm0")
    set_sudoers(daemon, f"{USER} ALL=(ALL) ALL")
    told = json.loads(_atp(tmp_path, "run", *at, "--batch", "--yes", "--json", "--sudo=nobody", "id", "-un"))
    (result,) = told["results"]
    assert (result["outcome"], result["error_id"], result["exit_status"]) == ("auth", "sudo-wants-password", None)
    assert f"the password of {USER}" in result["error"]
    set_sudoers(daemon, f"{USER} ALL=(nobody) NOPASSWD: ALL")
    assert _atp(tmp_path, "jobs", "rerun", "last", "--config", config) == "kvm0: nobody\n"
    assert _atp(tmp_path, "run", *at, "--command", "whoami") == "kvm0: nobody\n"
    assert "as: nobody, by sudo" in _atp(tmp_path, "run", *at, "--dry-run", "--command", "whoami")
    said = _atp(tmp_path, "run", *at, "--when-back", "1h", "--sudo", "id")
    assert "nobody is there when a host comes back" in said


def test_what_is_followed_may_be_roots(tmp_path: Path, daemon: PrivateSshd) -> None:
    set_sudoers(daemon, f"{USER} ALL=(ALL) NOPASSWD: ALL")
    config = _config(tmp_path, daemon, 1)
    assert "kvm0: 0" in _atp(tmp_path, "follow", "--config", config, "-w", "kvm0", "--sudo", "id", "-u")
