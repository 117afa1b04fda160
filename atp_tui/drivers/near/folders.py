"""Folders of this machine that are written into, each by its descriptor: no symlink in them leads out of them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from ...model.data_class import dataclass

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(eq=False, slots=True)
class NearFolder:
    """A folder that is open. `users` is kept by whoever uses it. All of it blocks on the disk, and raises OSError."""

    descriptor: int
    users: int = 1

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)

    def folder(self, name: bytes) -> NearFolder:
        """A folder in it, which is made where there is none."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
        return NearFolder(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.descriptor))

    def kind(self, name: bytes) -> int | None:
        """What there is under a name, as stat.S_IFMT gives it; None where there is nothing."""
        try:
            return stat.S_IFMT(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return None

    def part(self, name: bytes, *, goes_on: bool) -> tuple[int, int]:
        """A descriptor of a file that is being written, and its size: 0, but where it `goes_on`."""
        if goes_on:
            with contextlib.suppress(FileNotFoundError):
                flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
                descriptor = os.open(name, flags, dir_fd=self.descriptor)
                status = os.fstat(descriptor)
                if stat.S_ISREG(status.st_mode):
                    return descriptor, status.st_size
                os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)
        return os.open(name, _NEW, 0o600, dir_fd=self.descriptor), 0

    def place(self, part: bytes, name: bytes, *, replace: bool) -> None:
        """Give a part its name, in one step. Raises FileExistsError where it may replace nothing."""
        if replace:
            os.rename(part, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            return
        try:
            os.link(part, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor, follow_symlinks=False)
        except OSError as error:  # a file system without hard links
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS) or self.kind(name) is not None:
                raise
            os.rename(part, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            return
        os.unlink(part, dir_fd=self.descriptor)

    def link(self, name: bytes, target: bytes, *, replace: bool) -> None:
        """Make a symlink."""
        with contextlib.suppress(FileNotFoundError):
            there = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            if replace and not stat.S_ISDIR(there.st_mode):
                os.unlink(name, dir_fd=self.descriptor)
        os.symlink(target, name, dir_fd=self.descriptor)

    def forget(self, part: bytes) -> None:
        """Take a part away."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=self.descriptor)


def opened(path: bytes) -> NearFolder:
    """A folder that a person has named, with those above it, made for its owner alone where it is not there."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    return NearFolder(os.open(path, _FOLDER))
