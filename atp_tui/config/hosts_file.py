"""A hosts.toml that is edited: read anew each time, checked, replaced in one step, with the versions before it kept.

All of this blocks, for the disk and for a tenth of a second of computing at a thousand hosts: it is to run beside the
event loop.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..model.errors import ConfigError, ConfigErrors
from ..model.quoting import quoted
from .difference import in_short, unified
from .document import Document, edited, read
from .edits import Edit
from .files import LARGEST
from .fleet import FleetConfig
from .form import FormField, empty_fields, fields_of
from .load import decode, parse, parse_again
from .replace import replace_file
from .undo import Step, Steps, Versions, is_version

ATTEMPTS = 5
"""How often an edit begins anew where the file is changed meanwhile."""

PATIENCE = 5.0
"""Seconds that another program of ours may hold the file."""

_MARK = "\ufeff"
_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """What an edit has made of a file, or would make.

    `config` is what the file says now, `touched` the ids of the hosts that are new, gone or changed by it. `what` was
    done in words; `note` is what went wrong beside that, if anything did.
    """

    path: Path
    before: str
    after: str
    config: FleetConfig
    touched: tuple[str, ...]
    what: str
    note: str = ""

    @property
    def difference(self) -> str:
        """As `diff -u` has it."""
        return unified(self.before, self.after, self.path.name)


class _ChangedMeanwhile(Exception):
    """Somebody else has written the file."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was read."""

    data: bytes | None
    document: Document
    config: FleetConfig


