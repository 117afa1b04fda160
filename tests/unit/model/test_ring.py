"""What a terminal is sent as a long job ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.errors import ConfigError
from atp_tui.model.ring import JobsSettings, Ring, sent


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
