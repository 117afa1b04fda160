"""The answers: streamed while hosts work, folded when they are done, bounded, and safe whatever a host sends."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace

import pytest

from atp_tui.actions.action import Action, Context, Invocation, Subject
from atp_tui.executor.job import Job
from atp_tui.executor.reader import TargetEnded, TargetOutput, TargetStarted, TargetStopping
from atp_tui.model import english
from atp_tui.model.message import text
from atp_tui.model.outcome import CommandResult, Outcome, Stream
from atp_tui.model.say import Say
from atp_tui.model.target import TargetId
from atp_tui.ui.widgets import output_line
from atp_tui.ui.widgets.answers_model import AnswersModel
from atp_tui.ui.widgets.group_body import MOST_LINES
from atp_tui.ui.widgets.live_lines import LIVE_LINES
from atp_tui.ui.widgets.output_line import LINE_BYTES

from .answered import Answering
from .conftest import open_app
from .fleet_services import FleetServices, rack
from .rows import NOW

TALLY = r"13/13 done · 13 failed · [0-9.]+ s "
HOSTILE = b"\x1b]0;owned\x07\x1b[2J[red]x[/] [@click=app.bell]y[/] \x9b31m\xe2\x80\xaeevil\n"


def model_of(*hosts: str) -> Answering:
    return Answering(*hosts)


def result(
    host: str, out: bytes = b"", outcome: Outcome = Outcome.OK, status: int | None = 0, **more: str
) -> TargetEnded:
    error = text(more["error"]) if "error" in more else None
    ended = CommandResult(host, outcome, status, out, b"", 0.5, error)
    return TargetEnded("job", 1, 0.0, TargetId(host), ended)


def started(host: str) -> TargetStarted:
    return TargetStarted("job", 1, 0.0, TargetId(host))


def output(host: str, data: bytes, stream: Stream = "stdout") -> TargetOutput:
    return TargetOutput("job", 1, 0.0, TargetId(host), stream, data)


def text_of(model: AnswersModel) -> list[str]:
    return ["".join(text for text, _ in line.spans) for line in model.lines()]


def test_a_host_goes_from_waiting_to_running_to_its_end() -> None:
    model = model_of("kvm01", "kvm02")
    assert [text.split()[2:] for text in text_of(model)] == [["kvm[01-02]", "2", "waiting"]]
    model.apply(started("kvm01"))
    model.apply(output("kvm01", b"one\ntw"))
    first = text_of(model)[0]
    assert "running" in first
    assert first.endswith("tw"), "the line that is being written is seen"
    model.apply(result("kvm01", b"one\ntwo\n", Outcome.FAILED, 3))
    assert "exit 3" in text_of(model)[0]
    assert model.summary() == "1/2 done · 1 failed · 0 s"


def test_a_host_is_being_cancelled_until_its_end_is_known_and_what_may_still_run_is_counted_apart() -> None:
    hosts = [f"kvm{number:02}" for number in range(1, 9)]
    model = model_of(*hosts)
    for host in hosts[:7]:
        model.apply(started(host))
        model.apply(TargetStopping("job", 1, 0.0, TargetId(host)))
    assert [text.split()[3:5] for text in text_of(model)] == [["7", "cancelling"], ["1", "waiting"]]
    assert model.summary() == "0/8 done · 7 cancelling · 0 s"
    why = english.SENTENCES[Say.NOT_CONFIRMED]
    for host in hosts[:6]:
        model.apply(result(host, b"", Outcome.UNCONFIRMED, None, error=why))
    assert model.summary() == "6/8 done · 6 cancelled, not confirmed: may still run · 1 cancelling · 0 s"
    assert text_of(model)[0].split()[2:] == ["kvm[01-06]", "6", "unconfirmed", *why.split()]
    model.apply(result(hosts[6], b"", Outcome.CANCELLED, None))
    model.apply(result(hosts[7], b"", Outcome.NOTRUN, None))
    model.finish()
    assert model.summary() == "8/8 done · 6 cancelled, not confirmed: may still run · 1 cancelled · 1 notrun · 0.0 s"
    assert [head.split()[2] for head in text_of(model)] == ["kvm[01-06]", "kvm07", "kvm08"]


def test_equal_answers_are_one_block_and_the_worst_come_first() -> None:
    model = model_of("kvm01", "kvm02", "kvm03", "kvm04", "kvm05")
    for host in ("kvm01", "kvm02"):
        model.apply(result(host, b"6.1.0-56\n"))
    model.apply(result("kvm03", b"6.1.0-49\n"))
    model.apply(result("kvm04", b"sh: not found\n", Outcome.FAILED, 127))
    model.apply(result("kvm05", b"", Outcome.UNREACHABLE, None, error="connection refused"))
    model.finish()
    heads = [line for line in text_of(model) if not line.startswith("    ")]
    assert [head.split()[2] for head in heads] == ["kvm05", "kvm04", "kvm03", "kvm[01-02]"]
    assert "unreachable" in heads[0] and "connection refused" in heads[0]
    assert "exit 127" in heads[1]
    assert "-56-" not in heads[1], "what went wrong is not compared with what went well"
    assert "~ 6.1.0-[-56-]{+49+}" in heads[2]
    assert model.summary() == "5/5 done · 3 ok · 1 unreachable · 1 failed · 0.0 s"
    assert model.failed_hosts == ("kvm04", "kvm05")


def test_the_time_of_a_job_is_the_jobs_and_is_shown_while_it_runs() -> None:
    """Two hosts that took half a second each, one after the other: the job took 20 s, and not 0.5."""
    now = [NOW]
    model = Answering("kvm01", "kvm02", now=lambda: now[0])
    assert model.summary() == "0/2 done · 0 s"
    now[0] += 12.3
    model.apply(result("kvm01"))
    assert model.summary() == "1/2 done · 1 ok · 12 s"
    now[0] += 7.4
    model.apply(result("kvm02"))
    model.finish()
    now[0] += 100
    assert model.summary() == "2/2 done · 2 ok · 20 s", "it does not go on when it is over"


async def test_the_time_of_a_running_job_goes_on_without_news() -> None:
    fakes = FleetServices(rack(2))
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark")
        await opened.type("id")
        await opened.press("enter")
        await opened.until(lambda: fakes.jobs.started)
        fakes.transport.clock.ahead += 300
        await opened.until(lambda: opened.has("0/1 done · 5 min") or opened.has("0/1 done · 300 s"))


def test_blocks_fold_and_unfold() -> None:
    model = model_of("kvm01", "kvm02", "kvm03")
    for number, host in enumerate(("kvm01", "kvm02", "kvm03")):
        model.apply(result(host, b"a\nb\nc %d\n" % number))
    model.finish()
    assert len(model.lines()) == 3
    block = model.lines()[0].block
    model.toggle(block)
    assert [line.strip() for line in text_of(model)[1:4]] == ["a", "b", "c 0"]
    model.toggle_all()
    assert len(model.lines()) > 9
    model.toggle_all()
    assert len(model.lines()) == 3
    keys = [line.key for line in model.lines()]
    assert len(set(keys)) == len(keys)


def test_a_thousand_unfolded_blocks_are_found_by_their_keys_without_being_made() -> None:
    model = model_of(*(f"kvm{n:04}" for n in range(1000)))
    for number in range(1000):
        model.apply(result(f"kvm{number:04}", b"".join(b"%d of %d\n" % (line, number) for line in range(100))))
    model.finish()
    model.toggle_all()
    lines = model.lines()
    assert len(lines) == 1000 * 101
    places = lines.places
    for index in (0, 1, 100, 101, 777 * 101 + 5, len(lines) - 1):
        assert places[lines[index].key] == index
        assert lines[index - len(lines)].key == lines[index].key
    assert lines[777 * 101 + 6].spans[-1][0] == "5 of 777"
    assert "kvm0777 and" not in lines[777 * 101].key
    for key in ("no such block", "group 0\n100"):
        assert key not in places
    assert [line.key for line in lines[100:102]] == [lines[100].key, lines[101].key]


async def test_names_too_many_for_one_stretch_come_after_the_answers() -> None:
    names = tuple(f"dc{n % 3}-r{n % 7}-u{n:04}" for n in range(1200))
    model = model_of(*names)
    for name in names:
        model.apply(result(name, b"same\n"))
    model.finish()
    assert "dc0-r0-u0000,dc0-r0-u0021,dc0-r…  1200 " in text_of(model)[0]
    assert await model.name_parts()
    assert "dc0-r0-u[0000,0021,0042," in text_of(model)[0]
    assert not await model.name_parts()


def test_what_the_head_of_a_block_says_is_not_said_again_below_it() -> None:
    for answers, lines in (((b"6.1.0-56\n", b"6.1.0-49\n"), 2), ((b"", b"6.1\n"), 2), ((b"a\nb\n", b"a\n"), 7)):
        model = model_of("kvm01", "kvm02")
        for host, answer in zip(("kvm01", "kvm02"), answers, strict=True):
            model.apply(result(host, answer))
        model.finish()
        assert len(text_of(model)) == lines, text_of(model)
    model = model_of("kvm01")
    model.apply(result("kvm01", b"half\n", Outcome.TIMEOUT, None, error="took longer than 3 s"))
    model.finish()
    assert "took longer than 3 s" in text_of(model)[1], "what the head has no room for is shown"


def test_a_single_host_is_unfolded_from_the_start() -> None:
    model = model_of("kvm01")
    model.apply(output("kvm01", b"one\n"))
    model.apply(output("kvm01", b"two\n", "stderr"))
    assert [line.strip() for line in text_of(model)[1:]] == ["one", "two"]


def test_no_control_byte_and_no_markup_comes_through() -> None:
    model = model_of("kvm01")
    model.apply(output("kvm01", HOSTILE))
    live = "\n".join(text_of(model))
    model.apply(result("kvm01", HOSTILE, error="\x1b[31mred\x07"))
    model.finish()
    for shown in (live, "\n".join(text_of(model))):
        assert all(character.isprintable() or character == "\n" for character in shown)
        assert "[@click=app.bell]y[/]" in shown, "shown as it is, not acted on"


def test_endless_output_costs_bounded_memory() -> None:
    model = model_of("kvm01")
    for _ in range(200):
        model.apply(output("kvm01", b"line\n" * 1000))
    assert len(model.lines()) == 1 + LIVE_LINES
    model.apply(output("kvm01", b"x" * 10_000_000))
    assert max(len(text) for text in text_of(model)) < LINE_BYTES + 50
    model.apply(result("kvm01", b"line\n" * (MOST_LINES + 7)))
    model.finish()
    assert len(model.lines()) == 1 + MOST_LINES + 1
    assert "only the first" in text_of(model)[-1]


def test_of_a_million_lines_no_more_are_taken_apart_than_are_kept() -> None:
    model, said = model_of("kvm01"), output("kvm01", b"\n" * 1_000_000)
    tracemalloc.start()
    try:
        model.apply(said)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert len(model.lines()) == 1 + LIVE_LINES


def test_only_lines_that_are_looked_at_become_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 lines of a binary file took 0.3 s of the event loop, for each piece that came."""
    made: list[bytes] = []
    cut = output_line._cut
    monkeypatch.setattr(output_line, "_cut", lambda line: made.append(line) or cut(line))  # type: ignore[func-returns-value]
    model = model_of("kvm01")
    for number in range(5):
        model.apply(output("kvm01", b"%d\n" % number * 1000))
    lines = model.lines()
    assert "4" in "".join(text for text, _ in lines[0].spans)
    assert lines[-1].spans[-1][0] == "4"
    assert len(made) == 2


