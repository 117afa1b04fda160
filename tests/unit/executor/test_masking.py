"""Masking: what is of a class is taken out, and nothing else ever is."""

from __future__ import annotations

import ipaddress
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.masked_fold import SHOWN_BYTES, MaskedFold, masked_parts
from atp_tui.executor.masking import Mask, own_names, shown
from atp_tui.model.errors import ConfigError
from atp_tui.model.outcome import CommandResult, Outcome

MASK = Mask()


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("Mon Nov 30 08:43:20 UTC 2026", "<time>"),
        ("Nov 30 08:43:20 kvm01 sshd[1234]: Accepted", "<time> <name> sshd[<pid>]: Accepted"),
        ("2026-11-30T08:43:20+02:00 and 2026-11-30 08:43", "<time> and <time> <time>"),
        (" 08:43:20 up 3 days,  2:01,  load average: 0.00", " <time> up <duration>,  <time>,  load average: 0.00"),
        ("inet 10.0.0.1/24 brd 10.0.0.255", "inet <address>/24 brd <address>"),
        ("inet6 fe80::1%eth0/64, ::1", "inet6 <address>%eth0/64, <address>"),
        ("link/ether 52:54:00:aa:bb:cc", "link/ether <mac>"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <uuid>"),
        ("pid 17, PID=18, ppid 19", "pid <pid>, PID=<pid>, ppid 19"),
        ("took 1.5s, 2h3m, 12 seconds", "took <duration>, <duration>, <duration>"),
        ("/dev/sda1 20G 3.4G 45% 512 MB", "/dev/sda1 <size> <size> 45% <size>"),
        ("kvm01.example.org and kvm01-disk, not kvm011", "<name> and <name>-disk, not kvm011"),
        ("10.0.0.1:22", "<address>:22"),
        # and what only looks alike
        ("12:00:00 NOT running", "<time> NOT running"),
        ("ports 80:80, 1.2.3.4.5, abc::def, v6.1.0", "ports 80:80, 1.2.3.4.5, abc::def, v6.1.0"),
        ("md0 : active raid1 sdb1[1] sda1[0]", "md0 : active raid1 sdb1[1] sda1[0]"),
        ("d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
        ("999.0.0.1 25:61 1.5x x10.0.0.1", "999.0.0.1 25:61 1.5x x10.0.0.1"),
        ("Nov 30  ERROR 404", "<time>  ERROR 404"),
        ("a\0b <time>", "a\0b <time>"),
    ],
)
def test_what_is_of_a_class_is_masked(line: str, masked: str) -> None:
    names = own_names("kvm01.example.org")
    assert shown(MASK.masked(line.encode(), *names)).decode() == masked


def test_a_text_that_reads_like_a_mask_is_none() -> None:
    assert MASK.masked(b"12:00:00") != MASK.masked(b"<time>")
    assert MASK.masked(b"\0\x07") != MASK.masked(b"12:00:00")


words = st.text(alphabet="ghijklnopqrtxyz", min_size=1, max_size=6)
of_classes = st.one_of(
    st.ip_addresses().map(lambda each: ("address", str(ipaddress.ip_address(each)))),
    st.uuids().map(lambda each: ("uuid", str(uuid.UUID(int=each.int)))),
    st.datetimes().map(lambda each: ("time", f"{each:%H:%M:%S}")),
    st.integers(0, 10**6).map(lambda each: ("size", f"{each}M")),
    st.integers(0, 10**6).map(lambda each: ("duration", f"{each}ms")),
    st.binary(min_size=6, max_size=6).map(lambda each: ("mac", each.hex(":"))),
    words.map(lambda each: ("", each)),
).filter(lambda part: not part[0] or re.search("[0-9]", part[1]))  # `::` is C++ sooner than an address
outputs = st.lists(of_classes, max_size=6)


def skeleton(parts: list[tuple[str, str]]) -> list[str]:
    return [kind or text for kind, text in parts]


def scoped(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(kind, text.partition("%")[0]) for kind, text in parts]


