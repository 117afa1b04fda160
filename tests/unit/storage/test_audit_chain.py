"""Records that hold each other: whatever is changed, taken out or put in, the first line that does not hold is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from atp_tui.storage.chain import FIRST, FULL, Checked, Head, Kind, check, hash_of, line_of, records

START = Head("ab" * 8, 0, "0" * 64)
TEXTS = some.text(max_size=20).filter(lambda text: text.isprintable() or not text)
FIELDS = some.dictionaries(some.sampled_from(["act", "why", "of", "at"]), TEXTS | some.integers(0, 9), max_size=3)


def chain(fields: Sequence[Mapping[str, Any]], head: Head = START, why: str = FIRST) -> tuple[list[bytes], Head]:
    """Lines without their ends: the beginning of a file, then a record each."""
    line, head = line_of(head, Kind.BEGAN, {"why": why})
    lines = [line]
    for each in fields:
        line, head = line_of(head, Kind.ASKED, each)
        lines.append(line)
    return [line.removesuffix(b"\n") for line in lines], head


@given(some.lists(FIELDS, max_size=5))
def test_what_was_written_holds(fields: list[dict[str, Any]]) -> None:
    lines, head = chain(fields)
    assert check(lines) == Checked(len(lines), head)
    assert [record["n"] for record in records(lines)] == list(range(1, len(lines) + 1))


@given(some.lists(FIELDS, min_size=1, max_size=4), some.data())
def test_a_changed_byte_is_found_in_its_line_or_the_next_one(
    fields: list[dict[str, Any]], data: some.DataObject
) -> None:
    lines, head = chain(fields)
    place = data.draw(some.integers(0, len(lines) - 1))
    at = data.draw(some.integers(0, len(lines[place]) - 1))
    byte = data.draw(some.integers(32, 126).filter(lambda byte: byte != lines[place][at]))
    lines[place] = lines[place][:at] + bytes([byte]) + lines[place][at + 1 :]
    found = check(lines)
    if place < len(lines) - 1:
        assert found.fault is not None and found.fault.line in (place + 1, place + 2)
    else:  # the last line is held by the head alone
        assert found.fault is not None or found.head != head


@given(some.lists(FIELDS, min_size=2, max_size=5), some.data())
def test_a_line_that_is_missing_doubled_or_moved_is_found(fields: list[dict[str, Any]], data: some.DataObject) -> None:
    lines, head = chain(fields)
    place = data.draw(some.integers(1, len(lines) - 2))
    for other in (
        [*lines[:place], *lines[place + 1 :]],
        [*lines[: place + 1], *lines[place:]],
        [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]],
        lines[1:],
    ):
        assert check(other).fault is not None
    assert check(lines[:-1]).head != head, "a tail that was cut off is found by the head"


def test_a_record_put_in_with_its_right_number_and_hash_is_followed_by_one_that_does_not_hold() -> None:
    lines, _ = chain([{"act": "run"}, {"act": "run"}])
    inserted, _ = line_of(Head(START.file, 1, hash_of(lines[0])), Kind.ASKED, {"act": "rm"})
    assert check([lines[0], inserted.removesuffix(b"\n"), *lines[1:]]).fault is not None


def test_the_files_follow_each_other() -> None:
    first, head = chain([{"act": "run"}])
    second, _ = chain([{"act": "run"}], Head("cd" * 8, head.number, head.hash), FULL)
    assert check(first).fault is None and check(second, head).fault is None
    other, _ = chain([], Head("cd" * 8, head.number - 1, head.hash), FULL)
    fault = check(other, head).fault
    assert fault is not None and "does not follow number 2" in fault.why


def test_a_line_that_a_crash_cut_short_is_closed_by_a_marker_that_knows_it() -> None:
    lines, head = chain([{"act": "run"}])
    torn = b'{"act":"ru'
    marker, head = line_of(head, Kind.TORN, {"bytes": len(torn), "sha256": hash_of(torn)})
    whole = [*lines, torn, marker.removesuffix(b"\n")]
    assert check(whole) == Checked(3, head)
    assert check([*lines, torn, torn, marker.removesuffix(b"\n")]).fault is not None
    assert check([*lines, b'{"act":"rm', marker.removesuffix(b"\n")]).fault is not None
    cut = check([*lines, torn]).fault
    assert cut is not None and cut.line == 3 and "cut short" in cut.why
    unmarked, _ = line_of(check(lines).head or START, Kind.ASKED, {})
    after = check([*lines, torn, unmarked.removesuffix(b"\n")]).fault
    assert after is not None and "does not say that it was cut short" in after.why


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]", "no record"),
        (b"\xff", "no record"),
        (b"[" * 100_000, "no record"),
        (json.dumps({"n": 2, "kind": "asked"}).encode(), "lacks"),
        (b'{"file":"x","kind":"asked","n":2, "prev":"y"}', "written as"),
    ],
)
def test_lines_of_another_kind(line: bytes, why: str) -> None:
    lines, _ = chain([])
    more, _ = chain([{"a": 1}])
    fault = check([*lines, line, more[1]]).fault if why != "no record" else check([line, *lines]).fault
    assert fault is not None and why in fault.why


@pytest.mark.parametrize("kind", [Kind.GAP, Kind.BEGAN])
def test_a_loss_that_was_noticed_stays_one(kind: Kind) -> None:
    lines, head = chain([], why="the file before is gone" if kind is Kind.BEGAN else FIRST)
    if kind is Kind.GAP:
        line, head = line_of(head, Kind.GAP, {"lost": 9})
        lines.append(line.removesuffix(b"\n"))
    line, _ = line_of(head, Kind.ASKED, {})
    fault = check([*lines, line.removesuffix(b"\n")]).fault
    assert fault is not None and ("gone" in fault.why)