def test_unchanged_blocks_are_not_made_again() -> None:
    model = model_of("kvm01", "kvm02")
    model.apply(started("kvm01"))
    before = model.lines()
    model.apply(started("kvm02"))
    model.apply(output("kvm02", b"one\n"))
    after = model.lines()
    assert after[0] is before[0]
    assert after[1] is not before[1]


async def test_output_streams_to_the_screen_and_folds_when_done(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        job.output("kvm02", b"hello\n")
        await opened.until(lambda: opened.has("hello"))
        assert opened.has("1 job running")
        for host in job.hosts:
            job.end(host, out=b"hello\n")
        await opened.until(lambda: opened.has("4/4 done · 4 ok"))
        assert opened.has("kvm[01-04]")
        assert not opened.has("job running")


async def test_the_output_of_one_host_is_followed_until_one_looks_back(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        job.output("kvm01", b"".join(b"line %d\n" % number for number in range(60)))
        await opened.until(lambda: opened.has("line 59"))
        opened.screen.answers.focus()
        await opened.press("home")
        assert opened.has("line 0 ")
        job.output("kvm01", b"line 60\n")
        await opened.until(lambda: len(opened.screen.answers.lines) == 62)
        assert opened.screen.answers.scroll_offset.y == 0


async def test_hostile_output_reaches_the_screen_harmless(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        job.output("kvm01", HOSTILE)
        await opened.until(lambda: opened.has("[@click=app.bell]"))
        job.end("kvm01", out=HOSTILE, error="[/] \x1b[2J")
        await opened.until(lambda: opened.has("1/1 done"))
        assert all(character.isprintable() or character == "\n" for character in opened.text())


async def test_rerun_asks_only_the_hosts_that_failed(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for host in job.hosts:
            wrong = host in ("kvm02", "kvm03")
            job.end(host, Outcome.FAILED if wrong else Outcome.OK, int(wrong), b"x")
        await opened.until(lambda: opened.has("r rerun failed"))
        opened.screen.answers.focus()
        await opened.press("r")
        await opened.read()
        assert len(fakes.jobs.started) == 1 and opened.has("run again: 2 hosts") and opened.has("on kvm[02-03]")
        await opened.press("y")
        assert fakes.jobs.started[1].hosts == ("kvm02", "kvm03")
        assert fakes.jobs.started[1].title == "ls"
        assert not fakes.door.passed, "r in the answers is not the registry's retry"


async def never(context: Context, invocation: Invocation) -> Job | None:
    raise AssertionError("the door of these tests carries nothing out")


async def test_another_action_that_starts_a_job_is_shown_and_run_again_as_what_it_is(fakes: FleetServices) -> None:
    """Its title is no command line: to run that again would be to run a word on the hosts."""
    probe = Action("probe", "probe", None, "ask it", Subject.HOSTS, changes=False, run=never, starts_job=True)
    fakes.door.actions = (*fakes.door.actions, probe)
    fakes.services = replace(fakes.services, actions=fakes.door.actions)
    async with open_app(fakes) as opened:
        await opened.press("colon", *"probe @kvm[02-03]", "enter")
        await opened.until(lambda: bool(fakes.jobs.started))
        (job,) = fakes.jobs.started
        opened.screen.answers.focus()
        await opened.press("r")
        await opened.until(lambda: opened.has("#1 probe still runs"))
        job.end("kvm02", Outcome.OK, 0, b"x")
        job.end("kvm03", Outcome.FAILED, 1, b"x")
        await opened.until(lambda: opened.has("r rerun failed"))
        opened.screen.answers.focus()
        await opened.press("r")
        await opened.until(lambda: len(fakes.jobs.started) == 2)
        assert (fakes.jobs.started[1].hosts, fakes.jobs.started[1].title) == (("kvm03",), "probe")


async def test_enter_unfolds_the_block_under_the_cursor() -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for host in job.hosts:
            job.end(host, out=f"first\nof {host}\n".encode())
        await opened.until(lambda: opened.has("3/3 done"))
        assert not opened.has("of kvm02")
        opened.screen.answers.focus()
        await opened.press("down", "enter")
        assert opened.has("of kvm02")
        await opened.press("enter")
        assert not opened.has("of kvm02")


async def test_answers_can_be_cleared(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("exclamation_mark", *"ls", "enter")
        fakes.jobs.started[0].end("kvm01", out=b"gone soon")
        await opened.until(lambda: opened.has("gone soon"))
        await opened.press("escape", "colon", *"clear", "enter")
        await opened.until(lambda: not opened.has("gone soon"))


@pytest.mark.parametrize("width", [60, 80, 120, 179, 180, 200])
@pytest.mark.parametrize("command", ["id", "for each in $(ls /srv/backup); do echo $each; done | sort | tail -n 20"])
async def test_the_tally_is_never_cut(width: int, command: str) -> None:
    fakes = FleetServices(rack(13))
    async with open_app(fakes, (width, 30)) as opened:
        opened.hosts.action_mark_shown()
        await opened.press("exclamation_mark")
        opened.screen.pane.line.value = command
        await opened.press("enter")
        await opened.until(lambda: fakes.jobs.started)
        for host in fakes.jobs.started[-1].hosts:
            fakes.jobs.started[-1].end(host, Outcome.FAILED, 1)
        await opened.until(lambda: opened.has("13/13 done"))
        title = next(line for line in opened.lines() if "13/13 done" in line)
        assert re.search(TALLY, title), title
        assert command[:2] in title
        await opened.pilot.resize_terminal(70 if width > 100 else 110, 30)
        await opened.pilot.pause()
        assert re.search(TALLY, opened.text())


async def test_a_copy_is_told() -> None:
    fakes = FleetServices(rack(1))
    async with open_app(fakes) as opened:
        await opened.type("!seq")
        await opened.press("enter")
        await opened.until(lambda: fakes.jobs.started)
        fakes.jobs.started[-1].end("kvm01", Outcome.OK, 0, b"1\n2\n3\n")
        await opened.until(lambda: opened.has("1/1 done"))
        opened.screen.answers.focus()
        await opened.press("y")
        await opened.until(lambda: "copied " in opened.lines()[-1])
        lines = opened.app.clipboard.count("\n") + 1
        assert f"copied {lines} line" in opened.lines()[-1]


async def test_the_line_under_the_cursor_stays_in_its_row_while_others_come_above_it() -> None:
    fakes = FleetServices(rack(18))
    async with open_app(fakes, (120, 40)) as opened:
        opened.hosts.action_mark_shown()
        await opened.press("exclamation_mark", *"ls", "enter")
        await opened.until(lambda: bool(fakes.jobs.started))
        (job,) = fakes.jobs.started
        for number, host in enumerate(job.hosts[:14]):
            job.output(host, b"%d\n" % number)
        await opened.until(lambda: len(opened.screen.answers.lines) == 15)
        answers = opened.screen.answers
        answers.focus()
        await opened.press(*["down"] * 5)
        line, row = answers.cursor_line, answers.cursor_place - answers.scroll_offset.y
        assert line is not None and line.key == "kvm06"
        for number, host in enumerate(job.hosts[14:]):
            job.end(host, Outcome.FAILED, 1, b"bad %d\n" % number)
        await opened.until(lambda: len(answers.lines) == 18)
        await opened.pilot.pause()
        now = answers.cursor_line
        assert now is not None and now.key == "kvm06"
        assert answers.cursor_place - answers.scroll_offset.y == row and answers.cursor_place == 9
