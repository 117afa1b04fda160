"""Paths of far files, as bytes: which names may be made here, what a pattern means, where a link leads. Pure.

Names from a far side are hostile: one may be `..`, be absolute, or hold control characters.
"""

from __future__ import annotations

import fnmatch
import hashlib
import posixpath
import re

from .text import Safe, safe

LONGEST_NAME = 255
"""Bytes of a file's name, on the file systems of Linux."""

PART = b".atp-part"
"""How the name of a file ends that is not whole yet."""

_WILD = re.compile(rb"[*?\[]")
_FAR = re.compile(r":(?=/|~/|\./)|:~?\Z")


def to_bytes(path: str) -> bytes:
    """The bytes of a path; what Python keeps of bytes that are no UTF-8 is those bytes again."""
    return path.encode("utf-8", "surrogateescape")


def to_text(path: bytes) -> str:
    """A path as text, from which `to_bytes` makes it again."""
    return path.decode("utf-8", "surrogateescape")


def shown(path: bytes) -> Safe:
    """A path for a person: in one line, without anything that a terminal obeys."""
    return safe(path.decode("utf-8", "replace").replace("\t", "\\t"))


def is_name(name: bytes) -> bool:
    """Whether it names an entry of a folder, and no way out of it."""
    return 0 < len(name) <= LONGEST_NAME and name not in (b".", b"..") and b"/" not in name and b"\0" not in name


def split_target(word: str) -> tuple[str, str]:
    """`@rack1&state:failed:/etc/app/` as ("@rack1&state:failed", "/etc/app/"). A far path begins with `/`, `~/` or
    `./`; without one it is ""."""
    found = _FAR.search(word)
    return (word, "") if found is None else (word[: found.start()], word[found.end() :])


def far_bytes(path: str) -> bytes:
    """A far path as SFTP takes it: relative to the home folder where it began with `~/`."""
    found = to_bytes(path)
    if found in (b"~", b"~/"):
        return b"./"
    return found[2:].lstrip(b"/") or b"./" if found.startswith(b"~/") else found


def joined(folder: bytes, name: bytes) -> bytes:
    """The path of an entry."""
    return folder + name if not folder or folder.endswith(b"/") else folder + b"/" + name


def parent_of(path: bytes) -> bytes:
    """The folder in which an entry stands."""
    return posixpath.dirname(path.rstrip(b"/")) or (b"/" if path.startswith(b"/") else b".")


def part_name(name: bytes, identity: object) -> bytes:
    """The hidden name under which a file is written until it is whole: the same for the same content, as far as size
    and times tell, and another one for any other."""
    mark = b"." + hashlib.sha256(repr(identity).encode()).hexdigest()[:10].encode() + PART
    return b"." + name[: LONGEST_NAME - len(mark) - 1] + mark


def is_pattern(path: bytes) -> bool:
    """Whether it has signs that stand for more."""
    return _WILD.search(path) is not None


def steps_of(pattern: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Where to begin looking, and the steps below it, of which at least the first is a pattern."""
    steps = [step for step in pattern.split(b"/") if step]
    plain = next((place for place, step in enumerate(steps) if is_pattern(step)), len(steps))
    start = b"/".join(steps[:plain])
    return (b"/" + start if pattern.startswith(b"/") else start or b"."), tuple(steps[plain:])


def matches(name: bytes, step: bytes) -> bool:
    """Whether an entry is meant by a step of a pattern: hidden ones only where that begins with a dot."""
    return (step.startswith(b".") or not name.startswith(b".")) and fnmatch.fnmatchcase(name, step)


def stays_within(link: bytes, target: bytes) -> bool:
    """Whether a symlink at the path `link` below a folder leads to a place within that folder, as it is written.

    Behind a name, `..` leads out: that name may be a symlink, from which `..` goes up from another place.
    """
    if target.startswith(b"/") or b"\0" in target or not target:
        return False
    steps = [step for step in target.split(b"/") if step not in (b"", b".")]
    if b".." in steps[steps.count(b"..") :]:
        return False
    where = posixpath.normpath(posixpath.join(posixpath.dirname(link), target))
    return where != b".." and not where.startswith((b"../", b"/"))
