"""What answers of hosts differ in by nature, taken out of them before they are held against each other.

The classes: a host's own names, addresses (IPv4, IPv6), MAC addresses, UUIDs, process ids (`pid 17`, `sshd[17]:`),
times and dates, durations, sizes, and a person's own patterns. A masked output has a code in place of each such text,
two bytes that no output has, since a zero byte of the output is doubled. So two masked outputs are equal only where the
outputs are equal in all that is of no class, and have the same classes in the same places: a text that only might be of
a class (a version, a port, a ratio, a checksum) is of none.

Each line is looked at by itself, in slices. No pattern here can go back over more than a word; those of a person are
bounded by `model/bounded`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress

from ..model.bounded import LINE, bounded

CLASSES = ("own", "name", "address", "mac", "uuid", "pid", "time", "duration", "size")

_CODES = {name: bytes((0, number)) for number, name in enumerate(CLASSES, 1)}

SLICE = 16 << 10
"""Bytes of output between two pauses, about a millisecond; of an output that a person's patterns are held against, a
line or OWN_SLICE bytes."""

_OWN_SLICE = 1 << 10

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = rb"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
_ZONE = rb"(?:UTC|GMT|CES?T|EES?T|WES?T|BST|MSK|IST|JST|KST|HKT|SGT|[ECMP][SD]T|AE[SD]T|[+-][0-9]{4})"
_TIME = _CLOCK + rb"(?: [AP]M)?(?: " + _ZONE + rb")?"
_EDGE, _END = rb"(?<![0-9A-Za-z\x80-\xff])", rb"(?![0-9A-Za-z\x80-\xff])"

_DATES = re.compile(
    rb"(?:" + _DAY + rb",? {1,2})?(?:[0-9]{1,2} {1,2}" + _MONTH + rb"|" + _MONTH + rb" {1,2}[0-9]{1,2})" + _END
    + rb"(?:,? {1,2}[0-9]{4}" + _END + rb"(?!:))?(?: {1,2}" + _TIME + rb"(?: [0-9]{4})?" + _END + rb")?"
)  # fmt: skip
"""`Mon Nov 30 08:43:20 UTC 2026`, `30 Nov 2026 08:43`, `Nov 30 08:43`, `Nov 30  2025`."""

_WITH_UNIT = re.compile(
    rb"[0-9]{1,18}(?:\.[0-9]{1,9})? (?:(?P<size>[kKMGTPE]i?B|[Bb]ytes?)"
    rb"|(?P<duration>ms|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|months?|years?))" + _END
)

_ANY_MONTH = re.compile(_MONTH)
_PIDS = re.compile(rb"[Pp][Ii][Dd][ =:]{1,2}([0-9]{1,10})" + _END)
_PIDS_OF_LOGS = re.compile(rb"(?<=[A-Za-z)])\[[0-9]{1,10}\](?=:)")

_WORDS = re.compile(rb"([0-9A-Za-z_.:+\x80-\xff-]+)")

_HEX = rb"[0-9A-Fa-f]"
_UUID = re.compile(_HEX + rb"{8}(?:-" + _HEX + rb"{4}){3}-" + _HEX + rb"{12}")
_MAC = re.compile(_HEX + rb"{2}(?::" + _HEX + rb"{2}){5}|" + _HEX + rb"{2}(?:-" + _HEX + rb"{2}){5}")
_IPV4 = re.compile(rb"([0-9]{1,3}(?:\.[0-9]{1,3}){3})((?::[0-9]{1,5})?)")
_IPV6 = re.compile(rb"(?=[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]{3,45}")
_DATE_TIME = re.compile(
    rb"[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:[T_]" + _CLOCK + rb"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?|" + _CLOCK + rb"Z?"
)
_DURATION = re.compile(rb"(?:[0-9]{1,12}(?:\.[0-9]{1,9})?(?:ns|us|ms|s|min|m|h|d|w|y)){1,6}")
_SIZE = re.compile(rb"[0-9]{1,18}(?:\.[0-9]{1,9})?(?:[KMGTPEk](?:i?B)?|Ki|Mi|Gi|Ti|Pi|Ei|B)")

_LONGEST = 64
"""Bytes of a word that may be of a class."""

_KEPT = 1 << 16
_known: dict[bytes, bytes] = {}
"""What becomes of words, of those that were looked at last: outputs of a fleet have most of them in common."""


class Mask:
    """The classes, with a person's own patterns, which are those of `[answers]`. Raises ConfigError for a wrong one."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self.own = tuple(own)
        self._own = tuple([bounded("answers.mask", each) for each in self.own])

    def masking(self, output: bytes) -> Generator[None, None, bytes]:
        """The masked output, but for the host's names; a pause may be made at each yield."""
        masked: list[bytes] = []
        at, size = 0, _OWN_SLICE if self._own else SLICE
        while at < len(output):
            end = output.find(b"\n", min(at + size, len(output)) - 1) + 1 or len(output)
            piece = output[at:end]
            if self._own:
                piece = yield from self._without_own(piece)
            else:
                piece = piece.replace(b"\0", b"\0\0")
            masked.append(_without_classes(piece))
            at = end
            yield
        return b"".join(masked)

    def masked(self, output: bytes, *names: str) -> bytes:
        """All of it at once, for a short output."""
        steps = self.masking(output)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return without_names(done.value, *names)

    def _without_own(self, piece: bytes) -> Generator[None, None, bytes]:
        lines: list[bytes] = []
        for line in piece.split(b"\n"):
            spans: list[tuple[int, int]] = []
            for pattern in self._own:
                spans += [found.span() for found in pattern.finditer(line[:LINE]) if found.end() > found.start()]
                if len(line) > LINE >> 2:
                    yield
            lines.append(_coded(line, sorted(spans)))
        return b"\n".join(lines)


