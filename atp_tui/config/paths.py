"""Where the program's files are: the configuration it finds, and its own directories."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from ..model.errors import ConfigError

APP = "atp_tui"
FILE_NAME = "hosts.toml"
VARIABLE = "ATP_TUI_CONFIG"

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
    """The user's own configuration file, whether it exists or not."""
    return platformdirs.user_config_path(APP) / FILE_NAME


def data_dir() -> Path:
    """Where records go that are worth keeping, such as the audit log."""
    return platformdirs.user_data_path(APP)


def state_dir() -> Path:
    """Where goes what may be lost: history and logs."""
    return platformdirs.user_state_path(APP)


def history_file() -> Path:
    """The command lines a person typed."""
    return state_dir() / "history"


def log_file() -> Path:
    """The program's own log."""
    return platformdirs.user_log_path(APP) / f"{APP}.log"


def ssh_config_file() -> Path:
    """The user's OpenSSH client configuration."""
    return Path.home() / ".ssh" / "config"


def private_dir(path: Path) -> Path:
    """Make a directory and those above it that are missing, for the user alone (0700); those that exist stay."""
    for missing in reversed([path, *path.parents]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def runtime_dir(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """A fresh directory for sockets, for the user alone (0700), removed with all that is in it at the end."""
    path = Path(tempfile.mkdtemp(prefix=f"{APP}-", dir=_runtime_base(environ)))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def describe_paths(
    explicit: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[tuple[str, str], ...]:
    """Every path the program uses, as (what, path), for a person to read. Raises what find_config raises."""
    used = find_config(explicit, environ)
    return (
        ("configuration", str(used) if used else f"none (looked for {default_config()})"),
        ("data", str(data_dir())),
        ("history", str(history_file())),
        ("log", str(log_file())),
        ("runtime", f"{_runtime_base(environ)}/{APP}-*"),
        ("ssh_config", str(ssh_config_file())),
    )


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


def _runtime_base(environ: Mapping[str, str]) -> Path:
    for base in (environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        if 0 < len(base) <= _LONGEST_BASE and os.path.isdir(base) and os.access(base, os.W_OK | os.X_OK):
            own = os.stat(base).st_uid == os.getuid()  # after su, XDG_RUNTIME_DIR is still the other user's
            if own or base != environ.get("XDG_RUNTIME_DIR"):
                return Path(base)
    return Path("/tmp")
