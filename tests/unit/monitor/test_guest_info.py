"""What is made of libvirt's answer about a guest, whatever it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.guest import GuestFileSystem, GuestInfo
from atp_tui.monitor.guest_info import LONGEST, MOST, guest_info

KEYS = [
    "hostname", "os.name", "os.version", "os.pretty-name", "os.kernel-release", "timezone.name", "timezone.offset",
    "user.count", "user.0.name", "user.0.login-time", "fs.count", "fs.0.mountpoint", "fs.0.fstype", "fs.0.total-bytes",
    "fs.0.used-bytes", "if.count", "if.0.name", "if.0.hwaddr", "if.0.addr.count", "if.0.addr.0.addr",
    "if.0.addr.0.prefix",
]  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300), st.binary(), st.lists(st.none())
)


@given(st.one_of(VALUES, st.dictionaries(st.sampled_from(KEYS), VALUES)))
def test_nothing_that_a_guest_says_is_more_than_it_should_be(answer: Any) -> None:
    found = guest_info(answer)
    texts = [found.hostname, found.system, found.kernel, found.zone, *(user.name for user in found.users)]
    texts += [text for each in found.file_systems for text in (each.mounted_at, each.kind)]
    texts += [text for each in found.interfaces for text in (each.name, each.hardware, *each.addresses)]
    assert all(type(text) is str and len(text) <= 2 * LONGEST + 1 and "\n" not in text for text in texts)
    assert all(len(part) <= MOST for part in (found.users, found.file_systems, found.interfaces))
    assert all(each.share is None or each.share >= 0 for each in found.file_systems)


@pytest.mark.parametrize(
    ("answer", "info"),
    [
        ({}, GuestInfo()),
        ({"os.name": "Windows", "os.version": "2022"}, GuestInfo(system="Windows 2022")),
        ({"fs.count": 1 << 62}, GuestInfo(file_systems=(GuestFileSystem("", "", None, None),) * MOST)),
        ({"timezone.offset": -34_200, "user.count": -1}, GuestInfo(offset=-34_200)),
    ],
)
def test_what_is_missing_is_empty(answer: dict[str, Any], info: GuestInfo) -> None:
    assert guest_info(answer) == info
