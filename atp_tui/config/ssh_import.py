"""Hosts found in an OpenSSH client configuration, for a person's first hosts.toml. Names only: what the file says of a
host stays there, and is OpenSSH's to read when the host is reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..model.errors import ConfigError
from ..model.host import HostInfo
from .ssh_lines import TooDeep, Walk


def candidates(ssh_config: Path) -> tuple[HostInfo, ...]:
    """The hosts that an ssh_config names without wildcards, in its order, files it includes among them.

    `host` is the name by which ssh_config knows the host: HostName, User, Port, keys and jumps stay there, and the SSH
    driver looks them up by that name. `id` is the name made fit for node sets. No file: no hosts. Raises ConfigError
    where the file cannot be read, or its Includes have no end.
    """
    found: dict[str, HostInfo] = {}
    try:
        names = dict.fromkeys(_names(ssh_config))
    except FileNotFoundError:
        return ()
    except OSError as error:
        file = Path(error.filename or ssh_config)
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error
    except TooDeep as error:
        raise ConfigError(error.words, file=error.line.file, line=error.line.number) from error
    for name in names:
        host = _host(name, found)
        if host is not None:
            found[host.id] = host
    return tuple(found.values())


def _host(name: str, taken: dict[str, HostInfo]) -> HostInfo | None:
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-")
    host_id, number = base, 1
    while host_id in taken:
        number += 1
        host_id = f"{base}-{number}"
    try:
        return HostInfo(host_id, name)
    except ConfigError:
        return None  # a name for ssh_config's own tricks, which no host can have


def _names(file: Path) -> Iterator[str]:
    if file.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(file))
    for line in Walk(file.parent).lines(file):
        if line.keyword != "host":
            continue
        try:
            words = line.words()
        except ValueError:
            continue  # OpenSSH would refuse the file for it, and says so when a host is reached
        if not any(word.startswith("!") for word in words):
            yield from (word for word in words if not re.search(r"[*?]", word))
