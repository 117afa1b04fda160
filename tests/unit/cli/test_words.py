"""What a verb says of how a host ended."""

from __future__ import annotations

import pytest

from atp_tui.cli.words import ending
from atp_tui.model.message import Message, told
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.say import Say


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (None, "exit status 127"),
        (
            told(Say.FOUND_BY_LOGIN, path="/usr/sbin/x"),
            "exit status 127: a login shell there finds /usr/sbin/x: --login runs the command in one",
        ),
    ],
)
def test_what_is_known_of_an_exit_status_stands_behind_it(note: Message | None, words: str) -> None:
    assert ending(CommandResult("a", Outcome.FAILED, 127, b"", b"", 0.1, error=note)) == words
