"""Which file system a path is on: a write-ahead log needs memory that all of its writers share, so one machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LOCAL = frozenset(
    {"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "overlay", "ramfs", "rootfs"}
    | {"reiserfs", "tmpfs", "ubifs", "vfat", "xfs", "zfs"}
)

_ESCAPE = re.compile(r"\\([0-7]{3})")


def kind_of(path: Path) -> str | None:
    """The type of the file system of a path ("ext4", "nfs4"); None where it cannot be told. Touches the path."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return kind_among(mounts, os.path.realpath(path))


def kind_among(mounts: str, path: str) -> str | None:
    """The type of the file system that a real path is on, by the text of mountinfo (proc(5)). The last mount counts."""
    best, kind = -1, None
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
        holds = path == point or path.startswith(point.rstrip("/") + "/")
        if holds and len(point) >= best:
            best, kind = len(point), after.split(" ", 1)[0]
    return kind


def is_of_one_machine(kind: str | None) -> bool:
    """Whether only this machine writes to a file system of this type. An unknown type may be shared."""
    return kind in _LOCAL
