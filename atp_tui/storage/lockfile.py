"""A lock that is a file, for file systems whose own locks cannot be trusted between machines."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAUSE = 0.01
_LONGEST = 4096


class Held(OSError):
    """Another program has the lock."""

    def __init__(self, path: Path, holder: dict[str, object]) -> None:
        by = f" by process {holder['pid']} on {holder.get('host')}" if "pid" in holder else ""
        super().__init__(f"it is locked{by}; delete {path} if no atp_tui runs there")


class LockFile:
    """Made at the beginning of each transaction (O_EXCL is atomic on NFS as well) and removed at its end.

    `patience` is in seconds. What a process of this machine left behind when it was killed is removed; what one of
    another machine left stays, for nobody here can tell whether it still runs.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises Held where another program keeps it for longer than `patience`, OSError."""
        text = json.dumps(_identity(os.getpid()))
        self._acquire(text)
        try:
            yield
        finally:
            if self._read() == text:
                with suppress(OSError):
                    self._path.unlink()

    def _acquire(self, text: str) -> None:
        end = time.monotonic() + self._patience
        while not self._made(text):
            there = self._read()
            if there is not None and _has_ended(there):
                self._remove(there)
            elif time.monotonic() > end:
                raise Held(self._path, _holder(there or ""))
            else:
                time.sleep(_PAUSE)

    def _made(self, text: str) -> bool:
        """Whether the file could be made. One that stays empty, since its maker died at once, is nobody's."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(descriptor, text.encode())
        except OSError:
            self._path.unlink()
            raise
        finally:
            os.close(descriptor)
        return True

    def _read(self) -> str | None:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read(_LONGEST)
        except FileNotFoundError:
            return None

    def _remove(self, text: str) -> None:
        """Remove what an ended process left. Those who may do so are on this machine: flock among them is enough."""
        name = f"atp-tui-locks-{os.getuid()}"
        guard = os.open(Path(tempfile.gettempdir(), name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if self._read() == text:
                self._path.unlink()
        finally:
            os.close(guard)


def _identity(pid: int) -> dict[str, object]:
    """A process, so that no other one is taken for it: not another machine's, and none that got its number later."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    return {"host": socket.gethostname(), "boot": boot, "space": _space(), "pid": pid, "start": _start_of(pid)}


def _space() -> int:
    """The number of the namespace of process ids: containers of one machine may share a home, not their processes."""
    return os.stat("/proc/self/ns/pid").st_ino


def _start_of(pid: int) -> str | None:
    """When a process started, in ticks since the machine did; None for one that has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


def _has_ended(text: str) -> bool:
    """Whether the process that wrote this was one of this machine, and is no more."""
    holder = _holder(text)
    pid = holder.get("pid")
    if not isinstance(pid, int):
        return False
    now = _identity(pid)
    same_place = all(holder.get(key) == now[key] for key in ("boot", "space"))
    return same_place and holder.get("start") != now["start"]


def _holder(text: str) -> dict[str, object]:
    try:
        holder = json.loads(text)
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}
