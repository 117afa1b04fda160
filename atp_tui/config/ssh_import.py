"""Hosts found in an OpenSSH client configuration, for a person's first hosts.toml."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..model.errors import ConfigError
from ..model.host import HostInfo

_LINE = re.compile(r'\s*(?P<keyword>[A-Za-z]+)(?:\s*=\s*|\s+|(?="))(?P<rest>.*?)\s*$')
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_DEEPEST_INCLUDE = 16
"""ssh_config(5) itself follows no more."""


def candidates(ssh_config: Path) -> tuple[HostInfo, ...]:
    """The hosts that an ssh_config names without wildcards, in its order, files it includes among them.

    `host` is the name by which ssh_config knows the host: HostName, User, Port, keys and jumps stay there, and the SSH
    driver looks them up by that name. `id` is the name made fit for node sets. No file: no hosts. Raises ConfigError
    where the file cannot be read.
    """
    found: dict[str, HostInfo] = {}
    names = dict.fromkeys(_names(ssh_config, ssh_config.parent, 0))
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


def _names(file: Path, directory: Path, depth: int) -> Iterator[str]:
    for keyword, words in _lines(file, required=depth == 0):
        if keyword == "host" and not any(word.startswith("!") for word in words):
            yield from (word for word in words if not re.search(r"[*?]", word))
        elif keyword == "include" and depth < _DEEPEST_INCLUDE:
            for pattern in words:
                # relative to ~/.ssh, where the user's own file is
                for path in sorted(glob.glob(str(directory / os.path.expanduser(pattern)))):
                    yield from _names(Path(path), directory, depth + 1)


def _lines(file: Path, *, required: bool) -> Iterator[tuple[str, list[str]]]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        if required:
            raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error
        return  # OpenSSH goes on without an included file that it may not read
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is not None:
            words = []
            for quoted, plain in _WORD.findall(match["rest"]):
                if plain.startswith("#"):
                    break
                words.append(quoted or plain)
            yield match["keyword"].lower(), words
