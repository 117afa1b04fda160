"""The files of the audit: appended to under a lock, each record on the disk before `append` returns. Blocks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..config.paths import private_dir
from ..config.replace import replace_file
from ..model.data_class import dataclass
from .chain import FIRST, FULL, LONGEST, Fault, Head, Kind, check, hash_of, line_of, read, records

NAME = "audit.jsonl"

LARGEST = 16 << 20
"""Bytes from which on a file gets a name with its last number, and a new one begins."""

PATIENCE = 5.0
"""Seconds to wait for another program that is writing a record."""

_PAUSE = 0.005
_FIRST = "0" * 64
_ROTATED = re.compile(r"audit-(\d{12})\.jsonl")
_LAST = 1 << 16

Entry = tuple[Kind, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Verified:
    """So many `records` hold, from number `first` up to `head`. `file` and `fault`: the first line that does not hold.
    `beyond`: the head that the file beside says there must be, where it is another one."""

    records: int
    first: int | None
    head: Head | None
    file: Path | None = None
    fault: Fault | None = None
    beyond: Head | None = None

    @property
    def holds(self) -> bool:
        return self.fault is None and self.beyond is None


class AuditFile:
    """`folder` is where the files are: `audit.jsonl`, the older ones, `audit.head` and `audit.lock`, all 0600."""

    def __init__(self, folder: Path, patience: float = PATIENCE, largest: int = LARGEST) -> None:
        self.path = folder / NAME
        self._head = folder / "audit.head"
        self._lock = folder / "audit.lock"
        self._patience = patience
        self._largest = largest

    def append(self, entries: Sequence[Entry]) -> Head:
        """Add records; the number of each is one more than that of the one before. Gives the head.

        Raises OSError, TimeoutError among them where another program holds the lock, and for a record above LONGEST;
        nothing counts as written then.
        """
        private_dir(self.path.parent)
        with self._locked():
            handle = self._open()
            try:
                head = self._ready(handle)
                if os.fstat(handle).st_size >= self._largest:
                    handle, head = self._rotated(handle, head)
                written = b""
                for kind, fields in entries:
                    line, head = line_of(head, kind, {"at": _now(), **fields})
                    if len(line) > LONGEST:
                        raise OSError(errno.EFBIG, "the record of it is too long")
                    written += line
                _write(handle, written)
                os.fdatasync(handle)
            finally:
                os.close(handle)
            replace_file(self._head, _told(head), durable=False)  # what is behind is found in the file
        return head

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        end = time.monotonic() + self._patience
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise TimeoutError(errno.ETIMEDOUT, "another program holds it locked") from None
                    time.sleep(_PAUSE)
            yield
        finally:
            os.close(handle)

    def _open(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "it is no regular file")
        if stat.S_IMODE(status.st_mode) != 0o600 and status.st_uid == os.geteuid():
            os.fchmod(handle, 0o600)
        return handle

    # -- where the chain stands ----------------------------------------------------------------------------------

    def _ready(self, handle: int) -> Head:
        """The head, once the file ends with a whole line that it can follow."""
        said, size = self.head(), os.fstat(handle).st_size
        if size == 0:
            why = FIRST if said is None else "the file before is gone"
            return self._begin(handle, said, why)
        last, rest = _tail(handle, size)
        record = read(last) if last is not None else None
        if last is None or record is None or not isinstance(record.get("n"), int):
            return self._set_aside(handle, said)
        head = Head(str(record.get("file")), record["n"], hash_of(last))
        if rest:
            fields = {"at": _now(), "bytes": len(rest), "sha256": hash_of(rest)}
            line, head = line_of(head, Kind.TORN, fields)
            _write(handle, b"\n" + line)
        if said is not None and said.file == head.file and head.number < said.number:
            line, head = line_of(head, Kind.GAP, {"at": _now(), "lost": said.number, "hash": said.hash})
            _write(handle, line)
        return head

    def _begin(self, handle: int, before: Head | None, why: str) -> Head:
        named = None if before is None else {"file": before.file, "n": before.number}
        head = Head(secrets.token_hex(8), before.number if before else 0, before.hash if before else _FIRST)
        line, head = line_of(head, Kind.BEGAN, {"at": _now(), "before": named, "why": why})
        _write(handle, line)
        return head

    def _rotated(self, handle: int, head: Head) -> tuple[int, Head]:
        replace_file(self._head, _told(head))
        os.rename(self.path, self.path.with_name(f"audit-{head.number:012}.jsonl"))
        new = self._open()
        os.close(handle)
        return new, self._begin(new, head, FULL)

    def _set_aside(self, handle: int, said: Head | None) -> Head:
        """What is there is no audit: it is kept under another name. The handle is that of the new file then."""
        os.rename(self.path, self.path.with_name(f"audit-odd-{time.time_ns()}.jsonl"))
        new = self._open()
        os.dup2(new, handle, inheritable=False)
        os.close(new)
        return self._begin(handle, said, "the file before was none of this program's")

    def head(self) -> Head | None:
        """What the file beside says of the newest record; None where it says nothing that can be read."""
        try:
            found = json.loads(self._head.read_bytes()[:_LAST])
            return Head(str(found["file"]), int(found["n"]), str(found["hash"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    # -- reading -------------------------------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """All files, oldest first. Raises OSError."""
        folder = self.path.parent
        older = sorted(name for name in os.listdir(folder) if _ROTATED.fullmatch(name)) if folder.is_dir() else []
        return [*(folder / name for name in older), *([self.path] if self.path.exists() else [])]

    def records(self, files: Sequence[Path] | None = None) -> Iterator[dict[str, Any]]:
        """All records, oldest first; lines that are none are left out. Raises OSError."""
        for file in self.files() if files is None else files:
            yield from records(_lines(file))

    def verify(self) -> Verified:
        """Hold every line against the one before it, and the last one against the head. Raises OSError."""
        count, before, first = 0, None, None
        for file in self.files():
            found = check(_lines(file), before)
            if first is None and found.head is not None:
                first = found.head.number - found.count + 1
            count += found.count
            before = found.head or before
            if found.fault is not None:
                return Verified(count, first, before, file, found.fault)
        said = self.head()
        # the file may have more than the head says: a crash came between the two, and nothing is missing
        ahead = before is not None and said is not None and before.number > said.number
        return Verified(count, first, before, beyond=None if said == before or ahead else said)


def _lines(file: Path) -> Iterator[bytes]:
    with open(file, "rb") as opened:
        while line := opened.readline(LONGEST):
            yield line.removesuffix(b"\n")


def _tail(handle: int, size: int) -> tuple[bytes | None, bytes]:
    """The last line that has an end, None where there is none, and what stands behind it."""
    wanted = _LAST
    while True:
        data = os.pread(handle, min(size, wanted), max(0, size - wanted))
        whole, newline, rest = data.rpartition(b"\n")
        if newline and (b"\n" in whole or wanted >= size):
            return whole.rpartition(b"\n")[2], rest
        if wanted >= size or wanted > LONGEST:
            return None, rest
        wanted *= 4


def _write(handle: int, data: bytes) -> None:
    """All of it or an error: what a full disk has taken of it is cut off again."""
    size = os.fstat(handle).st_size
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)
        raise


def _told(head: Head) -> bytes:
    return (json.dumps({"file": head.file, "hash": head.hash, "n": head.number}) + "\n").encode()


def _now() -> str:
    """Of this moment, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
