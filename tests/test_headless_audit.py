"""What is on record after acts of real processes, and the verbs that show it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "atp_tui"


def saying(line: str, path: Path, *hosts: str) -> str:
    """A configuration with a line at its top."""
    config = written(path, *hosts)
    path.write_text(f"{line}\n{path.read_text()}")
    return config


def test_a_run_is_on_record_with_how_it_ended(tmp_path: Path, sshd: PrivateSshd, state: Path) -> None:
    hosts = [host_table("web1", None, ssh_table(sshd)), host_table("gone", None, ssh_table(sshd, port=1))]
    config = written(tmp_path / "hosts.toml", *hosts)
    assert "nothing is recorded yet" in atp("audit").stderr
    assert atp("run", "-w", "@all", "--config", config, "true").returncode == 3
    assert atp("--read-only", "run", "-w", "@all", "--config", config, "true").returncode == 2
    assert atp("run", "-w", "web1", "--config", config, "login --password=geheim").returncode == 1
    _, asked, ended, refused, masked, _ = json.loads(atp("audit", "--json").stdout)["records"]
    assert (asked["act"], asked["targets"], asked["arguments"]["command"]) == ("run", ["gone", "web1"], "true")
    assert (ended["of"], ended["counts"]) == (asked["n"], {"ok": 1, "unreachable": 1})
    assert refused["kind"] == "refused" and "--read-only" in refused["why"]
    assert masked["masked"] == ["command"] and b"geheim" not in (state / "audit.jsonl").read_bytes()
    shown = atp("audit", "-n", "2")
    assert "(command not kept: it may hold a secret)" in shown.stdout and len(shown.stdout.splitlines()) == 3
    assert atp("audit", "verify").returncode == 0

    log = state / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"gone"', b'"none"'))
    found = atp("audit", "verify", "--json")
    assert (found.returncode, json.loads(found.stdout)["line"]) == (1, 3)
    assert f"{log}, line 3: does not follow what number 2 says now" in atp("audit", "verify").stdout


def test_nothing_runs_where_it_cannot_be_recorded(tmp_path: Path, sshd: PrivateSshd, state: Path) -> None:
    config = written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd)))
    state.mkdir(parents=True)
    (state / "audit.jsonl").symlink_to("/dev/full")
    file = tmp_path / "made"
    done = atp("run", "-w", "web1", "--config", config, f"touch {file}")
    assert done.returncode == 2 and "not done, since it cannot be recorded" in done.stderr
    assert not file.exists()
    off = saying('audit = "off"', tmp_path / "off.toml", host_table("web1", None, ssh_table(sshd)))
    assert atp("run", "-w", "web1", "--config", off, f"touch {file}").returncode == 0
    assert file.exists()


def test_a_wrong_setting_is_told_with_what_would_be_right(tmp_path: Path, sshd: PrivateSshd) -> None:
    for wrong, shown in (('"of"', "of"), ("false", "false")):
        config = saying(f"audit = {wrong}", tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd)))
        done = atp("run", "-w", "web1", "--config", config, "true")
        assert done.returncode == 2 and 'write "on", "off", or "syslog"' in done.stderr and shown in done.stderr


def test_an_import_is_on_record(tmp_path: Path) -> None:
    config = written(tmp_path / "hosts.toml", host_table("web1", "test:///default", None))
    names = tmp_path / "names"
    names.write_text("db[1-2]")
    assert atp("hosts", "import", "list", str(names), "--yes", "--config", config).returncode == 0
    _, asked, ended = json.loads(atp("audit", "--json").stdout)["records"]
    assert (asked["act"], asked["arguments"]) == ("import", {"source": "list", "hosts": "db1 db2"})
    assert (ended["of"], ended["outcome"]) == (asked["n"], "done")
    assert atp("hosts", "import", "list", str(names), "--dry-run", "--config", config).returncode == 0
    assert len(json.loads(atp("audit", "--json").stdout)["records"]) == 3
