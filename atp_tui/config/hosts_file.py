"""A hosts.toml that is edited: read anew each time, checked, replaced in one step, with the versions before it kept.

All of this blocks, for the disk and for a tenth of a second of computing at a thousand hosts: it is to run beside the
event loop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ..model.data_class import dataclass
from ..model.errors import ConfigError, ConfigErrors
from ..model.quoting import quoted
from .difference import in_short, unified
from .edits import Edit
from .fleet import FleetConfig
from .folder_lock import folder_held
from .form import FormField, empty_fields, fields_of, file_field
from .load import decode, parse
from .many_files import Files, bytes_of, files_after, is_now, read_again, read_files
from .replace import replace_file
from .undo import StepOfFile, Steps, Versions, is_version

ATTEMPTS = 5
"""How often an edit begins anew where the file is changed meanwhile."""

PATIENCE = 5.0
"""Seconds that another program of ours may hold the file."""

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileChange:
    """What an edit makes of the text of one file. `name` is how the file is shown."""

    path: Path
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Written:
    """What an edit has made of a file and of those that it includes, or would make: `changes`, as they are written.

    `config` is what they say now, `touched` the ids of the hosts that are new, gone or changed by it. `what` was done
    in words; `note` is what went wrong beside that, if anything did.
    """

    path: Path
    changes: tuple[FileChange, ...]
    config: FleetConfig
    touched: tuple[str, ...]
    what: str
    note: str = ""

    @property
    def difference(self) -> str:
        """As `diff -u` has it."""
        return "".join(unified(each.before, each.after, each.name) for each in self.changes)


class _ChangedMeanwhile(Exception):
    """Somebody else has written the file."""


_Replacement = tuple[Path, bytes | None, bytes]
"""A file, its bytes before (None: it is not there) and after."""


class HostsFile:
    """One hosts.toml, which need not be there yet, and the files that it includes. `versions` None: none are kept, and
    nothing can be undone.

    `before` is what was read of it, if it was. While a file that had hosts is gone or empty, nothing is edited: whoever
    follows the files would let all hosts go that it had.

    Its methods raise ConfigError: where a file is not right as it is, where an edit is refused, where a file cannot
    be read or written. They are then as they were. They are to be called one after the other.
    """

    def __init__(
        self,
        path: Path,
        versions: Versions | None = None,
        now: Callable[[], datetime] = datetime.now,
        *,
        before: FleetConfig | None = None,
    ) -> None:
        self.path = path
        self._versions = versions
        self._now = now
        self._had = _with_hosts(before or FleetConfig(), path)
        self._read: Files | None = None

    def known(self) -> FleetConfig:
        """What the file says now."""
        return self._current().config

    def fields(self, host_ids: Sequence[str]) -> tuple[tuple[FormField, ...], ...]:
        """What may be filled in of each of these hosts, or of a new one where the id is "". Raises ConfigError for one
        not there."""
        files = self._current().files
        tables = files[0].document.tables
        there = {str(table.get("id")): table for file in files for table in reversed(file.document.hosts)}
        found = []
        for host_id in host_ids:
            if host_id and host_id not in there:
                hint = "somebody took it out"
                raise ConfigError(f"there is no host {quoted(host_id)}", key="id", file=self.path, hint=hint)
            if host_id:
                found.append(fields_of(tables, there[host_id]))
            else:
                where = (file_field([file.name for file in files]),) if len(files) > 1 else ()
                found.append((*empty_fields(tables), *where))
        return tuple(found)

    def place_of(self, host_id: str) -> tuple[Path, int | None]:
        """The file in which a host stands and its line there, from 1; where a file is wrong, those of the first
        mistake. None: the line is not known."""
        try:
            files = self._current().files
        except ConfigErrors as errors:
            first = errors.errors[0]
            return first.file or self.path, first.line
        for file in files:
            document = file.document
            for number, table in enumerate(document.hosts):
                if table.get("id") == host_id:
                    start, _ = document.layout.region(number)
                    header = None if document.layout.array is not None else _HEADER.search(document.text, start)
                    return file.path, document.text.count("\n", 0, header.end() if header is not None else start) + 1
        return self.path, None

    def look(self, edits: Sequence[Edit], what: str = "") -> Written:
        """What `edit` would do; nothing is written."""
        return self._edited(self._current(), edits, what)[0]

    def edit(self, edits: Sequence[Edit], what: str) -> Written:
        """Write the files with these edits, on whatever is in them now."""
        with folder_held(self.path, PATIENCE):
            for _ in range(ATTEMPTS):
                found = self._current()
                written, after = self._edited(found, edits, what)
                if not written.changes:
                    return written
                try:
                    return self._write(found, after, written)
                except _ChangedMeanwhile:
                    continue
        hint = "another program writes it again and again: end it, and try once more"
        raise ConfigError(f"was changed {ATTEMPTS} times while it was edited", file=self.path, hint=hint)

    def undo(self, *, dry: bool = False) -> Written:
        """Take the last edit back. Refused where a file was changed since by somebody else. `dry`: only look."""
        return self._step(-1, dry)

    def redo(self, *, dry: bool = False) -> Written:
        """Do again what was taken back last. Refused as `undo` is."""
        return self._step(1, dry)

    def _step(self, by: int, dry: bool) -> Written:
        with folder_held(self.path, PATIENCE):
            steps = self._steps()
            step = steps.last if by < 0 else steps.next
            if step is None or self._versions is None:
                what = "undo" if by < 0 else "do again"
                hint = (
                    "" if self._versions is not None else "versions are kept in the home directory, and there is none"
                )
                raise ConfigError(f"there is no edit to {what}", file=self.path, hint=hint or None)
            # a host that went to another file comes back into its own before it goes from the other one
            puts = [self._back(step.what, each, by) for each in (step.files[::-1] if by < 0 else step.files)]
            written = self._stepped(puts, f"{'undone' if by < 0 else 'done again'}: {step.what}")
            if dry:
                return written
            try:
                self._put_all(puts)
            except _ChangedMeanwhile:
                raise ConfigError(
                    "was changed by somebody else this moment; nothing was written", file=self.path
                ) from None
            self._had = _with_hosts(written.config, self.path)
            return self._noted(written, steps.moved(by))

    @property
    def versions_folder(self) -> Path:
        """Where the versions are."""
        return self._versions.folder if self._versions is not None else Path()

    def _back(self, what: str, step: StepOfFile, by: int) -> _Replacement:
        """One file of a step that is taken back (-1) or done again (1)."""
        path = Path(step.file) if step.file else self.path
        was, wanted = (step.after, step.before) if by < 0 else (step.before, step.after)
        found = bytes_of(path)
        known, target = self._version(was), self._version(wanted)
        self._require_unchanged(path, what, was, known, found or b"")
        if target is None:
            raise ConfigError("the version to go back to is gone", file=self.versions_folder / wanted)
        return path, found, target

    def _require_unchanged(self, path: Path, what: str, was: str, known: bytes | None, data: bytes) -> None:
        if is_version(was, data):
            return
        shown = "" if known is None else f": {in_short(decode(known, path), data.decode('utf-8', 'replace'))}"
        raise ConfigError(
            f"was changed by somebody else since {what!r}, so nothing was written{shown}",
            file=path,
            hint=f"edit it by hand; the versions are in {self.versions_folder}",
        )

    def _stepped(self, puts: Sequence[_Replacement], what: str) -> Written:
        before = {os.path.abspath(path): decode(data or b"", path) for path, data, _ in puts}
        after = {os.path.abspath(path): decode(data, path) for path, _, data in puts}
        changes = [
            FileChange(path, _name(path, self.path), before[os.path.abspath(path)], after[os.path.abspath(path)])
            for path, _, _ in puts
        ]
        config = self._config_of(after)
        hosts = {host.id: host for host in config.hosts}
        try:
            old = {host.id: host for host in self._config_of(before).hosts}
        except ConfigError:  # it is left behind
            old = {}
        touched = [host for host in {**old, **hosts} if old.get(host) != hosts.get(host)]
        return Written(self.path, tuple(changes), config, tuple(touched), what)

    def _config_of(self, texts: Mapping[str, str]) -> FleetConfig:
        """What the files come to with these texts, by absolute path, in the place of their own."""

        def text_of(path: Path) -> str:
            known = texts.get(os.path.abspath(path))
            return decode(bytes_of(path) or b"", path) if known is None else known

        return parse(text_of(self.path), self.path, read=text_of)

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

    def _current(self) -> Files:
        """The files as they are now; what was found out of the same bytes before counts."""
        data = bytes_of(self.path)
        if self.path in self._had and not data:
            what = "has gone" if data is None else "is empty now"
            raise ConfigError(what, file=self.path, hint="put it back first: nothing was written")
        if self._read is None or not is_now(self._read, data):
            again = None if self._read is None or data is None else read_again(self._read, data)
            self._read = again or read_files(self.path, data)
        for file in self._read.files[1:]:
            if file.path in self._had and not file.data:
                hint = "write its hosts again, or a comment where none is meant: nothing was written"
                raise ConfigError("is empty now", file=file.path, hint=hint)
        self._had = _with_hosts(self._read.config, self.path)
        return self._read

    def _edited(self, found: Files, edits: Sequence[Edit], what: str) -> tuple[Written, Files]:
        after, touched, order = files_after(found, edits)
        pairs = [(found.files[number], after.files[number]) for number in order]
        changes = [
            FileChange(now.path, now.name, was.document.text, now.document.text)
            for was, now in pairs
            if was.document.text != now.document.text
        ]
        return Written(self.path, tuple(changes), after.config, touched, what), after

    def _write(self, found: Files, after: Files, written: Written) -> Written:
        by_path = {was.path: (was.data, now.data or b"") for was, now in zip(found.files, after.files, strict=True)}
        puts: list[_Replacement] = [(each.path, *by_path[each.path]) for each in written.changes]
        steps, note = None, ""
        try:
            if self._versions is not None:
                kept = [
                    ("" if path == self.path else os.path.abspath(path), before or b"", data)
                    for path, before, data in puts
                ]
                steps = self._versions.keep(written.what, kept, self._now())
        except OSError as error:
            note = _unkept(error)
        self._put_all(puts)
        self._read, self._had = after, _with_hosts(written.config, self.path)
        if steps is not None:
            return self._noted(written, steps)
        return replace(written, note=note or "it cannot be undone: there is no home directory to keep versions in")

    def _noted(self, written: Written, steps: Steps) -> Written:
        note = ""
        try:
            if self._versions is not None:
                self._versions.note(steps)
        except OSError as error:
            note = _unkept(error)
        return replace(written, note=note)

    def _put_all(self, puts: Sequence[_Replacement]) -> None:
        """Replace the files one after the other. Where one of them cannot be, those before it are put back."""
        if len(puts) > 1 and any(bytes_of(path) != before for path, before, _ in puts):
            raise _ChangedMeanwhile
        done: list[_Replacement] = []
        try:
            for path, before, data in puts:
                self._put(path, before, data)
                done.append((path, before, data))
        except (ConfigError, _ChangedMeanwhile):
            for path, before, data in reversed(done):
                with suppress(ConfigError, _ChangedMeanwhile):
                    self._put(path, data, before or b"")
            raise

    def _put(self, path: Path, before: bytes | None, data: bytes) -> None:
        """Replace one file, unless it is another one than `before` by now."""

        def same() -> None:
            if before is not None and bytes_of(path) != before:
                raise _ChangedMeanwhile

        try:
            replace_file(path, data, new=before is None, check=same)
        except FileExistsError:
            raise _ChangedMeanwhile from None
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror or error}", file=path) from error


def _with_hosts(config: FleetConfig, main: Path) -> frozenset[Path]:
    """The files that have hosts; hosts.toml counts as one where any file has some."""
    included = [each.path for each in config.included if each.hosts]
    return frozenset((main, *included) if config.hosts or config.disabled else included)


def _unkept(error: OSError) -> str:
    return f"it cannot be undone: the version before could not be kept ({error.strerror or error})"


def _name(path: Path, main: Path) -> str:
    """How a file of a step is shown."""
    return path.name if path == main else os.path.relpath(path, os.path.abspath(main.parent))
