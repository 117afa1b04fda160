"""known_hosts files by OpenSSH's rules (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; hostfile.c): bytes in, entries out.

One reader serves checking, storing and removing, so that none of them sees a line that another does not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from enum import Enum

from ...model.data_class import dataclass
from .wildcards import LONGEST_PATTERN, matches_list, small

_BLANKS = b" \t"
_HASHED = b"|1|"
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_UNSAFE = re.compile(r"[\s,@?*!#\[\]|'\"\\]|^$")

PIECE = 256
"""Lines, or hashes, between two calls of `breathe`: some 0.5 ms."""

MOST_ODD = 1000
"""Lines of one file that are passed over and remembered: of a file that is no known_hosts all of them would be."""


class Marker(Enum):
    """What a line says of its key."""

    NONE = b""
    AUTHORITY = b"@cert-authority"
    REVOKED = b"@revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line with a key. `number` counts from 1; `blob` is the key as SSH sends it, not yet looked into."""

    number: int
    marker: Marker
    names: bytes
    blob: bytes


def filed_name(name: str, port: int, *, alias: bool = False) -> str:
    """The name that a host's keys are filed under: `[name]:port` where the port is not 22. An alias has no port."""
    return small(name) if alias or port == 22 else f"[{small(name)}]:{port}"


def hashed_name(name: str) -> str:
    """A name as HashKnownHosts has it written: whoever reads the file does not learn it."""
    salt = os.urandom(hashlib.sha1().digest_size)
    digest = hmac.digest(salt, _encoded(name), "sha1")
    return "|".join(("", "1", base64.b64encode(salt).decode(), base64.b64encode(digest).decode()))


def can_be_filed(name: str) -> bool:
    """Whether a line can begin with this name (without a port) and then mean this host alone."""
    return _UNSAFE.search(name) is None


class KnownHosts:
    """One file's lines. `before` is an earlier reading of the same file: what was only appended to keeps its answers.

    `breathe` is called after each PIECE of lines here, and of hashes in `find`. For one thread at a time. `odd` are the
    numbers of lines that are passed over since nobody can say what they mean, up to MOST_ODD of them.
    """

    def __init__(
        self, data: bytes, before: KnownHosts | None = None, breathe: Callable[[], object] = lambda: None
    ) -> None:
        self.data = data
        self._entries: list[Entry] = []
        self._exact: dict[bytes, list[int]] = {}
        self._patterns: list[tuple[bytes, int]] = []
        self._hashed: list[tuple[bytes, bytes, bytes, int]] = []
        self.odd: list[int] = []
        self._hashes_done: dict[bytes, tuple[int, list[int]]] = {}
        lines, start = data.split(b"\n"), 0
        if before is not None and before.data.endswith(b"\n") and data.startswith(before.data):
            start = before.data.count(b"\n")
            self._entries, self._exact, self._patterns = before._entries, before._exact, before._patterns
            self._hashed, self._hashes_done, self.odd = before._hashed, before._hashes_done, before.odd
        for number, line in enumerate(lines[start:], start + 1):
            entry = read_line(line, number)
            if not (self._add(entry) if entry is not None else says_nothing(line)) and len(self.odd) < MOST_ODD:
                self.odd.append(number)
            if number % PIECE == 0:
                breathe()

    def _add(self, entry: Entry) -> bool:
        """Whether the names of the entry can be those of a host."""
        index = len(self._entries)
        self._entries.append(entry)
        if entry.names.startswith(b"|"):
            hashed = _hash_of(entry.names)
            if hashed is None:
                return False
            self._hashed.append((*hashed, index))
        elif len(entry.names) >= LONGEST_PATTERN or any(sign in entry.names for sign in (b"*", b"?", b"!")):
            self._patterns.append((entry.names, index))
        else:
            for name in entry.names.lower().split(b","):
                self._exact.setdefault(name, []).append(index)
        return True

    def cost(self, name: str) -> int:
        """How many hashes `find` has to make for this name."""
        return len(self._hashed) - self._hashes_done.get(_encoded(name), (0, []))[0]

    def find(self, name: str, breathe: Callable[[], object] = lambda: None) -> tuple[Entry, ...]:
        """The entries for a name as `filed_name` gives it, in the order of the lines."""
        wanted = _encoded(name)
        found = set(self._exact.get(wanted, ()))
        found.update(index for names, index in self._patterns if matches_list(wanted, names.lower()))
        found.update(self._hashed_of(wanted, breathe))
        return tuple(self._entries[index] for index in sorted(found))

    def _hashed_of(self, wanted: bytes, breathe: Callable[[], object]) -> list[int]:
        if not self._hashed:
            return []
        done, found = self._hashes_done.get(wanted, (0, []))
        found = list(found)
        sha1 = hashlib.sha1
        for start in range(done, len(self._hashed), PIECE):
            for inner, outer, digest, index in self._hashed[start : start + PIECE]:
                if sha1(outer + sha1(inner + wanted).digest()).digest() == digest:
                    found.append(index)
            breathe()
        self._hashes_done[wanted] = (len(self._hashed), found)
        return found

    def without(self, name: str) -> bytes:
        """The file without the lines that `ssh-keygen -R name` takes away; all else byte for byte.

        Those are all lines that match and have no marker: with patterns, and with other names as well.
        """
        gone = {entry.number for entry in self.find(name) if entry.marker is Marker.NONE}
        lines = _lines(self.data)
        return b"".join(line for number, line in enumerate(lines, 1) if number not in gone)


