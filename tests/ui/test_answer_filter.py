"""`|` in the answers: only lines that match are shown, as it is typed, whatever is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from atp_tui.model.errors import ConfigError
from atp_tui.model.outcome import Outcome
from atp_tui.ui import turns
from atp_tui.ui.turns import Turns
from atp_tui.ui.widgets.answer_filter import AnswerFilter

from .conftest import open_app
from .fleet_services import FleetServices


def test_lines_that_match_are_found_once_and_in_slices() -> None:
    looked: list[bytes] = []

    def output(digest: bytes) -> bytes:
        looked.append(digest)
        return b"".join(b"%d of %s\n" % (number, digest) for number in range(5000)).rstrip()

    found = AnswerFilter(r"^49\d\d")
    pauses = sum(1 for _ in found.find([b"a", b"b"], output))
    assert pauses > 10 and found.told(b"a") == "100 of 5000 lines" and found.lines(b"b")[0] == b"4900 of b"
    assert not list(found.find([b"a"], output)) and looked == [b"a", b"b"]
    assert found.lines(b"not looked at") == ()


def test_what_is_searched_is_what_is_read() -> None:
    found = AnswerFilter("^error$")
    list(found.find([b"a"], lambda _: b"\x1b[31merror\x1b[0m\n10%\rerror\nerror\rdone"))
    assert found.told(b"a") == "2 of 3 lines"


@pytest.mark.parametrize("text", ["(", "(a+)+", "a*"])
def test_what_could_hold_the_loop_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        AnswerFilter(text)


async def test_lines_are_filtered_as_they_are_typed(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for number, host in enumerate(job.hosts):
            job.end(host, Outcome.OK, 0, b"eth0 up\nlo up\nhost %d\n" % (number // 2))
        await opened.until(lambda: opened.has("4/4 done"))
        answers = opened.screen.answers
        answers.focus()
        await opened.press("vertical_line", *"eth")
        await opened.until(lambda: opened.has("1 of 3 lines") and len(answers.lines) == 4)
        assert opened.has("eth0 up") and not opened.has("lo up")
        await opened.press("(")
        await opened.until(lambda: opened.has("no regular expression"))
        await opened.press("backspace", "backspace", "backspace", "backspace", *"host 1", "enter")
        await opened.until(lambda: len(answers.lines) == 2 and opened.has("host 1"))
        await opened.press("vertical_line", "escape")
        await opened.until(lambda: opened.has("lo up"))


def test_work_that_was_begun_before_takes_no_further_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_TURN", -1.0)  # each step is a turn
    later: list[Callable[[], None]] = []
    work, told = Turns(lambda _, call: later.append(call)), list[str]()
    first, second = iter([None] * 5), iter([None] * 2)
    work.begin(first, lambda: told.append("first"))
    work.begin(second, lambda: told.append("second"))
    while later:
        later.pop(0)()
    assert told == ["second"] and len(list(first)) == 4


async def test_lines_are_looked_for_again_where_other_answers_were_shown_meanwhile(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_TURN", -1.0)
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for host in job.hosts:
            job.end(host, Outcome.OK, 0, b"eth0 up\n" * 50)
        await opened.until(lambda: opened.has("4/4 done"))
        answers, shown = opened.screen.answers, opened.screen.jobs.shown
        assert shown is not None and answers.filter_lines("eth") == "" and not len(answers.lines)
        answers.show(None)
        await opened.pilot.pause(0.05)
        assert not len(answers.lines)
        answers.show(shown.model)
        await opened.until(lambda: len(answers.lines) == 51)
