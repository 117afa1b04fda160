"""Where all of an output is that is not kept whole, on the screen."""

from __future__ import annotations

from atp_tui.executor.fold import Fold
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.ui.widgets.group_body import GroupBody


def lines(*, truncated: bool, spilled: str) -> list[str]:
    fold = Fold()
    fold.add(CommandResult("a", Outcome.OK, 0, b"x\ny\n", b"", 0.1, None, truncated=truncated))
    (part,) = fold.parts()
    body = GroupBody(part, b"x\ny\n", None, None, spilled)
    return ["".join(text for text, _ in body(number)) for number in range(body.count)]


def test_an_answer_that_was_cut_says_so_and_where_all_of_it_is() -> None:
    more = "… there was more output than is kept"
    assert lines(truncated=False, spilled="") == ["x", "y"]
    assert lines(truncated=True, spilled="") == ["x", "y", more]
    assert lines(truncated=True, spilled="/state/17") == ["x", "y", more, "all of it: /state/17"]
