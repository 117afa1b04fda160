"""The file system of a path, by what the kernel says of its mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.storage.filesystems import is_of_one_machine, kind_among, kind_of

MOUNTS = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:30 / /home rw - nfs4 filer:/home rw
31 30 0:31 / /home/me/with\040blank rw master:1 shared:2 - fuse.sshfs far:/ rw
32 22 0:32 / /home2 rw - xfs /dev/vdb rw
33 30 0:33 / /home/over rw - lustre a rw
34 30 0:34 / /home/over rw - tmpfs none rw
nonsense - of
"""


@pytest.mark.parametrize(
    ("path", "kind", "alone"),
    [
        ("/", "ext4", True),
        ("/var/x", "ext4", True),
        ("/home", "nfs4", False),
        ("/home/me", "nfs4", False),
        ("/home/me/with blank/x", "fuse.sshfs", False),
        ("/home2/me", "xfs", True),
        ("/home/over/x", "tmpfs", True),
        ("relative", None, False),
    ],
)
def test_the_mount_that_holds_a_path(path: str, kind: str | None, alone: bool) -> None:
    assert kind_among(MOUNTS, path) == kind
    assert is_of_one_machine(kind) == alone


def test_this_machine_has_an_answer() -> None:
    assert kind_of(Path("/proc/self")) == "proc"
    assert kind_of(Path("/dev/shm")) == "tmpfs"
