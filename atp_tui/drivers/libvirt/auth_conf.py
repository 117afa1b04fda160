"""auth.conf, libvirt's own file of names and passwords: https://libvirt.org/auth.html#client-configuration-file.

libvirt reads it by itself, but looks in it for the host of the URI it is given, and ours names an address or a private
socket. So it is read here, by the rules of GLib's key files, which are libvirt's too.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from ...model.credential import Secret
from ...model.data_class import dataclass
from ...model.errors import ConfigError

_SYSTEM = Path("/etc/libvirt/auth.conf")
_BLANKS = b" \t\f\r"
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}

_Groups = dict[str, dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file has for one host. None: it does not say."""

    name: str | None = None
    password: Secret | None = None
    realm: str | None = None


def own_file() -> Path:
    """Where a person keeps it, whether or not it is there."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "libvirt" / "auth.conf"


def find(named: str | None) -> Path | None:
    """The file that counts, as libvirt chooses: the one that is named, the person's own, the system's; None: none."""
    if named:
        return Path(named).expanduser()
    return next((path for path in (own_file(), _SYSTEM) if os.access(path, os.R_OK)), None)


def read(path: Path, host: str) -> Entry:
    """What `path` has for a libvirt connection to `host`, the name as it stands in the URI.

    Raises OSError, and ConfigError that names the line but never what stands in it.
    """
    groups = _parse(path)
    group = next((name for name in (f"auth-libvirt-{host}", "auth-libvirt-default") if name in groups), None)
    if group is None:
        return Entry()
    chosen = _text(groups[group].get("credentials"))
    if chosen is None:
        raise ConfigError(f"[{group}] has no line credentials=", file=path)
    found = groups.get(f"credentials-{chosen}")
    if found is None:
        raise ConfigError(f"there is no [credentials-{chosen}], which [{group}] names", file=path)
    password = _text(found.get("password"))
    return Entry(
        _text(found.get("authname")), None if password is None else Secret(password), _text(found.get("realm"))
    )


def _parse(path: Path) -> _Groups:
    if not stat.S_ISREG(path.stat().st_mode):  # to read a pipe could take for ever
        raise ConfigError("this is no regular file", file=path)
    groups: _Groups = {}
    group: dict[str, bytes] | None = None
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        line = line.removesuffix(b"\r").lstrip(_BLANKS)
        if not line or line.startswith(b"#"):
            continue
        key, equals, value = line.partition(b"=")
        if line.startswith(b"["):
            name, closed, rest = line[1:].partition(b"]")
            if not name or not closed or rest.strip():
                raise ConfigError("this is no [group]", file=path, line=number)
            group = groups.setdefault(name.decode("utf-8", "replace"), {})
        elif not key.strip() or not equals or group is None:
            raise ConfigError("this is neither key=value in a [group] nor a # comment", file=path, line=number)
        else:
            group[key.strip().decode("utf-8", "replace")] = value.lstrip(_BLANKS)
    return groups


def _text(value: bytes | None) -> str | None:
    """A value with its escapes undone. None also for one that is not UTF-8, as libvirt has it."""
    try:
        return None if value is None else _ESCAPE.sub(_unescaped, value.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _unescaped(found: re.Match[str]) -> str:
    # GLib 2.74 (Debian 12) keeps what is no escape and drops a backslash that ends the line; 2.84 (Debian 13) takes the
    # whole value for missing, and virsh asks for it. What served before an upgrade is to serve after it as well.
    return _ESCAPES.get(found[1], found[0] if found[1] else "")
