"""Where the program's files are: the configuration it finds, and its own directories."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs

from ..model.errors import ConfigError

APP = "atp_tui"
FILE_NAME = "hosts.toml"
VARIABLE = "ATP_TUI_CONFIG"
RUNTIME_PREFIX = "atp-tui-"

_LONGEST_BASE = 60
"""A unix socket's path has at most 107 bytes (unix(7)); this leaves the rest to names below the runtime directory."""


def find_config(explicit: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file to use: `explicit` (--config), else ATP_TUI_CONFIG, else the user's own, else None.

    Raises ConfigError where a file was named that does not exist, or where the user's own cannot be looked at.
    """
    if explicit is not None:
        return _named(explicit, "--config")
    if environ.get(VARIABLE):
        return _named(Path(environ[VARIABLE]), VARIABLE)
    own = default_config()
    return own if _exists(own) else None


def default_config() -> Path:
    """The user's own configuration file, whether it exists or not. Raises ConfigError where there is no home."""
    return _at_home(lambda: platformdirs.user_config_path(APP)) / FILE_NAME


def state_dir() -> Path:
    """Where goes what may be lost: history and reports. Raises ConfigError where there is no home."""
    return _at_home(lambda: platformdirs.user_state_path(APP))


def jobs_file() -> Path:
    """The database of jobs and how they ended. Raises ConfigError where there is no home."""
    return state_dir() / "jobs.sqlite3"


def spilled_dir() -> Path:
    """The output of jobs that is more than is kept. Raises ConfigError where there is no home."""
    return state_dir() / "spilled"


def history_file() -> Path:
    """The command lines a person typed for any fleet, up to version 0.1. Raises ConfigError where there is no home."""
    return state_dir() / "history"


def histories_dir() -> Path:
    """The histories of fleets: see config.histories. Raises ConfigError where there is no home."""
    return state_dir() / "histories"


def screen_file() -> Path:
    """How each fleet was last looked at. Raises ConfigError where there is no home."""
    return state_dir() / "screen.json"


def log_file() -> Path:
    """The program's own log. Raises ConfigError where there is no home."""
    return _at_home(lambda: platformdirs.user_log_path(APP)) / f"{APP}.log"


def versions_dir() -> Path:
    """Where the versions of a hosts.toml before and after its edits are. Raises ConfigError where there is no home."""
    return state_dir() / "versions"


def sources_dir() -> Path:
    """Where the last answers of programs that name hosts are. Raises ConfigError where there is no home."""
    return state_dir() / "sources"


def reports() -> tuple[Path, str]:
    """Where the reports of failures go: the directory, and a pattern of their names. Raises ConfigError as above."""
    return state_dir(), "failure-*.txt"


def themes_dir() -> Path:
    """Where the user's own themes are. Raises ConfigError where there is no home."""
    return default_config().parent / "themes"


def shipped_themes() -> Path:
    """The folder of the themes that come with the program: inside the wheel, else beside the package in a checkout.

    Raises ConfigError where neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "themes", package.parent / "themes"):
        if folder.is_dir():
            return folder
    raise ConfigError("the colour themes are missing", file=package / "themes", hint="install the program again")


def theme_folders() -> tuple[Path, ...]:
    """Where to look for the user's own themes; nowhere without a home."""
    try:
        return (themes_dir(),)
    except ConfigError:
        return ()


def ssh_config_file() -> Path:
    """The user's OpenSSH client configuration. Raises ConfigError where there is no home."""
    return _at_home(lambda: Path(os.path.expanduser("~"))) / ".ssh" / "config"


def runtime_base(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory below which private ones for sockets are made; short enough for the path of a unix socket."""
    for base in (environ.get("XDG_RUNTIME_DIR", ""), _temporary()):
        usable = 0 < len(os.fsencode(base)) <= _LONGEST_BASE and os.path.isabs(base) and os.path.isdir(base)
        if usable and os.access(base, os.W_OK | os.X_OK):
            own = os.stat(base).st_uid == os.getuid()  # after su, XDG_RUNTIME_DIR is still the other user's
            if own or base != environ.get("XDG_RUNTIME_DIR"):
                return Path(base)
    return Path("/tmp")


def private_dir(path: Path) -> Path:
    """Make a directory and those above it that are missing, for the user alone (0700); those that exist stay."""
    for missing in reversed([path, *path.parents]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return path


def describe_paths(
    explicit: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[tuple[str, str], ...]:
    """Every path the program uses, as (what, path), for a person to read.

    Raises ConfigError where a configuration was named that is not there, or where one cannot be looked at.
    """
    used = str(_named(explicit, "--config")) if explicit is not None else _told(lambda: _configuration(environ))
    return (
        ("configuration", used),
        ("themes", _told(themes_dir)),
        ("histories", _told(histories_dir)),
        ("screen", _told(screen_file)),
        ("jobs", _told(jobs_file)),
        ("spilled", _told(spilled_dir)),
        ("versions", _told(versions_dir)),
        ("sources", _told(sources_dir)),
        ("log", _told(log_file)),
        ("reports", _told(lambda: Path(*reports()))),
        ("runtime", f"{runtime_base(environ)}/{RUNTIME_PREFIX}*"),
        ("ssh_config", _told(ssh_config_file)),
    )


def _configuration(environ: Mapping[str, str]) -> str:
    used = find_config(None, environ)
    return str(used) if used else f"none (looked for {default_config()})"


def _told(path: Callable[[], object]) -> str:
    try:
        return str(path())
    except ConfigError as error:
        if error.file is not None:
            raise  # one that was named, or that cannot be looked at
        return f"none: {error.message}"


def _at_home(path: Callable[[], Path]) -> Path:
    try:
        found = path()
    except RuntimeError:  # platformdirs' word for it
        found = Path("~")
    if str(found).startswith("~"):  # nobody could tell what it stands for
        raise ConfigError(
            f"there is no home directory: HOME is not set, and user {os.getuid()} has no name on this machine",
            hint="set HOME, or name the configuration with --config",
        )
    return found


def _temporary() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:  # no directory can be written to: the code that needs one will say so
        return ""


def _named(path: Path, by: str) -> Path:
    path = Path(os.path.expanduser(path))  # the method would raise for a user who does not exist
    if not _exists(path):
        raise ConfigError("does not exist", file=path, hint=f"it was named by {by}: correct the path or write the file")
    return path


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(f"cannot be looked at: {error.strerror or error}", file=path) from error
    return True
