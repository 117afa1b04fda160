"""The verbs that the registry makes, as a person runs them: real processes against a real sshd."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.actions.registry import ACTIONS
from atp_tui.actions.trust_key import fingerprint_of
from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons


def test_a_key_is_trusted_by_its_fingerprint_and_by_no_other(tmp_path: Path, sshd: PrivateSshd) -> None:
    known = tmp_path / "known_hosts"
    config = written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd, known_hosts=[str(known)])))
    right = fingerprint_of(sshd.host_public_key)
    assert atp("run", "-w", "web1", "true", "--config", config).returncode != 0

    other = atp("trust-key", "-w", "web1", "SHA256:other", "--config", config)
    assert (other.returncode, other.stdout) == (1, "")
    assert f"the refused key is {right}, not the one you have named" in other.stderr
    assert not known.exists()

    done = atp("trust-key", "--config", config, "-w", "web1", right)
    assert (done.returncode, done.stdout, done.stderr) == (0, "web1: trust-key: done\n", "")
    assert sshd.host_public_key in known.read_text()
    assert atp("run", "--config", config, "-w", "web1", "true").returncode == 0

    again = atp("trust-key", "-w", "web1", right, "--config", config)
    assert again.returncode == 1 and "no host key of it is refused" in again.stderr


def test_connect_says_whether_it_works(tmp_path: Path, sshd: PrivateSshd) -> None:
    lost = ssh_table(sshd, port=1)
    tables = (host_table(name, None, lost, ("lost",)) for name in ("gone", "h"))
    config = written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd)), *tables)
    done = atp("connect", "-w", "web1", "--config", config)
    assert (done.returncode, done.stdout, done.stderr) == (0, "web1: connect: done\n", "")
    failed = atp("connect", "-w", "web1", "-w", "gone,h&@lost", "--config", config)
    assert (failed.returncode, failed.stdout) == (3, "web1: connect: done\n")
    why = "127.0.0.1 port 1 refuses connections: is sshd running there?"
    assert failed.stderr == f"atp-tui: gone: {why}\natp-tui: h: {why}\n"
    (alone,) = atp("connect", "-w", "h", "--config", config).stderr.splitlines()
    assert alone == f"atp-tui: h: {why}"


def test_a_key_that_nobody_can_be_asked_for_is_told_with_the_cause(tmp_path: Path, sshd: PrivateSshd) -> None:
    config = written(tmp_path / "hosts.toml", host_table("gone", None, ssh_table(sshd, port=1)))
    done = atp("trust-key", "-w", "gone", "SHA256:x", "--config", config)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "atp-tui: gone: 127.0.0.1 port 1 refuses connections: is sshd running there?\n"


def test_a_key_that_cannot_be_stored_is_told_with_what_would_be_right(tmp_path: Path, sshd: PrivateSshd) -> None:
    ssh = ssh_table(sshd, known_hosts=["/dev/null"])
    config = written(tmp_path / "hosts.toml", host_table("web1", None, ssh))
    done = atp("trust-key", "-w", "web1", fingerprint_of(sshd.host_public_key), "--config", config)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "atp-tui: web1: ssh.known_hosts: /dev/null keeps no keys; name a file\n"


def test_read_only_holds_without_the_screen_too(tmp_path: Path, sshd: PrivateSshd) -> None:
    known, trace = tmp_path / "known_hosts", tmp_path / "trace"
    tables = (
        host_table("web1", None, ssh_table(sshd)),
        host_table("new", None, ssh_table(sshd, known_hosts=[str(known)])),
    )
    config = written(tmp_path / "hosts.toml", *tables)
    for words in (
        ("run", "-w", "web1", "touch", str(trace)),
        ("run", "-w", "web1", "--json", "touch", str(trace)),
        ("trust-key", "-w", "new", fingerprint_of(sshd.host_public_key)),
    ):
        done = atp("--config", config, "--read-only", *words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert "--read-only" in done.stderr
    assert not trace.exists() and not known.exists()
    assert atp("--config", config, "--read-only", "connect", "-w", "web1").returncode == 0


def test_a_verb_of_the_registry_wants_hosts_and_its_words(tmp_path: Path) -> None:
    for action in ACTIONS:
        if action.headless:
            done = atp(action.name)
            assert done.returncode == 2 and "-w" in done.stderr
    config = written(tmp_path / "hosts.toml", *(host_table(name, None, "ssh = {}\n") for name in ("web1", "web2")))
    two = atp("trust-key", "-w", "web1,web2", "SHA256:x", "--config", config)
    assert (two.returncode, two.stdout) == (2, "") and "trust-key is for one host" in two.stderr
    wordless = atp("trust-key", "-w", "web1")
    assert wordless.returncode == 2 and "FINGERPRINT" in wordless.stderr
    assert "trust-key" in atp("--help").stdout
