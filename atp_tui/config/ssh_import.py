"""Hosts found in an OpenSSH client configuration, for a person's first hosts.toml. Names only: what the file says of a
host stays there, and is OpenSSH's to read when the host is reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..model.errors import ConfigError
from ..model.host import HostInfo
from .host_ids import HostIds
from .ssh_lines import Line, TooDeep, Walk, lines_of


def candidates(ssh_config: Path) -> tuple[HostInfo, ...]:
    """The hosts that an ssh_config names without wildcards, in its order, files it includes among them.

    `host` is the name by which ssh_config knows the host: HostName, User, Port, keys and jumps stay there, and the SSH
    driver looks them up by that name. `id` is the name made fit for node sets. No file: no hosts. Raises ConfigError
    where the file cannot be read, or its Includes have no end.
    """
    ids = HostIds()
    found = []
    try:
        names = dict.fromkeys(name for name, is_name, _ in host_words(lines_below(ssh_config)) if is_name)
    except FileNotFoundError:
        return ()
    for name in names:
        try:
            host = HostInfo(ids.free(name), name)
        except ConfigError:
            continue  # a name for ssh_config's own tricks, which no host can have
        ids.take(host.id)
        found.append(host)
    return tuple(found)


def lines_below(file: Path, text: str | None = None) -> Iterator[Line]:
    """The lines of an ssh_config, those of included files in the place of their Include.

    `text` is what stands in `file`, where it was read already. Raises ConfigError for a file that cannot be read, and
    Includes without an end; FileNotFoundError where the file itself is not there.
    """
    walk = Walk(file.parent)
    try:
        if text is not None:
            yield from walk.followed(lines_of(text, file))
            return
        if file.is_dir():
            raise IsADirectoryError(21, "Is a directory", str(file))
        yield from walk.lines(file)
    except FileNotFoundError:
        raise
    except OSError as error:
        named = Path(error.filename or file)
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=named) from error
    except TooDeep as error:
        raise ConfigError(error.words, file=error.line.file, line=error.line.number) from error


def host_words(lines: Iterable[Line]) -> Iterator[tuple[str, bool, Line]]:
    """The words of Host lines: whether each is a plain name, which no word beside a `!` is, and its line."""
    for line in lines:
        if line.keyword != "host":
            continue
        try:
            words = line.words()
        except ValueError:
            continue  # OpenSSH would refuse the file for it, and says so when a host is reached
        negated = any(word.startswith("!") for word in words)
        for word in words:
            yield word, not negated and not re.search(r"[*?]", word), line
