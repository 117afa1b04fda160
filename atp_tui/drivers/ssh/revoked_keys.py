"""Files of revoked host keys (ssh_config's RevokedHostKeys): one public key a line, or a KRL (PROTOCOL.krl)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import field
from typing import Protocol

from ...model.data_class import dataclass
from .known_hosts import read_key

_MAGIC = b"SSHKRL\n\0"
_CERTIFICATES, _EXPLICIT, _SHA1, _SHA256, _EXTENSION = 1, 2, 3, 5, 255
_SERIALS, _RANGE, _BITMAP, _KEY_ID, _CERT_EXTENSION = 0x20, 0x21, 0x22, 0x23, 0x39


@dataclass(frozen=True, slots=True)
class Issued:
    """What a certificate says of itself. `authority` is the key that signed it."""

    authority: bytes
    serial: int
    key_id: bytes


class RevokedKeys(Protocol):
    """What one file revokes."""

    def revokes(self, key: bytes, certificate: Issued | None) -> bool:
        """Whether a key (as SSH sends it, without its certificate), its certificate, or its authority is revoked."""
        ...


def read_revoked_keys(data: bytes) -> RevokedKeys:
    """A file's meaning. Raises ValueError for one that is not understood: then no key can be called good."""
    return _read_krl(data) if data.startswith(_MAGIC) else _KeyList(_read_list(data))


@dataclass(frozen=True, slots=True)
class _KeyList:
    keys: frozenset[bytes]

    def revokes(self, key: bytes, certificate: Issued | None) -> bool:
        return key in self.keys or (certificate is not None and certificate.authority in self.keys)


def _read_list(data: bytes) -> frozenset[bytes]:
    found = set()
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.partition(b"\0")[0].lstrip(b" \t")
        if text and not text.startswith(b"#"):
            found.add(_key_of_line(text, number))
    return frozenset(found)


def _key_of_line(text: bytes, number: int) -> bytes:
    """The key of a line, of a certificate the key that it certifies. Raises ValueError where a line holds neither:
    OpenSSH refuses every key then, since nobody knows which one the line was to revoke."""
    from .key_blobs import key_in  # with asyncssh, which the first frame does not wait for

    blob = read_key(text)
    try:
        if blob is not None:
            return key_in(blob).public_data
    except ValueError as error:
        raise ValueError(f"line {number} is no public key: {error}") from error
    raise ValueError(f"line {number} is no public key")


@dataclass(slots=True)
class _Issues:
    """Certificates of one authority that are revoked."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    bitmaps: list[tuple[int, int]] = field(default_factory=list)
    key_ids: set[bytes] = field(default_factory=set)

    def revoke_range(self, low: int, high: int) -> None:
        """All serial numbers from `low` to `high`. Raises ValueError for a range that OpenSSH refuses a KRL for.

        0 is none of them: an authority that gives no serial numbers gives this one to all.
        """
        if not 0 < low <= high:
            raise ValueError(f"a KRL with serial numbers from {low} to {high}")
        self.ranges.append((low, high))

    def revoke_bits(self, start: int, bits: int) -> None:
        """The serial numbers `start` + n where bit n is 1. Raises ValueError as `revoke_range`."""
        if (start == 0 and bits & 1) or start + bits.bit_length() >= 1 << 64:
            raise ValueError(f"a KRL with bits for serial numbers from {start} on")
        self.bitmaps.append((start, bits))

    def revokes(self, certificate: Issued) -> bool:
        serial = certificate.serial
        if certificate.key_id in self.key_ids:
            return True
        return any(low <= serial <= high for low, high in self.ranges) or any(
            serial >= start and bits >> (serial - start) & 1 for start, bits in self.bitmaps
        )


@dataclass(slots=True)
class _Krl:
    keys: set[bytes] = field(default_factory=set)
    sha1: set[bytes] = field(default_factory=set)
    sha256: set[bytes] = field(default_factory=set)
    issues: dict[bytes, _Issues] = field(default_factory=dict)

    def revokes(self, key: bytes, certificate: Issued | None) -> bool:
        if self._lists(key):
            return True
        if certificate is None:
            return False
        named = (self.issues.get(authority) for authority in (certificate.authority, b""))
        return self._lists(certificate.authority) or any(found.revokes(certificate) for found in named if found)

    def _lists(self, key: bytes) -> bool:
        digests = hashlib.sha1(key).digest(), hashlib.sha256(key).digest()
        return key in self.keys or digests[0] in self.sha1 or digests[1] in self.sha256


class _Reader:
    """SSH's wire format (RFC 4251, section 5)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def string(self) -> bytes:
        return self._take(self.number(4))

    def strings(self) -> Iterator[bytes]:
        while self:
            yield self.string()

    def _take(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("the KRL ends too early")
        return self._data[self._at - size : self._at]


def _read_krl(data: bytes) -> _Krl:
    reader, krl = _Reader(data[len(_MAGIC) :]), _Krl()
    if (version := reader.number(4)) != 1:
        raise ValueError(f"a KRL of format {version}, which is not known")
    for _ in ("its version", "its date", "flags"):
        reader.number(8)
    reader.string()
    reader.string()
    while reader:
        kind, section = reader.number(1), _Reader(reader.string())
        if kind == _CERTIFICATES:
            authority = section.string()
            if authority:  # else all of them are meant
                _check_key(authority)
            issues = krl.issues.setdefault(authority, _Issues())
            section.string()
            _read_issues(section, issues)
        elif kind == _EXPLICIT:
            krl.keys.update(section.strings())
        elif kind == _SHA1:
            krl.sha1.update(_digests(section, 20))
        elif kind == _SHA256:
            krl.sha256.update(_digests(section, 32))
        else:
            _pass_over(kind, _EXTENSION, section)
    return krl


def _check_key(blob: bytes) -> None:
    from .key_blobs import key_in  # as in _key_of_line

    try:
        key_in(blob)
    except ValueError as error:
        raise ValueError(f"a KRL with an authority that is no key: {error}") from error


def _digests(section: _Reader, size: int) -> Iterator[bytes]:
    for digest in section.strings():
        if len(digest) != size:
            raise ValueError(f"a KRL with a hash of {len(digest)} bytes, not {size}")
        yield digest


def _read_issues(reader: _Reader, issues: _Issues) -> None:
    while reader:
        kind, section = reader.number(1), _Reader(reader.string())
        if kind == _SERIALS:
            while section:
                serial = section.number(8)
                issues.revoke_range(serial, serial)
        elif kind == _RANGE:
            issues.revoke_range(section.number(8), section.number(8))
        elif kind == _BITMAP:
            issues.revoke_bits(section.number(8), int.from_bytes(section.string(), "big"))
        elif kind == _KEY_ID:
            issues.key_ids.update(section.strings())
        else:
            _pass_over(kind, _CERT_EXTENSION, section)


def _pass_over(kind: int, extension: int, section: _Reader) -> None:
    name = section.string() if kind == extension else b""
    if kind != extension or section.number(1):
        raise ValueError(f"a KRL with a part that is not known ({kind} {name.decode('ascii', 'replace')})".rstrip())