def own_names(*names: str) -> tuple[str, ...]:
    """The names that a host says of itself, of those that hosts.toml has for it: with the first label of a name with a
    domain, the longest first."""
    labels = [name.partition(".")[0] for name in names if re.search("[A-Za-z]", name.partition(".")[0])]
    return tuple(sorted({*names, *labels} - {""}, key=lambda name: (-len(name), name)))


def without_names(masked: bytes, *names: str) -> bytes:
    """A masked output without these names, where they stand as words."""
    for name in names:
        told = name.encode()
        if told in masked:
            masked = re.sub(_EDGE + re.escape(told) + _END, lambda _: _CODES["name"], masked)
    return masked


def shown(masked: bytes) -> bytes:
    """A masked output for a person: `<address>` in place of each code."""
    return re.sub(rb"\x00([\x00-\x09])", lambda code: _told(code[1][0]), masked)


def _told(number: int) -> bytes:
    return f"<{CLASSES[number - 1]}>".encode() if number else b"\0"


def _coded(line: bytes, spans: list[tuple[int, int]]) -> bytes:
    """A line with its zero bytes doubled, and a code in place of spans, which may overlap."""
    pieces: list[bytes] = []
    at = 0
    for start, end in spans:
        if start >= at:
            pieces += (line[at:start].replace(b"\0", b"\0\0"), _CODES["own"])
        at = max(at, end)
    return b"".join((*pieces, line[at:].replace(b"\0", b"\0\0")))


def _without_classes(piece: bytes) -> bytes:
    if _ANY_MONTH.search(piece):
        piece = _edged(_DATES, piece, lambda _: _CODES["time"])
    piece = _edged(_WITH_UNIT, piece, lambda found: _CODES["size" if found["size"] else "duration"])
    piece = _edged(_PIDS, piece, lambda found: found[0][: -len(found[1])] + _CODES["pid"])
    if b"]:" in piece:
        piece = _PIDS_OF_LOGS.sub(b"[" + _CODES["pid"] + b"]", piece)
    parts = _WORDS.split(piece)
    parts[1::2] = [_known.get(word) or _looked_at(word) for word in parts[1::2]]
    return b"".join(parts)


def _edged(pattern: re.Pattern[bytes], piece: bytes, code: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """As `pattern.sub`, where it begins a word. As part of the pattern that would cost Python its quick search."""

    def coded(found: re.Match[bytes]) -> bytes:
        before = piece[found.start() - 1 : found.start()]
        return found[0] if before.isalnum() or before >= b"\x80" or before in (b".", b"-", b"_") else code(found)

    return pattern.sub(coded, piece)


def _looked_at(word: bytes) -> bytes:
    if len(word) > _LONGEST:
        return word
    if len(_known) >= _KEPT:
        _known.clear()
    masked = _class_of(word)
    if masked == word:  # it may end a sentence, or begin a text
        bare = word.rstrip(b".:,-+")
        masked = _class_of(bare) + word[len(bare) :]
    _known[word] = masked
    return masked


def _class_of(word: bytes) -> bytes:
    """A word, or the code of its class."""
    if not re.search(rb"[0-9]", word):
        return word
    if _UUID.fullmatch(word):
        return _CODES["uuid"]
    if _MAC.fullmatch(word):
        return _CODES["mac"]
    if (found := _IPV4.fullmatch(word)) and _is_address(found[1]):
        return _CODES["address"] + found[2]
    if _DATE_TIME.fullmatch(word):
        return _CODES["time"]
    if _IPV6.fullmatch(word) and _is_address(word):
        return _CODES["address"]
    if _DURATION.fullmatch(word):
        return _CODES["duration"]
    return _CODES["size"] if _SIZE.fullmatch(word) else word


def _is_address(word: bytes) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(word.decode())
        return True
    return False
