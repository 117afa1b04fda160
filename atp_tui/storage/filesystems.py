"""Which file system a path is on: a write-ahead log needs memory that all of its writers share, so one machine.

The kernel is asked by statfs(2), which Python has no call for. The list of mounts (proc(5), mountinfo) would name the
type in words, but it leaves out what holds the root directory of a chroot.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from pathlib import Path

OF_ONE_MACHINE = {
    0xCA451A4E: "bcachefs",
    0x9123683E: "btrfs",
    0x2011BAB0: "exfat",
    0xEF53: "ext4",  # and ext2 and ext3
    0xF2F52010: "f2fs",
    0x3153464A: "jfs",
    0x3434: "nilfs2",
    0x794C7630: "overlay",
    0x858458F6: "ramfs",
    0x52654973: "reiserfs",
    0x01021994: "tmpfs",
    0x24051905: "ubifs",
    0x4D44: "vfat",
    0x58465342: "xfs",
    0x2FC12FC1: "zfs",
}
"""Names of the file systems of one machine by statfs's f_type: statfs(2), linux/magic.h, and the file systems' own."""

SHARED = {
    0x00C36400: "ceph",
    0xFF534D42: "cifs",
    0x65735546: "fuse",
    0x47504653: "gpfs",
    0x0BD00BD0: "lustre",
    0x6969: "nfs",
    0xFE534D42: "smb2",
    0x01021997: "9p",
}
"""Names of some to which other machines may write."""

_LONGEST_ANSWER = 512
"""Bytes, more than any system's struct statfs has (120 on x86-64)."""


def is_of_one_machine(path: Path) -> bool:
    """Whether only this machine writes to a path's file system. Raises OSError.

    An unknown type may be shared, and so may any where the system is not Linux.
    """
    return type_of(path) in OF_ONE_MACHINE


def kind_of(path: Path) -> str:
    """The name of a path's file system, or the number of an unknown one; "" where that is not known. Raises OSError."""
    number = type_of(path)
    return "" if number is None else (OF_ONE_MACHINE | SHARED).get(number, f"{number:#x}")


def type_of(path: Path) -> int | None:
    """The f_type of a path's file system, None where the system is not Linux. Raises OSError.

    It is the first field of struct statfs, as wide as a machine word but on s390x.
    """
    if sys.platform != "linux":
        return None
    statfs = getattr(ctypes.CDLL(None, use_errno=True), "statfs", None)
    if statfs is None:
        return None
    answer = ctypes.create_string_buffer(_LONGEST_ANSWER)
    while statfs(os.fsencode(path), answer) != 0:
        if (number := ctypes.get_errno()) != errno.EINTR:
            raise OSError(number, os.strerror(number), str(path))
    word = ctypes.c_uint if platform.machine() == "s390x" else ctypes.c_long
    return word.from_buffer(answer).value & 0xFFFFFFFF
