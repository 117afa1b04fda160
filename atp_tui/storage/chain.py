"""Records that hold each other: each has the hash of the line before. Pure.

A line is JSON with its keys in order and nothing between them (so that it can be hashed again from what it says), of
ASCII alone. Its hash is the SHA-256 of its bytes without the line's end. The first line of a file is its `began`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from ..model.data_class import dataclass

FIRST, FULL = "there was none", "the file before is full"
"""Why a file begins where nothing is wrong."""

LONGEST = 4 << 20
"""Bytes of one line: an act on 10,000 hosts with long names has a quarter of it."""


class Kind(StrEnum):
    """What a record is of."""

    BEGAN = "began"
    """A file: `before` is the file that came before it, `why` why there is a new one."""
    ASKED = "asked"
    """An act is about to be carried out."""
    REFUSED = "refused"
    """An act was kept from being carried out."""
    ENDED = "ended"
    """An act came to its end; `of` is the number of its `asked`."""
    JOB_ENDED = "job ended"
    """All hosts of a job have ended; `of` as above, `counts` is by outcome."""
    JOB_STEERED = "job steered"
    """A person has cancelled, paused or resumed a job, or called off what waits; `act` says which, `of` as above where
    this program has started it."""
    TORN = "torn"
    """The line before was cut short by a crash: `bytes` of it were there, with that `sha256`."""
    GAP = "gap"
    """The file ended before the record that its head names: what was between them is gone."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record: the random name of its file, its number, the hash of its line."""

    file: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first line that does not hold: its number in its file from 1, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look through lines has found: how many records hold, and the head of the last one of them."""

    count: int = 0
    head: Head | None = None
    fault: Fault | None = None


def line_of(head: Head, kind: Kind, fields: Mapping[str, Any]) -> tuple[bytes, Head]:
    """The line, with its end, of the record after `head` in the file `head.file`; and the new head."""
    record = {**fields, "kind": str(kind), "n": head.number + 1, "file": head.file, "prev": head.hash}
    line = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
    return line + b"\n", Head(head.file, head.number + 1, hash_of(line))


def hash_of(line: bytes) -> str:
    """The hash of a line without its end."""
    return hashlib.sha256(line).hexdigest()


def read(line: bytes) -> dict[str, Any] | None:
    """What a line says; None where it is no record."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def check(lines: Iterable[bytes], before: Head | None = None) -> Checked:
    """Look through the lines of one file, without their ends. `before` is the head of the file before it, if known."""
    head: Head | None = None
    torn: bytes | None = None
    count = place = 0
    for place, line in enumerate(lines, 1):
        record = read(line)
        if record is None or "n" not in record:
            if torn is not None or head is None:
                return Checked(count, head, Fault(place, "is no record"))
            torn = line  # a marker must follow
            continue
        why = _wrong(record, line, head, before) or _marker(record, torn) or _lost(record)
        if why:
            return Checked(count, head, Fault(place, why))
        torn, count = None, count + 1
        head = Head(record["file"], record["n"], hash_of(line))
    if torn is not None:
        return Checked(count, head, Fault(place, "was cut short, and nothing was written since"))
    return Checked(count, head)


def _wrong(record: Mapping[str, Any], line: bytes, head: Head | None, before: Head | None) -> str:
    number, file, prev = (record.get(name) for name in ("n", "file", "prev"))
    if not isinstance(number, int) or not isinstance(file, str) or not isinstance(prev, str) or "kind" not in record:
        return "lacks its number, its kind, its file, or the hash of the line before"
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    if canonical.encode() != line:
        return "is not written as this program writes it"
    if head is None:
        if record["kind"] != Kind.BEGAN:
            return "is not the beginning of a file"
        if before is not None and (number, prev) != (before.number + 1, before.hash):
            return f"does not follow number {before.number} of the file before"
        return ""
    if file != head.file:
        return "belongs to another file"
    if number != head.number + 1:
        return f"has number {number}, and {head.number + 1} was to come"
    return "" if prev == head.hash else f"does not follow what number {head.number} says now"


def _marker(record: Mapping[str, Any], torn: bytes | None) -> str:
    if torn is None:
        return ""
    if record["kind"] != Kind.TORN:
        return "follows a line that is no record, and does not say that it was cut short"
    if (record.get("bytes"), record.get("sha256")) != (len(torn), hash_of(torn)):
        return "says of the line before what is not so"
    return ""


def _lost(record: Mapping[str, Any]) -> str:
    """What a record says itself of records that are gone."""
    if record["kind"] == Kind.GAP:
        return f"was written when records were gone: the newest had been number {record.get('lost')}"
    if record["kind"] == Kind.BEGAN and record.get("why") not in (FIRST, FULL):
        return f"begins a file because {record.get('why')}"
    return ""


def records(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What the lines say, those that are no records left out."""
    for line in lines:
        if (record := read(line)) is not None and "kind" in record:
            yield record