def with_entry(data: bytes, name: str, public_key: str) -> bytes:
    """The file with one line more, which ends as the file's last line does (LF, or CR LF)."""
    end = b"\r\n" if data.endswith(b"\r\n") else b"\n"
    # a last line that an editor left without its end would swallow the new one
    start = data if not data or data.endswith(b"\n") else data + b"\n"
    return start + f"{name} {public_key}".encode() + end


def says_nothing(line: bytes) -> bool:
    """Whether a line is a comment or blank."""
    text = line.strip(b" \t\r\0")
    return not text or text.startswith(b"#")


def read_line(line: bytes, number: int) -> Entry | None:
    """One line without its end; None for a comment, and for a line that OpenSSH passes over."""
    rest = line.partition(b"\0")[0].lstrip(_BLANKS)
    if not rest or rest.startswith(b"#"):
        return None
    marker = Marker.NONE
    if rest.startswith(b"@"):
        read = _read_marker(rest)
        if read is None:
            return None
        marker, rest = read
    names, rest = _word(rest)
    blob = _read_key(rest)
    return None if blob is None or not names else Entry(number, marker, names, blob)


def read_key(line: bytes) -> bytes | None:
    """The key of a line that has no names, as files of revoked keys have it; None where it is none."""
    return _read_key(line.lstrip(_BLANKS))


def _read_marker(text: bytes) -> tuple[Marker, bytes] | None:
    word, rest = _word(text)
    # OpenSSH ends a marker at the line's first space, and passes over one that a tab follows. For @revoked that would
    # be looser than was meant; for @cert-authority the other reading would be.
    if word == Marker.REVOKED.value:
        marker = Marker.REVOKED
    elif word == Marker.AUTHORITY.value and (text[len(word) : len(word) + 1] == b" " or b" " not in text):
        marker = Marker.AUTHORITY
    else:
        return None
    return None if rest.startswith(b"@") or not rest else (marker, rest)


def _read_key(text: bytes) -> bytes | None:
    algorithm, rest = _word(text)
    encoded = _word(rest)[0]
    if algorithm in (b"rsa-sha2-256", b"rsa-sha2-512"):
        algorithm = b"ssh-rsa"  # OpenSSH takes a signature's name for that of its key
    blob = _from_base64(b"".join(encoded.split()))  # b64_pton passes over white space of other kinds, CR among them
    if blob is None:
        return None
    return blob if blob.startswith(len(algorithm).to_bytes(4, "big") + algorithm) and algorithm else None


def _word(text: bytes) -> tuple[bytes, bytes]:
    """The first word, and what follows it without the blanks between; spaces and tabs are alike."""
    word = text.replace(b"\t", b" ").partition(b" ")[0]
    return word, text[len(word) :].lstrip(_BLANKS)


def _hash_of(names: bytes) -> tuple[bytes, bytes, bytes] | None:
    """HMAC-SHA1's two pads, made of `|1|salt|hash` once (a hash then costs 1.7 µs, not 3.2), and the hash."""
    if not names.startswith(_HASHED):
        return None
    parts = [_from_base64(part) for part in names[len(_HASHED) :].split(b"|")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or len(parts[0]) != hashlib.sha1().digest_size:
        return None
    salt, digest = parts[0], parts[1]
    block = salt.ljust(_BLOCK, b"\0")
    return block.translate(_INNER), block.translate(_OUTER), digest


def _from_base64(text: bytes) -> bytes | None:
    """What a text of base64 means; None for one that OpenSSH does not take: with bits or signs beyond the last byte,
    which Python passes over."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found) == text else None


def _lines(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + [data.rpartition(b"\n")[2]]


def _encoded(name: str) -> bytes:
    return small(name).encode("utf-8", "surrogateescape")
