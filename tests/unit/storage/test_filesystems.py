"""The file system of a path, as statfs tells it: by its answers for this machine's own, against stat(1)'s."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from atp_tui.storage.filesystems import OF_ONE_MACHINE, is_of_one_machine, type_of

SHARED = {
    "nfs": 0x6969,
    "cifs": 0xFF534D42,
    "smb2": 0xFE534D42,
    "fuse": 0x65735546,  # sshfs and others
    "lustre": 0x0BD00BD0,
    "ceph": 0x00C36400,
    "9p": 0x01021997,
    "gfs2": 0x01161970,
    "ocfs2": 0x7461636F,
    "afs": 0x5346414F,
}
"""Types that several machines write to: statfs(2) and linux/magic.h."""


@pytest.mark.parametrize("path", ["/", "/proc", "/dev/shm", "/tmp", "/sys"])
def test_the_type_is_the_one_that_stat_tells(path: str) -> None:
    told = subprocess.run(["stat", "-f", "-c", "%t", path], check=True, capture_output=True, text=True, timeout=60)
    assert type_of(Path(path)) == int(told.stdout, 16)


def test_memory_is_of_one_machine_and_proc_is_no_place_for_files() -> None:
    assert is_of_one_machine(Path("/dev/shm"))
    assert not is_of_one_machine(Path("/proc"))


@pytest.mark.parametrize("kind", SHARED)
def test_what_other_machines_may_write_to_is_not_of_one_machine(kind: str) -> None:
    assert SHARED[kind] not in OF_ONE_MACHINE


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        is_of_one_machine(tmp_path / "gone")
