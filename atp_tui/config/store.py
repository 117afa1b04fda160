"""hosts.toml out: the example, and hosts added to a file whose every byte stays as its owner wrote it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..model.errors import ConfigError
from ..model.host import HostInfo
from .entries import with_hosts
from .fleet import FleetConfig
from .load import decode, parse
from .replace import replace_file

EXAMPLE = "hosts.example.toml"
_BYTE_ORDER_MARK = "\ufeff"


def example_text() -> str:
    """The commented example: beside the package's modules in a wheel, at the root of a checkout."""
    package = Path(__file__).parent.parent
    for directory in (package, package.parent):
        if (directory / EXAMPLE).is_file():
            return (directory / EXAMPLE).read_text(encoding="utf-8")
    raise ConfigError("is missing from this installation", file=package / EXAMPLE, hint="install atp-tui again")


def write_example(path: Path) -> None:
    """Write the example to a file that is not there yet. Raises ConfigError where one is, or it cannot be written."""
    if os.path.lexists(path):
        raise ConfigError("exists already and was left as it is", file=path, hint="name another file, or move it away")
    _replace(path, example_text().encode(), new=True)


def text_with(path: Path, hosts: Iterable[HostInfo]) -> str:
    """The text that `append_hosts` would write, without writing it. Raises the same."""
    path = Path(os.path.realpath(path))
    return _with_hosts(path, _read(path), hosts)


def append_hosts(path: Path, hosts: Iterable[HostInfo]) -> FleetConfig:
    """Add hosts to the end of a configuration file, making it where there is none; the configuration it is then.

    What a host has from the file's own [transport] and [ssh] is not repeated. The file is replaced in one step: a
    reader sees it before or after, and a crash leaves one of the two. Raises ConfigErrors where the file, or what it
    would become, is not right (an id that is there already, say), ConfigError where it cannot be written; the file is
    then untouched.
    """
    path = Path(os.path.realpath(path))  # a link stays one: what it points to is replaced
    before = _read(path)
    after = _with_hosts(path, before, hosts)
    result = parse(decode(after.encode(), path), path)
    _replace(path, after.encode(), new=before is None)
    return result


def _with_hosts(path: Path, before: bytes | None, hosts: Iterable[HostInfo]) -> str:
    config = FleetConfig(path) if before is None else parse(decode(before, path), path)
    text = "" if before is None else before.decode("utf-8")
    mark = text[: text.startswith(_BYTE_ORDER_MARK)]
    after = mark + with_hosts(text.removeprefix(mark), list(hosts), config)
    parse(decode(after.encode(), path), path)
    return after


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=path) from error


def _replace(path: Path, data: bytes, *, new: bool) -> None:
    try:
        replace_file(path, data, new=new)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=path) from error