class HostsFile:
    """One hosts.toml, which need not be there yet. `versions` None: none are kept, and nothing can be undone.

    `has_hosts`: some were read from it. Where it is gone or empty then, it is not begun anew: a host that is added
    would be all that it has, and whoever follows the file would let all others go.

    Its methods raise ConfigError: where the file is not right as it is, where an edit is refused, where the file cannot
    be read or written. It is then as it was. They are to be called one after the other.
    """

    def __init__(
        self,
        path: Path,
        versions: Versions | None = None,
        now: Callable[[], datetime] = datetime.now,
        *,
        has_hosts: bool = False,
    ) -> None:
        self.path = path
        self._versions = versions
        self._now = now
        self._has_hosts = has_hosts
        self._read: _Read | None = None

    def known(self) -> FleetConfig:
        """What the file says now."""
        return self._current().config

    def fields(self, host_ids: Sequence[str]) -> tuple[tuple[FormField, ...], ...]:
        """What may be filled in of each of these hosts, or of a new one where the id is "". Raises ConfigError for one
        not there."""
        document = self._current().document
        there = {str(table.get("id")): table for table in reversed(document.hosts)}
        found = []
        for host_id in host_ids:
            if host_id and host_id not in there:
                hint = "somebody took it out"
                raise ConfigError(f"there is no host {quoted(host_id)}", key="id", file=self.path, hint=hint)
            found.append(fields_of(document.tables, there[host_id]) if host_id else empty_fields(document.tables))
        return tuple(found)

    def line_of(self, host_id: str) -> int | None:
        """The line of a host, from 1; where the file is wrong, that of the first mistake. None: it is not known."""
        try:
            document = self._current().document
        except ConfigErrors as errors:
            return errors.errors[0].line
        for number, table in enumerate(document.hosts):
            if table.get("id") == host_id:
                start, _ = document.layout.region(number)
                header = None if document.layout.array is not None else _HEADER.search(document.text, start)
                return document.text.count("\n", 0, header.end() if header is not None else start) + 1
        return None

    def look(self, edits: Sequence[Edit], what: str = "") -> Written:
        """What `edit` would do; nothing is written."""
        return self._edited(self._current(), edits, what)[0]

    def edit(self, edits: Sequence[Edit], what: str) -> Written:
        """Write the file with these edits, on whatever is in it now."""
        with self._held():
            for _ in range(ATTEMPTS):
                found = self._current()
                written, after = self._edited(found, edits, what)
                if written.before == written.after:
                    return written
                try:
                    return self._write(found, after, written)
                except _ChangedMeanwhile:
                    continue
        hint = "another program writes it again and again: end it, and try once more"
        raise ConfigError(f"was changed {ATTEMPTS} times while it was edited", file=self.path, hint=hint)

    def undo(self, *, dry: bool = False) -> Written:
        """Take the last edit back. Refused where the file was changed since by somebody else. `dry`: only look."""
        return self._step(-1, dry)

    def redo(self, *, dry: bool = False) -> Written:
        """Do again what was taken back last. Refused as `undo` is."""
        return self._step(1, dry)

    def _step(self, by: int, dry: bool) -> Written:
        with self._held():
            steps = self._steps()
            step = steps.last if by < 0 else steps.next
            if step is None or self._versions is None:
                what = "undo" if by < 0 else "do again"
                hint = (
                    "" if self._versions is not None else "versions are kept in the home directory, and there is none"
                )
                raise ConfigError(f"there is no edit to {what}", file=self.path, hint=hint or None)
            was, wanted = (step.after, step.before) if by < 0 else (step.before, step.after)
            found = self._bytes()
            data = found or b""
            known, target = self._version(was), self._version(wanted)
            self._require_unchanged(step, was, known, data)
            if target is None:
                raise ConfigError("the version to go back to is gone", file=self.versions_folder / wanted)
            written = self._stepped(data, target, f"{'undone' if by < 0 else 'done again'}: {step.what}")
            if dry:
                return written
            try:
                self._put(found, target)
            except _ChangedMeanwhile:
                raise ConfigError(
                    "was changed by somebody else this moment; nothing was written", file=self.path
                ) from None
            self._has_hosts = _has_hosts(written.config)
            return self._noted(written, steps.moved(by))

    @property
    def versions_folder(self) -> Path:
        """Where the versions are."""
        return self._versions.folder if self._versions is not None else Path()

    def _require_unchanged(self, step: Step, was: str, known: bytes | None, data: bytes) -> None:
        if is_version(was, data):
            return
        shown = "" if known is None else f": {in_short(decode(known, self.path), data.decode('utf-8', 'replace'))}"
        raise ConfigError(
            f"was changed by somebody else since {step.what!r}, so nothing was written{shown}",
            file=self.path,
            hint=f"edit it by hand; the versions are in {self.versions_folder}",
        )

    def _stepped(self, data: bytes, target: bytes, what: str) -> Written:
        after = decode(target, self.path)
        config = parse(after, self.path)
        before = decode(data, self.path)
        hosts = {host.id: host for host in config.hosts}
        old = {host.id: host for host in self._config_of(before).hosts}
        touched = [host for host in {**old, **hosts} if old.get(host) != hosts.get(host)]
        return Written(self.path, before, after, config, tuple(touched), what)

    def _config_of(self, text: str) -> FleetConfig:
        try:
            return parse(text, self.path)
        except ConfigError:  # it is left behind
            return FleetConfig(self.path)

    def _version(self, name: str) -> bytes | None:
        try:
            return None if self._versions is None else self._versions.data(name)
        except OSError as error:
            file = self.versions_folder / name
            raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error

    def _steps(self) -> Steps:
        try:
            return self._versions.steps() if self._versions is not None else Steps()
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror or error}", file=self.versions_folder) from error

    def _current(self) -> _Read:
        """The file as it is now; what was found out of the same bytes before counts."""
        data = self._bytes()
        if self._has_hosts and not data:
            what = "has gone" if data is None else "is empty now"
            raise ConfigError(what, file=self.path, hint="put it back first: nothing was written")
        if self._read is None or self._read.data != data:
            text = "" if data is None else decode(data, self.path)
            config = parse(text, self.path)
            self._read = _Read(data, read(text, self.path), config)
        self._has_hosts = _has_hosts(self._read.config)
        return self._read

    def _bytes(self) -> bytes | None:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                hint = "name the file itself with --config"
                raise ConfigError("is no regular file, so its hosts cannot be edited", file=self.path, hint=hint)
            data = self.path.read_bytes()
        except FileNotFoundError:
            if self.path.is_symlink():
                hint = "remove the link, or make the file that it names"
                raise ConfigError("is a link to a file that is not there", file=self.path, hint=hint) from None
            return None
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror or error}", file=self.path) from error
        if len(data) > LARGEST:
            raise ConfigError(f"has more than {LARGEST >> 20} MiB", file=self.path)
        return data

    def _edited(self, found: _Read, edits: Sequence[Edit], what: str) -> tuple[Written, _Read]:
        result = edited(found.document, edits, self.path)
        text = result.document.text
        config = parse_again(result.document.tables, text, found.config, result.touched)
        mark = _MARK if found.data is not None and found.data.startswith(_MARK.encode()) else ""
        data = (mark + text).encode()
        before = found.document.text
        return Written(self.path, before, text, config, result.touched, what), _Read(data, result.document, config)

    def _write(self, found: _Read, after: _Read, written: Written) -> Written:
        before, data = found.data or b"", after.data or b""
        steps, note = None, ""
        try:
            if self._versions is not None:
                steps = self._versions.keep(written.what, before, data, self._now())
        except OSError as error:
            note = _unkept(error)
        self._put(found.data, data)
        self._read, self._has_hosts = after, _has_hosts(written.config)
        if steps is not None:
            return self._noted(written, steps)
        note = note or "it cannot be undone: there is no home directory to keep versions in"
        return Written(written.path, written.before, written.after, written.config, written.touched, written.what, note)

    def _noted(self, written: Written, steps: Steps) -> Written:
        note = ""
        try:
            if self._versions is not None:
                self._versions.note(steps)
        except OSError as error:
            note = _unkept(error)
        return Written(written.path, written.before, written.after, written.config, written.touched, written.what, note)

    def _put(self, before: bytes | None, data: bytes) -> None:
        """Replace the file, unless it is another one than `before` by now."""

        def same() -> None:
            if before is not None and self._bytes() != before:
                raise _ChangedMeanwhile

        try:
            replace_file(self.path, data, new=before is None, check=same)
        except FileExistsError:
            raise _ChangedMeanwhile from None
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror or error}", file=self.path) from error

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other programs of ours from editing meanwhile: by a lock on the directory, which leaves no file."""
        try:
            folder = os.open(Path(os.path.realpath(self.path)).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            yield  # there is no directory yet, or it cannot be read: the comparison before the replacement is left
            return
        try:
            self._lock(folder)
            yield
        finally:
            os.close(folder)

    def _lock(self, folder: int) -> None:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > give_up:
                    hint = "end the other atp-tui that edits it"
                    raise ConfigError("is being edited by another program", file=self.path, hint=hint) from None
                time.sleep(0.02)
            except OSError:
                return  # a file system without such locks


def _has_hosts(config: FleetConfig) -> bool:
    return bool(config.hosts or config.disabled)


def _unkept(error: OSError) -> str:
    return f"it cannot be undone: the version before could not be kept ({error.strerror or error})"
