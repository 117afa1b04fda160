"""What a terminal is sent as a long job ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.errors import ConfigError
from atp_tui.model.outcome import Outcome
from atp_tui.model.ring import JobsSettings, Ring, facts_of, sent


def test_a_bell_a_notice_and_one_through_tmux() -> None:
    assert sent(Ring.OFF, "x", tmux=True) == ""
    assert sent(Ring.BELL, "x", tmux=True) == "\a"
    assert sent(Ring.OSC9, "job 1", tmux=False) == "\x1b]9;job 1\a"
    assert sent(Ring.OSC9, "job 1", tmux=True) == "\x1bPtmux;\x1b\x1b]9;job 1\a\x1b\\"


@given(st.text())
def test_no_words_end_the_sequence(words: str) -> None:
    text = sent(Ring.OSC9, words, tmux=False)
    assert text.startswith("\x1b]9;") and text.endswith("\a")
    assert all(" " <= each <= "~" for each in text[4:-1])


def test_only_long_jobs_ring() -> None:
    assert [JobsSettings(Ring.BELL, 30.0).rings(lasted) for lasted in (29.9, 30.0)] == [False, True]
    assert not JobsSettings().rings(1e9)
    with pytest.raises(ConfigError):
        JobsSettings("gong")


@pytest.mark.parametrize(
    ("counts", "stopped", "cancelled", "state"),
    [
        ({Outcome.OK: 3, Outcome.FAILED: 0}, False, False, "ok"),
        ({Outcome.OK: 3, Outcome.UNREACHABLE: 1}, False, False, "failed"),
        ({Outcome.OK: 3, Outcome.NOTRUN: 1, Outcome.FAILED: 1}, True, False, "stopped"),
        ({Outcome.OK: 3, Outcome.NOTRUN: 1}, False, True, "cancelled"),
        ({Outcome.CANCELLED: 3, Outcome.UNCONFIRMED: 1}, False, True, "failed"),
        ({Outcome.NOTRUN: 3}, False, False, "failed"),
        ({Outcome.OK: 3}, False, True, "ok"),
    ],
)
def test_a_command_is_told_numbers_and_a_word(
    counts: dict[Outcome, int], stopped: bool, cancelled: bool, state: str
) -> None:
    facts = facts_of(17, counts, 61.4, stopped=stopped, cancelled=cancelled)
    assert (facts["ATP_JOB"], facts["ATP_STATE"], facts["ATP_SECONDS"]) == ("17", state, "61")
    assert facts["ATP_HOSTS"] == str(sum(counts.values()))
    assert {each: int(facts[f"ATP_{each.upper()}"]) for each in counts} == counts
    assert facts_of(None, counts, 0.0, stopped=stopped, cancelled=cancelled)["ATP_JOB"] == ""
