"""`atp-tui info [HOST]`: what is known without asking any host."""

from __future__ import annotations

import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .. import __version__
from ..config.load import load
from ..config.paths import describe_paths, find_config
from ..model.errors import ConfigError
from ..model.exhausted import too_many_files
from .arguments import Arguments
from .encode import valid
from .output import emit, emit_json
from .tables import table

_LIBRARIES = ("textual", "asyncssh", "ClusterShell", "tomlkit", "PyYAML")


def info(arguments: Arguments) -> int:
    """Show versions and paths, or how hosts are reached; the exit status. Raises ConfigError where a named
    configuration is not there, and for hosts that it does not have."""
    if arguments.given:
        from .ways import show_ways

        return show_ways(arguments)
    facts = [("atp-tui", __version__), ("Python", platform.python_version())]
    facts += [(name, _version(name)) for name in _LIBRARIES]
    facts.append(("libvirt", _libvirt()))
    facts.append(("open files", str(too_many_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))))
    facts += [*describe_paths(arguments.config), *_sets(arguments.config)]
    if arguments.json:
        emit_json(valid(dict(facts)))
    else:
        emit(table(("WHAT", "VALUE"), facts))
    return 0


def _sets(given: Path | None) -> list[tuple[str, str]]:
    """The named sets of hosts.toml; none of one that is wrong, which is not told here."""
    try:
        path = find_config(given)
        return [] if path is None else [(f"set @{each.name}", each.expression) for each in load(path).sets]
    except ConfigError:
        return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _libvirt() -> str:
    """The binding's presence; its own version is not in any metadata where the system's package brought it."""
    if find_spec("libvirt") is None:
        return "no binding: install python3-libvirt for libvirt hosts"
    return _version("libvirt-python")
