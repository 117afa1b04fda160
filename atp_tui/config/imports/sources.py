"""The one table of sources that hosts can be imported from. A further one is a module with `read`, and a line here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ..files import read_bytes
from . import ansible, clustershell, csv_table, host_list, known_hosts, libvirt, ssh_config
from .found import Given, Imported

LARGEST = 16 << 20
"""Bytes of a file. 10,000 hosts of an inventory with a line of variables each are 2 MB."""

_CONFIG = "~/.config/"


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of file that names hosts.

    `read` takes the texts of its files. `defaults` are the files that are read where none is named, as patterns of
    glob; none: standard input. `any_bytes`: what is not UTF-8 in it is no error, as for the program that it belongs to.
    """

    name: str
    about: str
    read: Callable[[Iterable[Given]], Imported]
    defaults: tuple[str, ...] = ()
    any_bytes: bool = False

    def files(self) -> tuple[Path, ...]:
        """The files to read where none is named; empty for standard input. Raises ConfigError where none is there."""
        patterns = [_placed(pattern) for pattern in self.defaults]
        found = tuple(file for pattern in patterns for file in sorted(pattern.parent.glob(pattern.name)))
        if not found and self.defaults:
            looked = ", ".join(self.defaults)
            raise ConfigError(
                f"no file of {self.name} is there (looked for {looked})", hint="name one, or - for standard input"
            )
        return found

    def given(self, data: bytes, file: Path | None = None) -> Given:
        """The text of a file's bytes. Raises ConfigError for a binary file, for too much, and for what is not UTF-8."""
        if len(data) > LARGEST:
            raise _too_much(file)
        nul = data.find(b"\0")
        if nul >= 0:
            line = data.count(b"\n", 0, nul) + 1
            raise ConfigError("is binary: it has a byte 0", file=file, line=line, hint=f"give a text: {self.about}")
        try:
            return Given(data.decode("utf-8-sig", "surrogateescape" if self.any_bytes else "strict"), file)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError("is not UTF-8 text", file=file, line=line, hint="save the file as UTF-8") from error

    def imported(self, texts: Sequence[Given]) -> Imported:
        """All hosts of the texts. Raises ConfigError, with file and line where one is to blame."""
        try:
            return self.read(texts)
        except ConfigError as error:
            if error.file is None and len(texts) == 1:
                error.file = texts[0].file
            raise


MOST_ENTRIES = 10_000
"""Entries of a directory that are looked at for a path that a person types."""

SOURCES = {
    source.name: source
    for source in (
        Source(
            "ssh-config", "the Host lines of an OpenSSH client configuration", ssh_config.read, ("~/.ssh/config",), True
        ),
        Source(
            "libvirt",
            "uri_aliases of libvirt.conf",
            libvirt.read,
            ("~/.config/libvirt/libvirt.conf", "/etc/libvirt/libvirt.conf"),
        ),
        Source("ansible", "an Ansible inventory, INI or YAML", ansible.read, ("/etc/ansible/hosts",)),
        Source(
            "clustershell",
            "ClusterShell's groups, YAML or group: node set",
            clustershell.read,
            (
                "~/.config/clustershell/groups.d/*.yaml",
                "~/.config/clustershell/groups.d/*.cfg",
                "/etc/clustershell/groups.d/*.yaml",
                "/etc/clustershell/groups.d/*.cfg",
            ),
        ),
        Source("csv", "a table with a line of heads: id,host,uri,tags,user,port", csv_table.read),
        Source("list", "names and node sets, with blanks between them", host_list.read),
        Source("known-hosts", "the plain names of known_hosts", known_hosts.read, ("~/.ssh/known_hosts",), True),
    )
}


def read_file(source: Source, file: Path) -> Given:
    """The text of one file. Raises ConfigError where it cannot be read, or is none of a source."""
    try:
        return source.given(read_bytes(file, most=LARGEST), file)
    except IsADirectoryError as error:
        raise ConfigError("is a directory", file=file, hint="name a file in it") from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error
    except ValueError as error:
        raise ConfigError(f"cannot be imported: {error}", file=file) from error


def path_like(beginning: str) -> str:
    """The first file or directory, by name, whose path begins so, as a person would go on with typing it: a directory
    with / behind it; "" where there is none. Those with a dot in front are found where that was typed."""
    folder, slash, name = beginning.rpartition("/")
    try:
        with os.scandir(os.path.expanduser(folder + slash) or ".") as entries:
            near = [
                each for each in islice(entries, MOST_ENTRIES) if each.name.startswith(name) and _is_told(each, name)
            ]
        first = min(near, key=lambda each: each.name, default=None)
        return "" if first is None else f"{folder}{slash}{first.name}{'/' * first.is_dir()}"
    except (OSError, ValueError):  # of a name with a byte 0
        return ""


def _is_told(entry: os.DirEntry[str], typed: str) -> bool:
    return entry.name.isprintable() and (typed.startswith(".") or not entry.name.startswith("."))


def _placed(pattern: str) -> Path:
    """A pattern with the user's directories in it."""
    configured = os.environ.get("XDG_CONFIG_HOME")
    if configured and pattern.startswith(_CONFIG):
        return Path(configured, pattern.removeprefix(_CONFIG))
    return Path(os.path.expanduser(pattern))


def _too_much(file: Path | None) -> ConfigError:
    return ConfigError(f"cannot be imported: it has more than {LARGEST >> 20} MiB", file=file)
