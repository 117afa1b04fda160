"""The words for libvirt's reasons of a domain's state, held against the numbers of libvirt's own binding."""

from __future__ import annotations

import pytest

from atp_tui.model.node import REASONS, DomainState, reason_of

libvirt = pytest.importorskip("libvirt")

# domain states by the middle of libvirt's names; VIR_DOMAIN_SHUTDOWN_… are flags of another call, but for two
NAMES = {
    DomainState.NOSTATE: "NOSTATE",
    DomainState.RUNNING: "RUNNING",
    DomainState.BLOCKED: "BLOCKED",
    DomainState.PAUSED: "PAUSED",
    DomainState.SHUTDOWN: "SHUTDOWN",
    DomainState.SHUTOFF: "SHUTOFF",
    DomainState.CRASHED: "CRASHED",
    DomainState.PMSUSPENDED: "PMSUSPENDED",
}
FLAGS = {"DEFAULT", "ACPI_POWER_BTN", "GUEST_AGENT", "INITCTL", "SIGNAL", "PARAVIRT"}
WORDS = {
    "IOERROR": "I/O error", "CANCELED": "cancelled", "SHUTDOWN": "shut down", "WAKEUP": "woken up",
    "UNPAUSED": "resumed", "POSTCOPY": "post-copy", "SAVE": "save", "DUMP": "dump",
}  # fmt: skip


def constants(name: str) -> dict[str, int]:
    """The reasons of that state: the last part of libvirt's names, and the number."""
    start = f"VIR_DOMAIN_{name}_"
    found = {each.removeprefix(start): getattr(libvirt, each) for each in dir(libvirt) if each.startswith(start)}
    return {each: number for each, number in found.items() if not (name == "SHUTDOWN" and each in FLAGS)}


@pytest.mark.parametrize("state", list(DomainState))
def test_each_reason_of_the_binding_has_its_words(state: DomainState) -> None:
    assert getattr(libvirt, f"VIR_DOMAIN_{NAMES[state]}") == list(DomainState).index(state)
    reasons = {each: number for each, number in constants(NAMES[state]).items() if not each.startswith("DISK_")}
    assert reasons and reasons["UNKNOWN"] == 0
    assert reason_of(state, 0) is None
    for each, number in reasons.items():
        if each in ("UNKNOWN", "LAST"):
            continue
        words = reason_of(state, number)
        assert words is not None, f"{state}: nothing is said of {each}, {number}"
        wanted = WORDS.get(each) or each.split("_")[0].lower()
        wanted = "post-copy" if each.startswith("POSTCOPY") else wanted
        assert wanted in words, f"{state} {number} is {each}, and not {words}"


@pytest.mark.parametrize("number", [None, -1, 99, 1.0, "1"])
def test_a_number_that_nobody_knows_is_no_reason_and_no_error(number: object) -> None:
    for state in REASONS:
        assert reason_of(state, number) is None
