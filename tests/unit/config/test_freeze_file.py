"""The file of freezes: whatever is in it that cannot be understood holds everything back, and stays."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atp_tui.config.freeze_file import change_frozen, freeze_file, read_frozen
from atp_tui.model.errors import ConfigError
from atp_tui.model.freeze import Freeze, Frozen

ONE = Freeze("@prod", ("a", "b"), 2e9, "the release", "ada", 1e9)
MOMENTS = st.floats(-1e18, 1e18)
FREEZES = st.builds(Freeze, st.text(), st.lists(st.text()).map(tuple), MOMENTS, st.text(), st.text(), MOMENTS)


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.toml"
    path.write_text("")
    path.chmod(0o644)
    return path


def put(hosts: Path, *freezes: Freeze) -> None:
    change_frozen(freeze_file(hosts), hosts, lambda _: freezes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(FREEZES, min_size=1, max_size=3).map(tuple))
def test_what_is_written_is_read(hosts: Path, freezes: tuple[Freeze, ...]) -> None:
    put(hosts, *freezes)
    assert read_frozen(freeze_file(hosts)) == Frozen(freezes)


def test_it_stands_beside_what_a_link_points_to_with_the_mode_of_hosts_toml(hosts: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    link = tmp_path / "own" / "hosts.toml"
    link.symlink_to(hosts)
    assert freeze_file(link) == freeze_file(hosts) == tmp_path / "hosts.toml.freeze"
    put(link, ONE)
    assert stat.S_IMODE(freeze_file(hosts).stat().st_mode) == 0o644, "whoever may read the hosts may read the freeze"
    put(link)
    assert not freeze_file(hosts).exists() and read_frozen(freeze_file(hosts)) == Frozen()


def entry(**changes: Any) -> dict[str, Any]:
    whole = {"set": "@all", "hosts": [], "until": 2e9, "reason": "x", "who": "ada", "since": 1e9}
    return {"version": 1, "freezes": [{**whole, **changes}]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no list of freezes"),
        ("{", "is no list of freezes"),
        ("[]", "is no list of freezes"),
        ("{}", "is no list of freezes"),
        ('{"version": 2, "freezes": []}', "was written by a newer program"),
        ('{"version": true, "freezes": []}', "is no list of freezes"),
        ('{"version": 1}', "is no list of freezes"),
        (json.dumps(entry(until="soon")), "not written as this program writes it"),
        (json.dumps(entry(until=True)), "not written as this program writes it"),
        (json.dumps(entry(until=float("nan"))), "not written as this program writes it"),
        (json.dumps(entry(until=10**400)), "not written as this program writes it"),
        (json.dumps(entry(hosts="a")), "not written as this program writes it"),
        (json.dumps(entry(who=7)), "not written as this program writes it"),
        ("[" * 100_000, "is no list of freezes"),
    ],
)
def test_what_cannot_be_understood_is_unreadable_and_is_not_written_over(hosts: Path, text: str, why: str) -> None:
    file = freeze_file(hosts)
    file.write_text(text)
    found = read_frozen(file)
    assert not found.freezes and (why in found.unreadable or "recursion" in found.unreadable)
    with pytest.raises(ConfigError, match="mend it, or remove it"):
        put(hosts, ONE)
    assert file.read_text() == text


def test_a_pipe_a_folder_and_a_link_to_nothing_are_unreadable_at_once(hosts: Path) -> None:
    file = freeze_file(hosts)
    os.mkfifo(file)
    assert "no regular file" in read_frozen(file).unreadable
    file.unlink()
    file.mkdir()
    assert read_frozen(file).unreadable
    file.rmdir()
    file.symlink_to("nowhere")
    assert "a link to nothing" in read_frozen(file).unreadable


def test_a_folder_that_cannot_be_written_to_is_told(hosts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("atp_tui.config.freeze_file.replace_file", full)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        put(hosts, ONE)
