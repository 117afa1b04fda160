"""A lock that is a file: real processes hold it, and die with it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from atp_tui.config.paths import RUNTIME_PREFIX, runtime_base
from atp_tui.storage.lockfile import Held, LockFile

from .processes import line_of, running


def test_it_is_there_while_it_is_held_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with LockFile(path, 0.0).held():
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Held, match=f"locked by process .* delete {path}"), LockFile(path, 0.0).held():
            pass
        assert path.exists(), "who did not get it removed it"
    assert not path.exists()
    with pytest.raises(ZeroDivisionError), LockFile(path, 0.0).held():
        raise ZeroDivisionError
    assert not path.exists()


def test_at_the_end_nobody_elses_lock_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with LockFile(path, 0.0).held():
        path.write_text("of a program that was told to delete ours")
    assert path.exists()


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with running("lock", path) as process:
        assert line_of(process) == "held"
        with pytest.raises(Held, match=f"by process {process.pid} on"), LockFile(path, 0.1).held():
            pass
    assert path.exists()
    with LockFile(path, 0.0).held():
        assert json.loads(path.read_text())["pid"] != process.pid
    assert not path.exists()


@pytest.mark.parametrize("change", [{"boot": "of another machine"}, {"space": 1}, {"pid": "x"}])
def test_what_another_machine_or_container_left_stays(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "lock"
    with running("lock", path) as process:
        line_of(process)
    left = json.dumps(json.loads(path.read_text()) | change)
    path.write_text(left)
    with pytest.raises(Held), LockFile(path, 0.0).held():
        pass
    assert path.read_text() == left


def test_a_process_with_the_number_of_one_that_has_ended_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with running("lock", path) as process:
        line_of(process)
        path.write_text(json.dumps(json.loads(path.read_text()) | {"start": "1"}))
        with LockFile(path, 0.0).held():
            assert json.loads(path.read_text())["pid"] != process.pid


@pytest.mark.parametrize("text", ["", "[1]", "\x00\xff", '{"pid": 1}'])
def test_a_lock_that_names_nobody_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    path.write_text(text)
    with pytest.raises(Held, match="delete"), LockFile(path, 0.0).held():
        pass
    assert path.read_text() == text


def test_a_lock_is_removed_by_no_more_than_a_program_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with running("lock", path) as process:
        line_of(process)
    guard = runtime_base() / f"{RUNTIME_PREFIX}locks-{os.getuid()}"
    with open(guard, "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Held), LockFile(path, 0.0).held():
            pass
        assert path.exists()
    with LockFile(path, 0.0).held():
        pass
