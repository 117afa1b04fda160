"""hosts.toml, the program's own directories, the file of jobs, the themes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...config.paths import default_config, jobs_file, log_file, runtime_base, state_dir, theme_folders
from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ...storage.filesystems import SHARED, kind_of
from ...storage.presence import StoreFound, find_store
from .verdict import Asked, Verdict, number, ok, warning, wrong

LITTLE = 64 << 20
"""Bytes of free space below which the log, the history and the file of jobs may soon have no room."""


@dataclass(frozen=True, slots=True)
class FleetFound:
    """A hosts.toml. `path` None: there is none, and `looked_for` is where it would be."""

    path: Path | None
    looked_for: str = ""
    hosts: int = 0
    mode: int = 0
    errors: tuple[ConfigError, ...] = ()
    warnings: tuple[ConfigError, ...] = ()


def look_fleet(asked: Asked) -> FleetFound:
    read = asked.read
    if read.config is None:
        looked_for = str(default_config()) if read.path is None and not read.errors else ""
        return FleetFound(read.path, looked_for, errors=read.errors)
    assert read.path is not None
    return FleetFound(read.path, "", len(read.config.hosts), _mode(read.path), warnings=read.config.warnings)


def judge_fleet(found: FleetFound) -> Iterable[Verdict]:
    if found.errors:
        return [_of_file(wrong, error) for error in found.errors]
    if found.path is None:
        mend = "atp-tui offers to write one from ~/.ssh/config; hosts.example.toml shows every key"
        return [warning(f"none (looked for {found.looked_for})", mend)]
    verdicts = [_of_file(warning, each) for each in found.warnings]
    if not found.hosts:
        verdicts.append(warning(f"{found.path} names no host", "hosts.example.toml shows how"))
    return verdicts or [ok(f"{found.path}, {number(found.hosts, 'host')}, mode {found.mode:04o}")]


def _of_file(level: Callable[[str, str], Verdict], error: ConfigError) -> Verdict:
    return level(f"{error.where}{error.message}", error.hint or "")


@dataclass(frozen=True, slots=True)
class DirectoryFound:
    """A directory of the program, "" where there is no home. `there` False: it is made when it is needed.

    `kind` of its file system, `free` in bytes, `error` why it cannot be used. `private`: nobody else may read it.
    """

    what: str
    path: str
    there: bool = True
    mode: int = 0
    kind: str = ""
    free: int = 0
    error: str = ""
    private: bool = True


def look_directories(_asked: Asked) -> tuple[DirectoryFound, ...]:
    return (
        _directory("state", state_dir),
        _directory("log", lambda: log_file().parent),
        _directory("configuration", lambda: default_config().parent, private=False),
        _directory("sockets", runtime_base, private=False),
    )


def _directory(what: str, of: Callable[[], Path], *, private: bool = True) -> DirectoryFound:
    try:
        path = of()
    except ConfigError as error:
        return DirectoryFound(what, "", error=error.message)
    try:
        there = next(each for each in (path, *path.parents) if os.path.lexists(each))
        space = os.statvfs(there)
        free = space.f_bavail * space.f_frsize
        return DirectoryFound(
            what, str(path), there == path, _mode(there), kind_of(there), free, _trouble(there, path), private
        )
    except OSError as error:
        return DirectoryFound(what, str(path), error=error.strerror or str(error))


def _trouble(there: Path, path: Path) -> str:
    """Why a directory cannot be used, or cannot be made below `there`; "" where it can."""
    if not there.is_dir():
        return f"{there} is no directory"
    if os.access(there, os.W_OK | os.X_OK):
        return ""
    return "nothing can be written there" if there == path else f"it cannot be made: {there} cannot be written"


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def judge_directories(found: Iterable[DirectoryFound]) -> Iterable[Verdict]:
    return [_judge_directory(each) for each in found]


def _judge_directory(found: DirectoryFound) -> Verdict:
    subject = f"{found.what}: {found.path}".removesuffix(": ")
    if found.error:
        mend = f"let {found.path} be a directory of yours that you can write to, or set HOME to another one"
        return wrong(f"{subject}: {found.error}", mend if found.path else "set HOME")
    shared = found.kind in SHARED.values()
    kind = f", {found.kind}{' (other machines may write there)' if shared else ''}" if found.kind else ""
    space = f"{found.free / (1 << 30):.1f} GiB free{kind}"
    if found.free < LITTLE:
        return warning(f"{subject}: {found.free >> 20} MiB free{kind}", "make room on that file system")
    if not found.there:
        return ok(f"{subject} is made when it is needed; {space}")
    if found.private and found.mode & 0o077:
        return warning(f"{subject}: others may look into it (mode {found.mode:04o})", f"chmod 700 {found.path}")
    return ok(f"{subject}, mode {found.mode:04o}, {space}")


def look_store(_asked: Asked) -> StoreFound:
    return find_store(jobs_file())


def judge_store(found: StoreFound) -> Iterable[Verdict]:
    if found.error:
        mend = "move it away: a new one is begun" if found.there else ""
        return [wrong(f"{found.path}: {found.error}", mend)]
    if not found.there:
        return [ok(f"none yet ({found.path})")]
    return [ok(f"{found.path}, schema {found.steps} of {found.known}")]


@dataclass(frozen=True, slots=True)
class ThemesFound:
    """The names of themes that can be used, what is wrong with the other files, and the theme that hosts.toml names."""

    names: tuple[str, ...]
    problems: tuple[ConfigError, ...] = ()
    wanted: str | None = None
    folders: tuple[str, ...] = ()


def look_themes(asked: Asked) -> ThemesFound:
    from ...ui.theme import load_themes, themes_folder

    themes, problems = load_themes((themes_folder(), *theme_folders()))
    wanted = asked.fleet.ui.theme if asked.fleet is not None else None
    return ThemesFound(tuple(sorted(themes)), problems, wanted, tuple(map(str, theme_folders())))


def judge_themes(found: ThemesFound) -> Iterable[Verdict]:
    verdicts = [_of_file(wrong, problem) for problem in found.problems]
    if found.wanted is not None and found.wanted not in found.names:
        verdicts.append(
            wrong(f"hosts.toml names the theme {found.wanted}, which is not there", f"one of {_listed(found.names)}")
        )
    return verdicts or [ok(f"{_listed(found.names)} (own ones in {_listed(found.folders) or 'no home directory'})")]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
