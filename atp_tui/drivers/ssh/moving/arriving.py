"""What becomes of a near file that a host's is written to. All of it blocks on the disk, and raises OSError."""

from __future__ import annotations

import os
import stat

from ....model.moving import MoveRules
from ...near.folders import NearFolder
from ..sftp.wire import Attrs

REPLACED = (stat.S_IFREG, stat.S_IFLNK)
"""What a file that comes may take the place of."""


def mode_of(attrs: Attrs, *, preserve: bool) -> int:
    """The mode of a near file: none that a host could set to run as another user."""
    mode = stat.S_IMODE(attrs.mode if attrs.mode is not None else 0o600)
    return mode & 0o777 if preserve else mode & 0o755


def begun(folder: NearFolder, name: bytes, part: bytes, rules: MoveRules) -> tuple[int | None, int, int]:
    """What is there under the name, and a file to write to with what is in it: -1 where it may not be replaced."""
    there = folder.kind(name)
    if there is not None and (there not in REPLACED or not rules.replace):
        return there, -1, 0
    return (there, *folder.part(part, goes_on=rules.resume))


def write(descriptor: int, data: bytes, at: int) -> None:
    """Write all of it."""
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written


def finish(descriptor: int, size: int, mode: int, times: tuple[int, int] | None, *, sync: bool) -> None:
    """Give a file that is written its size, mode and times; `sync`: have it on the disk."""
    os.ftruncate(descriptor, size)
    os.fchmod(descriptor, mode)
    if times is not None:
        os.utime(descriptor, times)
    if sync:
        os.fsync(descriptor)


def made_like(descriptor: int, attrs: Attrs) -> None:
    """Give a folder the mode and times of a far one; its owner can use it all the same."""
    if attrs.mode is not None:
        os.fchmod(descriptor, stat.S_IMODE(attrs.mode) & 0o777 | stat.S_IRWXU)
    if attrs.times is not None:
        os.utime(descriptor, attrs.times)
