"""A host that is tried, in words: each kind of step, what helps against each cause, and texts that are hostile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.engine.try_out import HypervisorFound, TryKind, TryState, TryStep, failed
from atp_tui.model.causes import Cause, Remedy
from atp_tui.model.errors import AtpError, AuthFailed, ConfigError, ConnectFailed, CredentialWanted, HostKeyRejected
from atp_tui.model.message import text
from atp_tui.ui.text import width_of
from atp_tui.ui.widgets.try_words import NAMES, REMEDIES, Outcome, joined, lines_of

SIGNS = {"again": "^t", "trust": "t", "log_in": "L"}
K, S = TryKind, TryState


def shown(*steps: TryStep, waited: float = 0.0, outcome: Outcome | None = None, width: int = 80) -> list[str]:
    lines = lines_of(steps, waited, outcome, SIGNS, width)
    return ["".join(piece for piece, _ in line.spans) for line in lines]


def test_each_kind_and_each_remedy_has_its_words() -> None:
    assert set(NAMES) == set(TryKind) and set(REMEDIES) == set(Remedy)
    assert all(words.format_map(SIGNS) for words in REMEDIES.values())


def test_a_step_has_its_time_in_one_column() -> None:
    steps = (
        TryStep(K.ADDRESS, S.DONE, took=0.0021, found=text("192.0.2.7")),
        TryStep(K.PORT, S.LEFT_OUT, found=text("behind bastion port 22")),
        TryStep(K.GREETING, S.DONE, "bastion port 22", took=1.5, found=text("SSH-2.0-x")),
        TryStep(K.HYPERVISOR, S.DONE, took=0.25, found=HypervisorFound("QEMU", 9_002_000, 11_003_000, 1)),
        TryStep(K.HYPERVISOR, S.DONE, took=0.25, found=HypervisorFound("Xen", None, 9_000_000, 1204)),
    )
    assert shown(*steps, outcome=Outcome.WELL) == [
        " address        2.1 ms  192.0.2.7",
        " TCP port     left out  behind bastion port 22",
        " SSH greeting  1500 ms  bastion port 22: SSH-2.0-x",
        " libvirt        250 ms  QEMU 9.2, libvirt 11.3, 1 VM",
        " libvirt        250 ms  Xen, libvirt 9.0, 1,204 VMs",
        " All steps went well. Nothing was saved.",
    ]


def test_a_step_under_way_says_how_long_and_whether_it_was_stopped() -> None:
    step = TryStep(K.LOGIN, S.TRYING)
    assert shown(step) == [" login          trying  "]
    assert shown(step, waited=12.9) == [" login            12 s  "]
    assert shown(step, outcome=Outcome.STOPPED)[0] == " login         stopped  "


def test_a_step_that_has_ended_takes_the_place_of_the_one_under_way() -> None:
    done = TryStep(K.SETTINGS, S.DONE, took=0.1)
    trying = TryStep(K.LOGIN, S.TRYING)
    refused = TryStep(K.HOST_KEY, S.FAILED, problem=failed(K.HOST_KEY, AtpError("no")).problem)
    assert joined(joined((done,), trying), refused) == (done, refused)


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (ConnectFailed("nothing there", kind=Cause.PORT_REFUSED), "port refused", "^t tries again."),
        (HostKeyRejected("never seen", fingerprint="x"), "key unknown", "Save the host: in the list, t shows"),
        (AuthFailed("not you"), "login refused", "Mend that here or there"),
        (CredentialWanted("a name"), "wants a password", "Save the host: in the list, L asks"),
    ],
)
def test_a_step_that_failed_has_its_cause_and_what_helps(error: AtpError, cause: str, remedy: str) -> None:
    first, why, help = shown(failed(K.PORT, error, took=0.0304))
    assert first == f" TCP port       failed  {cause}, after 30.4 ms"
    assert why.strip() == str(error) and help.strip().startswith(remedy)


def test_a_mistake_in_a_field_names_its_place_and_what_would_be_right() -> None:
    error = ConfigError("is no port", key="ssh.port", line=7, hint="write a whole number")
    _, why, help = shown(failed(K.SETTINGS, error))
    assert "is no port; write a whole number" in why and help.strip() == "Mend the fields; ^t tries again."


HOSTILE = st.text(min_size=0, max_size=300) | st.sampled_from(["\x1b]0;x\x07", "[@click=x]", "日本" * 80, "\u202e" * 5])


@given(words=HOSTILE, peer=HOSTILE, width=st.integers(1, 200))
def test_what_a_peer_says_stays_in_its_line(words: str, peer: str, width: int) -> None:
    steps = [
        TryStep(K.GREETING, S.DONE, peer, took=0.1, found=text(words)),
        TryStep(K.HYPERVISOR, S.DONE, took=0.1, found=HypervisorFound(words, 1, 1, 1)),
        replace(failed(K.LOGIN, AuthFailed(words)), peer=peer),
    ]
    for line in shown(*steps, width=width):
        assert line.isprintable()
        assert width_of(line) <= max(width, 23)
