"""Disks that are full, read-only, or not ours: real ones, in a mount namespace of their own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ...daemons.mounts import own_mounts
from .processes import run


def test_a_full_disk_is_told_once_and_memory_goes_on_until_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    filled = f'mount -t tmpfs -o size=4m none "{tmp_path}" && head -c 3m /dev/zero > "{tmp_path}/filler"'
    lines = run("fill", path, within=own_mounts(filled))
    assert lines == [
        f"told: {path} cannot be used (the disk is full): from now on records are kept in memory only",
        "jobs: later first",
        f"told: {path} can be written again: the records kept in memory are there now",
        "jobs: later first",
    ]


def test_a_full_disk_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    full = f'mount -t tmpfs -o size=64k none "{tmp_path}" && ! head -c 1m /dev/zero > "{tmp_path}/filler" 2> /dev/null'
    lines = run("write", path, "a", 3, within=own_mounts(full))
    assert len(lines) == 2
    assert lines[0].startswith(f"told: {path} cannot be used (")
    assert lines[1] == "jobs: 3"


def test_a_read_only_disk(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    lines = run("write", path, "a", 3, within=own_mounts(f'mount -t tmpfs -o ro none "{tmp_path}"'))
    assert lines == [
        f"told: {path} cannot be used (read-only file system): from now on records are kept in memory only",
        "jobs: 3",
    ]


def test_a_disk_that_has_become_read_only(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    assert run("write", path, "a", 3) == ["jobs: 3"]
    bind = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,ro,bind "{tmp_path}"'
    lines = run("write", path, "b", 2, within=own_mounts(bind))
    assert lines == [
        f"told: {path} cannot be used (read-only file system): from now on records are kept in memory only",
        "jobs: 2",
    ]
    assert run("write", path, "c", 1) == ["jobs: 4"]


def test_a_directory_of_another_user() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        path = Path(base, "jobs.sqlite3")
        os.chmod(base, 0o555)
        ordinary = ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--ambient-caps=-all")
        other = ("--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
        lines = run("write", path, "a", 3, within=[*ordinary, *other])
        assert lines == [
            f"told: {path} cannot be used (permission denied): from now on records are kept in memory only",
            "jobs: 3",
        ]
        assert os.listdir(base) == []
