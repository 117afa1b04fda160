"""On which targets of a job a command may have begun: known after a kill, without a wait for any disk.

Each job that runs has a file with a byte for each of its targets, in a directory in memory (tmpfs): a byte is set
before its command is sent. The kernel has it then, so that a kill of this program takes nothing back, and no disk
holds anybody up. After the end of the machine, or of the login, the file has gone, and so has what it could prove. Its
owner holds a lock on it (flock(2)), which ends with the owner: a file without one is of a program that has ended.

What is not certain is left open: a target counts as one that may have begun wherever its byte cannot be written.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..model.data_class import dataclass
from ..model.target import TargetId

SET = b"\1"


def directory(environ: Mapping[str, str] = os.environ) -> Path | None:
    """A directory in memory that is this user's alone; None where there is none, and nothing can be proven."""
    for base, mine in ((environ.get("XDG_RUNTIME_DIR", ""), "atp-tui"), ("/dev/shm", f"atp-tui-{os.geteuid()}")):
        if not base or not os.path.isabs(base):
            continue
        found = Path(base, mine)
        with suppress(OSError):
            if is_in_memory(Path(base)):
                with suppress(FileExistsError):
                    found.mkdir(mode=0o700)
                status = found.lstat()
                if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077:
                    return found
    return None


def is_in_memory(path: Path) -> bool:
    """Whether a path is on a file system that is in memory, by the kernel's list of mounts. Raises OSError."""
    device = path.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            mount, _, kind = line.partition(" - ")
            if mount.split()[2] == wanted:
                return kind.split()[0] in ("tmpfs", "ramfs")
    return False


class _File:
    """One job's. `places` has the place of each target."""

    def __init__(self, path: Path, targets: Sequence[TargetId]) -> None:
        """Raises OSError."""
        self._path = path
        self._places = {target: place for place, target in enumerate(targets)}
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(self._descriptor, 0, max(1, len(targets)))  # its room is there from now on
        except OSError:
            self.drop()
            raise

    def set(self, target: TargetId) -> None:
        """The work may begin on that target from now on."""
        if (place := self._places.get(target)) is None:
            return
        try:
            os.pwrite(self._descriptor, SET, place)
        except OSError:
            self.drop()  # without a file all of them may have begun

    def drop(self) -> None:
        """It proves nothing any more."""
        if self._descriptor < 0:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        with suppress(OSError):
            self._path.unlink()
        with suppress(OSError):
            os.close(self._descriptor)
        self._places, self._descriptor = {}, -1


class BegunFiles:
    """Those of the jobs of one log, which is known by the path of its file."""

    def __init__(self, log: Path, folder: Path | None) -> None:
        self._folder = folder
        self._prefix = f"{hashlib.sha256(os.fsencode(os.path.realpath(log))).hexdigest()[:16]}-"
        self._files: dict[str, _File] = {}

    def begin(self, job: str, targets: Sequence[TargetId]) -> None:
        """A job was accepted: no work of it has begun yet."""
        if self._folder is None or not job.isalnum():
            return
        with suppress(OSError):
            self._files[job] = _File(self._folder / f"{self._prefix}{job}", targets)

    def set(self, job: str, target: TargetId) -> None:
        """The work of a job may begin on a target from now on."""
        if job in self._files:
            self._files[job].set(target)

    def end(self, job: str) -> None:
        """Each target of a job has ended, and its end is told."""
        if (file := self._files.pop(job, None)) is not None:
            file.drop()

    def left(self) -> tuple[Left, ...]:
        """The files of programs that have ended."""
        return tuple(self._left()) if self._folder is not None else ()

    def _left(self) -> Iterator[Left]:
        assert self._folder is not None
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(self._prefix) and (found := _read(Path(entry.path))) is not None:
                    yield Left(entry.name.removeprefix(self._prefix), Path(entry.path), *found)


@dataclass(frozen=True, slots=True)
class Left:
    """What a program that has ended says of a job: a byte for each target, 0 where no work had begun. `at` is the
    wall-clock moment of the last beginning."""

    job: str
    path: Path
    begun: bytes
    at: float

    def never_began(self, targets: Sequence[TargetId]) -> tuple[TargetId, ...]:
        """The targets of which that is certain."""
        if len(self.begun) != len(targets):
            return ()
        return tuple(target for target, byte in zip(targets, self.begun, strict=True) if byte == 0)


def _read(path: Path) -> tuple[bytes, float] | None:
    """What a file has whose owner has ended; None for another one."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode):
                return os.pread(descriptor, status.st_size, 0), status.st_mtime
        finally:
            os.close(descriptor)
    return None