@given(outputs, outputs)
def test_two_outputs_are_joined_where_they_differ_in_classes_alone(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    one, other = scoped(one), scoped(other)
    masked = [MASK.masked(" ".join(text for _, text in each).encode()) for each in (one, other)]
    assert (masked[0] == masked[1]) == (skeleton(one) == skeleton(other))


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_outputs_without_a_digit_are_never_changed_and_never_joined(one: bytes, other: bytes) -> None:
    one, other = (re.sub(rb"[0-9]", b"", each) for each in (one, other))
    assert shown(MASK.masked(one)) == one
    assert (MASK.masked(one) == MASK.masked(other)) == (one == other)


@given(st.text(alphabet="0123456789:.-abcdefKMs \nT[]pid", max_size=200))
def test_what_is_left_over_stands_in_the_output_in_that_order(text: str) -> None:
    """Nothing is made up: the pieces between codes are found one after the other."""
    output = text.encode()
    at = 0
    for piece in re.split(rb"\x00[\x01-\x09]", MASK.masked(output)):
        found = output.find(piece, at)
        assert found >= at
        at = found + len(piece)


@given(st.lists(st.sampled_from(["10.0.0.1 up", "x", "12:00:00", "session-17 a", ""]), max_size=60))
def test_slices_make_no_difference(lines: list[str]) -> None:
    output = "\n".join(lines * 40).encode()
    for mask in (MASK, Mask([r"session-\d+"])):
        whole = b"\n".join(mask.masked(line) for line in output.split(b"\n"))
        assert mask.masked(output) == whole


def test_a_persons_own_patterns_are_masked_first() -> None:
    mask = Mask([r"session-\d+", r"serial \w+"])
    assert shown(mask.masked(b"session-17 at 10:00:00, serial X9")) == b"<own> at <time>, <own>"
    assert mask.masked(b"session-17") != mask.masked(b"session-x")
    with pytest.raises(ConfigError, match="no regular expression"):
        Mask(["("])


def result(host: str, said: bytes, status: int = 0) -> CommandResult:
    outcome = Outcome.FAILED if status else Outcome.OK
    return CommandResult(host, outcome, status, said, b"", 0.1)


def names(target: object) -> tuple[str, ...]:
    return own_names(str(target))


def test_answers_are_joined_and_told_as_masked() -> None:
    said = [result(f"kvm{n:02}", b"kvm%02d at 10.0.0.%d\n" % (n, n)) for n in range(1, 9)]
    fold = masked_parts([*said, result("kvm09", b"kvm09 down\n"), result("kvm10", b"kvm10 down\n", 1)], MASK, names)
    joined, odd, failed = sorted(fold.parts(), key=lambda part: part.group)
    assert (joined.label, joined.count, joined.variants) == ("kvm[01-08]", 8, 8)
    assert fold.output(joined.digest) == b"<name> at <address>"
    assert (odd.label, odd.variants, failed.exit_status) == ("kvm09", 1, 1)
    assert fold.output(odd.digest) is None, "what was joined with nothing is shown as it came"


def test_the_name_of_another_host_is_not_masked() -> None:
    fold = masked_parts([result("kvm01", b"kvm01\n"), result("kvm02", b"kvm01\n")], MASK, names)
    assert [part.count for part in fold.parts()] == [1, 1]


def test_results_that_come_later_join_those_that_were_there() -> None:
    said = [result(f"kvm{n:02}", b"up 10:00:%02d\n" % n) for n in range(1, 4)]
    fold = MaskedFold(MASK, names)
    for count in (1, 3, 3):
        for _ in fold.taking(said[:count]):
            pass
    (part,) = fold.parts()
    assert (part.count, part.variants) == (3, 3)
    assert {str(target) for target in fold.members(part.group)} == {"kvm01", "kvm02", "kvm03"}


def test_what_is_kept_to_be_shown_is_bounded() -> None:
    said = [result(f"kvm{n}", b"%d.0.0.1 x\n" % n * 20_000) for n in (1, 2)]
    fold = masked_parts(said, MASK, names)
    (part,) = fold.parts()
    output = fold.output(part.digest)
    assert output is not None and len(output) < 4 * SHOWN_BYTES
    assert part.clipped, "and that is told"
    (whole,) = masked_parts([result(f"kvm{n}", b"%d.0.0.1 x\n" % n) for n in (1, 2)], MASK, names).parts()
    assert not whole.clipped
