"""`|` in the answers: only lines that match are shown, as it is typed, whatever is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from atp_tui.executor.live_groups import LiveGroups
from atp_tui.executor.reader import TargetOutput
from atp_tui.model.errors import ConfigError
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import TargetId
from atp_tui.ui import turns
from atp_tui.ui.turns import Turns
from atp_tui.ui.widgets.answer_filter import AnswerFilter
from atp_tui.ui.widgets.live_filter import LiveFilter
from atp_tui.ui.widgets.live_lines import Live

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


async def test_lines_of_hosts_at_work_are_filtered_as_they_come(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        one, two, *others = job.hosts
        job.output(one, b"error 1\nfine\n")
        job.output(two, b"fine\n")
        for host in others:
            job.end(host, Outcome.OK, 0, b"fine\n")
        await opened.until(lambda: opened.has("2/4 done"))
        answers = opened.screen.answers
        answers.focus()
        await opened.press("vertical_line", *"error", "enter")
        await opened.until(lambda: opened.has("1 of the last 2 lines") and len(answers.lines) == 2)
        assert opened.has("error 1") and not opened.has("fine")
        job.output(one, b"error 2\n")
        job.output(two, b"an error, too\n")
        await opened.until(lambda: len(answers.lines) == 5 and opened.has("2 of the last 3 lines"))
        assert opened.has("error 2") and opened.has("an error, too")
        job.end(one, Outcome.OK, 0, b"error 1\nfine\nerror 2\n")
        await opened.until(lambda: opened.has("2 of 3 lines") and opened.has("an error, too"))


def test_a_line_of_a_host_at_work_is_held_against_an_expression_once() -> None:
    held: list[bytes] = []

    class Counting(AnswerFilter):
        def matches(self, line: bytes) -> bool:
            held.append(line)
            return super().matches(line)

    groups, live, found = LiveGroups(2), [Live(), Live()], LiveFilter()
    for _ in range(3):
        for host in range(2):
            data = b"".join(b"%d of %d\n" % (number, host) for number in range(3))
            groups.take(host, "stdout", data)
            live[host].take(TargetOutput("job", 0, 0.0, TargetId(f"h{host}"), "stdout", data))
        list(found.find(Counting("^1"), groups.groups(), live))
    assert sorted(held) == sorted(b"%d of %d" % (number, host) for number in range(3) for host in range(2))
    (first, _) = groups.groups()
    assert [line for line, _ in found.rows(first)] == [b"1 of 0"] * 3
    groups.end(0)
    list(found.find(Counting("^1"), groups.groups(), live))
    assert found.rows(first) == (), "what ended is forgotten"


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
