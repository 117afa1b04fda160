"""What known_hosts files say of a host, read off the event loop and kept as long as the files stay as they are."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ...model.data_class import dataclass
from ..aside import off_loop
from ..readable import readable
from .known_hosts import KnownHosts, Marker
from .revoked_keys import RevokedKeys, read_revoked_keys

AT_ONCE = 64
"""Hashes that are made on the event loop: 0.1 ms. A thread costs as much."""

_BREATH = 0.00002
"""Seconds; with the kernel's slack they become 0.1 ms."""

_log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FiledKey:
    """A key that a file has for a host; `place` is the file and the line."""

    marker: Marker
    blob: bytes
    place: str


@dataclass(frozen=True, slots=True)
class FiledKeys:
    """All that the files say of one host.

    `exact` is filed under its name and port, `portless` under its name alone where the port is not 22. `unreadable`
    are the files that could not be read, each with the reason.
    """

    exact: tuple[FiledKey, ...] = ()
    portless: tuple[FiledKey, ...] = ()
    unreadable: tuple[str, ...] = ()


class KeyFiles:
    """The known_hosts files, and those of revoked keys, of all hosts."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Stamp, KnownHosts]] = {}
        self._revoked: dict[Path, tuple[_Stamp, RevokedKeys]] = {}
        self._lock = threading.Lock()

    async def look_up(self, files: Sequence[Path], exact: str, portless: str | None) -> FiledKeys:
        """As `read`, without holding up the event loop."""
        names = (exact, *([portless] if portless else []))
        if self._lock.acquire(blocking=False):
            try:
                if self._comes_at_once(files, names):
                    return self._answer(files, exact, portless, (), breathe)
            finally:
                self._lock.release()
        return await off_loop("known-hosts", lambda: self.read(files, exact, portless, breathe=breathe))

    def read(
        self, files: Sequence[Path], exact: str, portless: str | None, breathe: Callable[[], object] = lambda: None
    ) -> FiledKeys:
        """What the files say. A file that is not there says nothing; one that cannot be read is named in the answer."""
        unreadable = []
        for file in files:
            try:
                self._load(file, breathe)
            except OSError as error:
                unreadable.append(f"{file}: {error.strerror or error}")
        with self._lock:
            return self._answer(files, exact, portless, tuple(unreadable), breathe)

    def revoked(self, file: Path) -> RevokedKeys:
        """What a file of revoked keys says. Raises OSError, and ValueError for one that is not understood."""
        stamp = _stamp(file)
        held = self._revoked.get(file)
        if held is None or held[0] != stamp:
            held = self._revoked[file] = (stamp, read_revoked_keys(file.read_bytes()))
        return held[1]

    def _comes_at_once(self, files: Sequence[Path], names: Sequence[str]) -> bool:
        cost = 0
        for file in files:
            held = self._known.get(file)
            try:
                if held is None or held[0] != _stamp(file):
                    return False
            except (FileNotFoundError, NotADirectoryError):
                self._known.pop(file, None)
                continue
            except OSError:
                return False
            cost += sum(held[1].cost(name) for name in names)
        return cost <= AT_ONCE

    def _load(self, file: Path, breathe: Callable[[], object]) -> None:
        try:
            stamp = _stamp(file)
        except (FileNotFoundError, NotADirectoryError):
            self._known.pop(file, None)
            return
        except OSError:
            self._known.pop(file, None)
            raise
        held = self._known.get(file)
        if held is not None and held[0] == stamp:
            return
        try:
            data = file.read_bytes()
        except OSError:
            self._known.pop(file, None)
            raise
        with self._lock:  # an earlier reading hands its answers on
            held = self._known.get(file)
            if held is None or held[0] != stamp:
                before = None if held is None else (held[1], len(held[1].odd))
                known = KnownHosts(data, None if before is None else before[0], breathe)
                self._known[file] = (stamp, known)
                if known.odd and (before is None or len(known.odd) != before[1]):
                    _log.warning("%s", passed_over(file, known))

    def odd_lines(self, file: Path) -> str:
        """What is told of a file's lines that are passed over; empty where there are none, or it cannot be read."""
        with contextlib.suppress(OSError):
            self._load(file, breathe)
        held = self._known.get(file)
        return passed_over(file, held[1]) if held is not None and held[1].odd else ""

    def _answer(
        self,
        files: Sequence[Path],
        exact: str,
        portless: str | None,
        unreadable: tuple[str, ...],
        breathe: Callable[[], object],
    ) -> FiledKeys:
        def found(name: str | None) -> tuple[FiledKey, ...]:
            held = [(file, self._known.get(file)) for file in dict.fromkeys(files)]
            return tuple(
                FiledKey(entry.marker, entry.blob, f"{file}:{entry.number}")
                for file, known in held
                if known is not None and name is not None
                for entry in known[1].find(name, breathe)
            )

        return FiledKeys(found(exact), found(portless), unreadable)


def passed_over(file: Path, known: KnownHosts) -> str:
    """For a person: which lines of a file are passed over."""
    first, more = known.odd[0], len(known.odd) - 1
    others = f" and {more:,} more" if more else ""
    return f"{file} line {first}{others}: not understood, and passed over, as ssh does"


def breathe() -> None:
    """Let the event loop have the interpreter: a thread that computes holds it for 5 ms at a time."""
    if threading.current_thread() is not threading.main_thread():
        time.sleep(_BREATH)


def _stamp(file: Path) -> _Stamp:
    """With the inode's own time of change, which no program can set back, as `rsync -t` sets back the other one."""
    status = readable(file)
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
