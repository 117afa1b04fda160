"""`freeze` and `thaw` by real processes, and what every verb does meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons

WHEN = (datetime.now(UTC) + timedelta(hours=5)).isoformat(timespec="minutes")


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    tables = [host_table(name, None, ssh_table(sshd), tags) for name, tags in (("web1", ("prod",)), ("web2", ()))]
    return written(tmp_path / "hosts.toml", *tables)


def test_a_frozen_fleet_is_not_changed_by_any_verb_until_it_is_thawed(config: str, tmp_path: Path) -> None:
    mark, names = tmp_path / "mark", tmp_path / "names"
    names.write_text("db1")
    before = Path(config).read_bytes()
    assert atp("freeze", "--config", config).stdout == "nothing is frozen\n"
    done = atp("freeze", "--config", config, "--until", WHEN, "--reason", "the release")
    assert done.returncode == 0 and "@all" in done.stdout and "the release" in done.stdout
    for words in (
        ("run", "--yes", "-w", "web1", "--config", config, f"touch {mark}"),
        ("run", "--dry-run", "-w", "web1", "--config", config, f"touch {mark}"),
        ("follow", "--yes", "-w", "web1", "--config", config, "--", f"touch {mark}"),
        ("push", "--yes", str(names), "-w", f"web1:{mark}", "--config", config),
        ("hosts", "tag", "web1", "+new", "--config", config),
        ("hosts", "import", "list", str(names), "--yes", "--config", config),
        ("trust-key", "-w", "web1", "--config", config, "SHA256:x"),
    ):
        done = atp(*words)
        assert done.returncode == 2 and "has frozen the whole fleet until" in done.stderr, words
        assert done.stderr.rstrip().endswith(": the release"), words
    assert atp("connect", "-w", "web1", "--config", config).returncode == 0, "to look changes nothing"
    assert not mark.exists() and Path(config).read_bytes() == before
    records = json.loads(atp("audit", "--json").stdout)["records"]
    assert [each["act"] for each in records if each["kind"] == "asked"] == ["freeze"]
    refused = [each["act"] for each in records if each["kind"] == "refused"]
    assert refused == ["run", "follow", "push", "tag-host", "import", "trust-key"], "and nothing of the dry run"
    assert atp("thaw", "--config", config).returncode == 0, "one's own freeze"
    assert atp("run", "-w", "web1", "--config", config, f"touch {mark}").returncode == 0 and mark.exists()


def test_a_frozen_set_holds_its_hosts_and_another_person_s_freeze_asks_before_it_ends(config: str) -> None:
    assert atp("freeze", "@prod", "--config", config, "--until", WHEN, "--reason", "the audit").returncode == 0
    held = atp("run", "-w", "@all", "--config", config, "true")
    assert held.returncode == 2 and "has frozen web1 until" in held.stderr and "(set @prod)" in held.stderr
    assert atp("run", "-w", "web2", "--config", config, "true").returncode == 0
    (found,) = json.loads(atp("freeze", "--json", "--config", config).stdout)["freezes"]
    assert (found["set"], found["hosts"], found["reason"]) == ("@prod", ["web1"], "the audit")
    file = Path(f"{config}.freeze")
    file.write_text(file.read_text().replace(found["who"], "ada"))
    refused = atp("thaw", "@prod", "--config", config)
    assert refused.returncode == 2 and "ada has frozen @prod on" in refused.stderr and "give --yes" in refused.stderr
    assert "thaw wants a person's word, and there is no terminal to ask at" in refused.stderr, "it is of no host"
    assert atp("thaw", "--config", config).returncode == 1, "the whole fleet is not frozen"
    assert atp("--read-only", "thaw", "@prod", "--yes", "--config", config).returncode == 2
    assert file.exists()
    assert atp("thaw", "@prod", "--yes", "--config", config).returncode == 0 and not file.exists()


def test_a_file_that_cannot_be_understood_holds_everything_and_words_are_checked_first(config: str) -> None:
    for words, why in (
        (("--until", WHEN), "--reason: is needed"),
        (("--reason", "x"), "--until: is needed"),
        (("--until", "tomorrow", "--reason", "x"), "write one such as 2026-12-02T06:00"),
        (("@nosuch", "--until", WHEN, "--reason", "x"), "nosuch"),
    ):
        done = atp("freeze", *words, "--config", config)
        assert done.returncode == 2 and why in done.stderr, words
    assert "nothing is recorded yet" in atp("audit").stderr
    Path(f"{config}.freeze").write_text("{")
    for act in (("run", "-w", "web2", "true"), ("hosts", "tag", "web1", "+x")):
        done = atp("--config", config, *act)
        assert done.returncode == 2 and "what is frozen cannot be read" in done.stderr
    assert atp("freeze", "--config", config).returncode == 1
    assert atp("thaw", "--config", config).returncode == 1
    assert Path(f"{config}.freeze").read_text() == "{"
