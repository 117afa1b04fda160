"""Lists of hosts from a file or from standard input, as clush's --hostfile and pssh's -h read them: each name is a host
of hosts.toml, alone or in a node set (`kvm[01-18]`).

Names stand in lines, or with blanks, tabs or commas between them; from a # on a line is a comment. pssh's lines may say
`[user@]host[:port]`: the host counts. The user and the port are those of hosts.toml, which is told.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..config.load import decode
from ..executor.target_words import MOST_NAMES, number, ranges
from ..executor.targets import Targets
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.quoting import quoted
from .output import complain
from .target_arguments import STDIN

LARGEST = 16 << 20
"""Bytes of a list."""

SHOWN = 10
"""Names that a message has."""

_PIECE = 1 << 20
_FORM = "write names of hosts.toml and node sets such as kvm[01-18]"
_LINE = re.compile(r"(?:[^\[\]]++|\[[^\[\]]*+\])*+")
_WORD = re.compile(r"(?:[^\s,\[\]]++|\[[^\[\]]*+\])++")
_PORT = re.compile(r"(?P<name>[^:]*):[0-9]{1,5}")
_OF_TARGETS = re.compile(r"[!&^*?<>=]|^@")


@dataclass(frozen=True, slots=True)
class HostList:
    """A list as it was read: its node sets, each with its line. `ignored` is the first line with a user or a port."""

    file: Path
    words: tuple[tuple[str, int], ...]
    ignored: int | None = None

    def wrong(self, message: str, line: int | None = None, hint: str | None = None) -> ConfigError:
        """An error of this list."""
        return ConfigError(message, file=self.file, line=line, hint=hint)


def read_lists(files: Iterable[str]) -> tuple[HostList, ...]:
    """The lists of these files, `-` for standard input. Blocks until each has come to its end.

    Raises ConfigError for one that cannot be read, has no names, or has something else; with the line.
    """
    return tuple(map(_read, files))


def expression_of(lists: Sequence[HostList], hosts: Sequence[HostInfo]) -> str:
    """The hosts of all lists, each once, as one expression of the target language.

    Raises ConfigError for names that no host has: all of them are counted, and the first are told with their lines.
    """
    known = {host.id for host in hosts}
    found: dict[str, None] = {}
    for each in lists:
        names = _expanded(each)
        strangers = [name for name in names if name not in known]
        if strangers:
            told = ", ".join(f"{quoted(name)[1:-1]} (line {names[name]})" for name in strangers[:SHOWN])
            more = f" and {len(strangers) - SHOWN:,} more" if len(strangers) > SHOWN else ""
            s = "s" * (len(strangers) > 1)
            message = f"no such host{s}: {told}{more}"
            raise each.wrong(message, names[strangers[0]], _meant(strangers[0], hosts))
        if each.ignored is not None:
            complain(f"{each.file}:{each.ignored}: users and ports of this list do not count: hosts.toml has those")
        found.update(dict.fromkeys(names))
    return ",".join(found)


def _read(name: str) -> HostList:
    of_input = name == STDIN
    file = Path("standard input" if of_input else name)
    try:
        descriptor = os.dup(0) if of_input else os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            if os.isatty(descriptor):
                complain(f"{file}: type the names of the hosts; Ctrl+D at the beginning of a line ends them")
            data = _bytes_of(descriptor, file)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error
    text = decode(data, file)
    ignored: list[int] = []
    words = tuple(_words(HostList(file, ()), text, ignored))
    if not words:
        raise ConfigError("names no host, and nothing was done", file=file, hint=_FORM)
    return HostList(file, words, ignored[0] if ignored else None)


def _bytes_of(descriptor: int, file: Path) -> bytes:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise ConfigError("is a directory", file=file, hint="name a file of host names")
    pieces, size = [], 0
    while piece := os.read(descriptor, _PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise ConfigError(f"has more than {LARGEST >> 20} MiB", file=file, hint="a list has names alone")
    return b"".join(pieces)


def _words(of: HostList, text: str, ignored: list[int]) -> Iterator[tuple[str, int]]:
    """The node sets with their lines, of which those with a user or a port go to `ignored`. Raises ConfigError."""
    count = 0
    for line, written in enumerate(re.split(r"\r\n|[\n\r]", text), 1):
        names = written.partition("#")[0]
        if not _LINE.fullmatch(names):
            raise of.wrong(f"a bracket without its partner in {_quoted(names.strip())}", line, _FORM)
        for word in _WORD.findall(names):
            name = _name(of, word, line)
            if name != word:
                ignored.append(line)
            try:
                count += number(name, name)
            except ConfigError as error:
                raise of.wrong(error.message, line, error.hint) from error
            if count > MOST_NAMES:
                raise of.wrong("stands for too many names", line, f"at most {MOST_NAMES:,} are allowed")
            yield name, line


def _name(of: HostList, word: str, line: int) -> str:
    """The host of `[user@]host[:port]`. Raises ConfigError for what is no name."""
    if not word.isprintable():
        raise of.wrong(f"{_quoted(word)} is no name", line, _FORM)
    if "://" in word:
        raise of.wrong(f"a URI: {_quoted(word)}", line, _FORM)
    host = word if word.startswith("@") else word.rpartition("@")[2]
    if _OF_TARGETS.search(host):
        hint = "a list has names and node sets: write -w for tags, sets, conditions and wildcards"
        raise of.wrong(f"{_quoted(word)} is an expression", line, hint)
    port = _PORT.fullmatch(host)
    host = host if port is None else port["name"]
    if not host or ":" in host:
        raise of.wrong(f"{_quoted(word)} is no name", line, _FORM)
    return host


def _expanded(of: HostList) -> dict[str, int]:
    """Each name with the first line that it stands in."""
    names: dict[str, int] = {}
    for word, line in of.words:
        try:
            for name in ranges(word, word):
                names.setdefault(name, line)
        except ConfigError as error:
            raise of.wrong(error.message, line, error.hint) from error
    return names


def _meant(name: str, hosts: Sequence[HostInfo]) -> str | None:
    try:
        Targets(hosts).resolve(name)
    except ConfigError as error:
        return error.hint
    return None


def _quoted(text: str) -> str:
    return quoted(text if len(text) <= 60 else text[:60] + "…")
