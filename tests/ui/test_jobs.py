"""Several jobs at once: each runs until its own end, one of them is shown, and none is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.engine.fleet_jobs import Parts
from atp_tui.model.outcome import Outcome
from atp_tui.ui.job_control import MOST_JOBS
from atp_tui.ui.screens.ask import AskScreen
from atp_tui.ui.widgets.answer_heads import DROPPED
from atp_tui.ui.widgets.job_list import STATES, JobList

from .conftest import Opened, open_app
from .fleet_services import FakeJob, FleetServices, rack
from .keyboard import Keyboard


async def run(opened: Opened, line: str) -> FakeJob:
    """Type a line into the command line, as a terminal sends it, and wait for its job."""
    before = len(opened.screen.jobs.jobs), len(opened.fakes.jobs.started)
    if not opened.screen.pane.line.has_focus:
        await opened.press("exclamation_mark")
    keyboard = Keyboard(opened.app)
    keyboard.send(f"{line}\r".encode())
    await keyboard.done()
    await opened.until(lambda: len(opened.fakes.jobs.started) > before[1])
    job = opened.fakes.jobs.started[-1]
    await opened.until(lambda: opened.screen.jobs.is_shown(job.id))
    return job


def rows(opened: Opened) -> list[str]:
    """The list of jobs as it stands on the screen."""
    return [line.strip("▌ │") for line in opened.lines() if line.lstrip("▌ │").startswith("#")]


def row(opened: Opened, number: int) -> str:
    """The line of one job; empty where it is not in view."""
    return next((row for row in rows(opened) if row.startswith(f"#{number} ")), "")


def title(opened: Opened) -> str:
    return next(line for line in opened.lines() if "answers" in line)


@asynccontextmanager
async def two_jobs(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Opened, FakeJob, FakeJob]]:
    """`sleep` on kvm01 and kvm02, and then `uname -r` on kvm03 and kvm04, which is shown; both run."""
    async with open_app(FleetServices(rack(4)), size) as opened:
        first = await run(opened, "@kvm[01-02] sleep 9")
        yield opened, first, await run(opened, "@kvm[03-04] uname -r")


async def test_a_second_command_starts_a_second_job_which_is_shown() -> None:
    async with two_jobs() as (opened, first, second):
        assert (first.hosts, second.hosts) == (("kvm01", "kvm02"), ("kvm03", "kvm04"))
        assert "#2 uname -r  0/2 done" in title(opened)
        assert opened.has("+1 job running")
        second.output("kvm03", b"6.1.0\n")
        first.output("kvm01", b"not to be seen\n")
        await opened.until(lambda: opened.has("6.1.0"))
        await opened.until(lambda: "running" in row(opened, 1))
        assert not opened.has("not to be seen") and not opened.has("kvm01  running")


async def test_each_job_has_its_line_newest_first() -> None:
    async with two_jobs() as (opened, first, second):
        first.end("kvm01", out=b"x")
        second.end("kvm03", out=b"x")
        second.end("kvm04", Outcome.FAILED, 3, b"y")
        await opened.until(lambda: "failed" in row(opened, 2))
        newest, oldest = rows(opened)
        assert newest.split()[:5] == ["#2", "✕", "failed", "2/2", "●1"] and newest.endswith("uname -r")
        assert oldest.split()[:5] == ["#1", "◔", "running", "1/2", "●1"] and oldest.endswith("sleep 9")
        await opened.press("pagedown")
        assert opened.screen.jobs.shown is opened.screen.jobs.jobs[1]
        await opened.press("ctrl+c")
        await opened.until(lambda: "cancelled" in row(opened, 1))
        assert row(opened, 1).split()[:6] == ["#1", "○", "cancelled", "2/2", "●1", "○1"]


async def test_the_options_of_a_job_stand_before_its_command() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        await run(opened, "@kvm[01-02] --retry 2 --deadline 60 uname -r")
        asked = opened.screen.jobs.jobs[0].asked
        assert dict(asked.arguments) == {"command": "uname -r", "retries": 2, "deadline": 60.0}
        await opened.until(lambda: opened.has("#1 uname -r"))
        opened.screen.pane.line.value = "@kvm01 --retyr 2 id"
        await opened.press("enter")
        await opened.until(lambda: opened.has("no option --retyr: write --retry"))
        assert len(opened.fakes.jobs.started) == 1, "it was run"
        assert opened.screen.pane.line.value == "@kvm01 --retyr 2 id", "the line is lost"


async def test_a_single_job_needs_no_list(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await run(opened, "id")
        assert not opened.screen.query_one(JobList).display and opened.has("1 job running")
        assert not opened.has("+1 job")


@pytest.mark.parametrize("where", ["line", "hosts", "answers", "list", "mouse", "palette"])
async def test_the_shown_job_is_chosen_by_key_and_mouse(where: str) -> None:
    async with two_jobs() as (opened, first, _):
        first.output("kvm02", b"from the first\n")
        await opened.until(lambda: "running" in row(opened, 1))
        listed = opened.screen.query_one(JobList)
        older, newer = ("pagedown", "pageup") if where == "line" else ("less_than_sign", "greater_than_sign")
        if where == "list":
            listed.focus()
            older, newer = "down", "up"
        elif where in ("hosts", "answers"):
            (opened.hosts if where == "hosts" else opened.screen.answers).focus()
        if where == "mouse":
            Keyboard(opened.app).click(20, listed.region.y + 2)
        elif where == "palette":
            opened.app.type_command("older-job")
        else:
            await opened.press(older)
        await opened.until(lambda: "#1 sleep 9" in title(opened))
        assert opened.has("from the first") and not opened.has("kvm03         waiting")
        assert opened.has("+1 job running"), "the other one is out of sight now"
        if where in ("mouse", "palette"):
            return
        await opened.press(older, newer)
        await opened.until(lambda: "#2 uname -r" in title(opened))
        assert not opened.has("from the first")
        await opened.press(newer)
        if where != "list":
            await opened.until(lambda: opened.has("no newer job"))
        if where == "list":
            await opened.press("enter")
            await opened.until(lambda: opened.screen.answers.has_focus)


async def test_keys_held_down_show_the_job_where_they_end() -> None:
    """The list follows what is shown and tells what a person chooses there: neither may undo the other's step."""
    async with open_app(FleetServices(rack(4))) as opened:
        for number in range(8):
            await run(opened, f"echo {number}")
        keyboard = Keyboard(opened.app)
        for keys, shown in ((b"\x1b[6~" * 5, 3), (b"\x1b[5~" * 3, 6), (b"\x1b[6~" * 2 + b"\x1b[5~" * 4, 8)):
            keyboard.send(keys)
            await keyboard.done()
            await opened.until(lambda: f"#{shown} echo" in title(opened))  # noqa: B023 # called at once
        for _ in range(2):
            opened.screen.action_command("older-job")  # and what the list tells of it, if anything, comes behind both
        for _ in range(5):
            await opened.pilot.pause()
            assert "#6 echo" in title(opened)
        await opened.press("pageup", "pageup")
        opened.screen.query_one(JobList).focus()
        await opened.press()
        keyboard.send(b"\x1b[B" * 5 + b"\x1b[A")
        await keyboard.done()
        await opened.until(lambda: "#4 echo" in title(opened))
        await opened.pilot.pause()
        line = opened.screen.query_one(JobList).cursor_line
        assert "#4 echo" in title(opened) and line is not None and line.number == 4


async def test_cancel_ends_the_shown_job_alone_and_says_which() -> None:
    key = "ctrl+c"
    async with two_jobs() as (opened, first, second):
        await opened.press(key)
        assert (first.cancelled, second.cancelled) == (False, True)
        await opened.until(lambda: opened.has("cancelled #2 uname -r: 0 of 2 hosts had answered"))
        await opened.press(key)
        assert not first.cancelled, "once more leaves the line"
        assert opened.hosts.has_focus
        await opened.press("ctrl+c")
        assert not first.cancelled and opened.has("q quits")
        await opened.press("less_than_sign", "ctrl+c")
        assert first.cancelled
        await opened.until(lambda: opened.has("cancelled #1 sleep 9"))


async def test_a_cancel_that_comes_before_its_job_ends_that_one_and_no_other(fakes: FleetServices) -> None:
    """Enter and Ctrl+C in one go: the job is not there yet, and what is shown is the one before it."""
    async with open_app(fakes) as opened:
        first = await run(opened, "sleep 9")
        carried_out, perform = asyncio.Event(), fakes.door.perform

        async def slow(invocation: Invocation) -> FakeJob | None:
            await carried_out.wait()
            return await perform(invocation)

        fakes.door.perform = slow  # type: ignore[method-assign]
        keyboard = Keyboard(opened.app)
        keyboard.send(b"@kvm03 sync\r\x03")
        await keyboard.done()
        assert not first.cancelled and len(fakes.jobs.started) == 1
        carried_out.set()
        await opened.until(lambda: len(fakes.jobs.started) == 2 and fakes.jobs.started[1].cancelled)
        assert not first.cancelled
        await opened.until(lambda: opened.has("cancelled #2 sync"))


async def test_a_job_that_fails_out_of_sight_is_told_of_and_one_that_goes_well_is_not() -> None:
    async with two_jobs() as (opened, first, second):
        third = await run(opened, "@kvm04 true")
        second.end("kvm03")
        second.end("kvm04")
        await opened.until(lambda: "2/2" in row(opened, 2))
        assert not opened.has("#2 uname -r: ")
        first.end("kvm01", Outcome.FAILED, 1)
        first.end("kvm02", Outcome.UNREACHABLE, None, error="refused")
        await opened.until(lambda: opened.has("#1 sleep 9: 2/2 done · 1 unreachable · 1 failed"))
        assert opened.screen.jobs.is_shown(third.id), "what is shown stays"
        await opened.until(lambda: opened.has("1 job running") and not opened.has("+1 job"))


@pytest.mark.parametrize("size", [(60, 15), (60, 20), (80, 24), (120, 40), (200, 60)])
async def test_the_jobs_out_of_sight_are_counted_at_every_size(size: tuple[int, int]) -> None:
    async with two_jobs(size) as (opened, *_):
        await run(opened, "@kvm01 id")
        await opened.until(lambda: "+2 jobs running" in opened.lines()[0])
        assert opened.screen.query_one(JobList).is_on_screen is (size[1] >= 20)
        assert opened.hosts.size.height >= 3


async def test_quitting_asks_about_all_jobs_that_run() -> None:
    async with two_jobs() as (opened, first, second):
        third = await run(opened, "@kvm01 true")
        third.end("kvm01")
        await opened.until(lambda: opened.has("1/1 done"))
        opened.hosts.focus()
        await opened.press("q")
        await opened.read()
        assert isinstance(opened.app.screen, AskScreen) and opened.has("2 jobs run")
        assert opened.has("#2 0/2 done") and opened.has("#1 0/2 done") and not opened.has("#3 1/1")
        assert opened.has("Quitting ends the commands of all of them on every host.")
        await opened.press("n")
        assert opened.app.is_running and not first.cancelled and not second.cancelled


async def test_rerun_means_the_job_that_is_shown(fakes: FleetServices) -> None:
    async with two_jobs() as (opened, first, second):
        fakes = opened.fakes
        for job, host in ((first, "kvm02"), (second, "kvm04")):
            for each in job.hosts:
                job.end(each, Outcome.FAILED if each == host else Outcome.OK, int(each == host))
        await opened.until(lambda: not opened.screen.jobs.running)
        opened.screen.answers.focus()
        await opened.press("less_than_sign", "r")
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: len(fakes.jobs.started) == 3)
        assert (fakes.jobs.started[2].hosts, fakes.jobs.started[2].title) == (("kvm02",), "sleep 9")
        await opened.until(lambda: "#3 sleep 9" in title(opened))


async def test_that_a_new_job_waits_for_others_on_its_hosts_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        first = await run(opened, "@kvm[01-03] sleep 9")
        await run(opened, "@kvm04 sleep 9")
        first.end("kvm01")
        await opened.until(lambda: "1/3" in row(opened, 1))
        await run(opened, "@all id")
        await opened.until(lambda: opened.has("#3 waits on 3 hosts for #1, #2: one job a host at a time"))
        await opened.until(lambda: "waiting" in row(opened, 3))


async def test_as_many_jobs_as_are_kept_may_run_and_no_more_and_the_line_stays(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        for number in range(MOST_JOBS):
            await run(opened, f"echo {number}")
        await opened.press(*"id", "enter")
        await opened.until(lambda: opened.has(f"{MOST_JOBS} jobs run already: ctrl+c cancels"))
        assert len(fakes.jobs.started) == MOST_JOBS and opened.screen.pane.line.value == "id"
        fakes.jobs.started[3].end("kvm01")
        await opened.until(lambda: len(opened.screen.jobs.running) == MOST_JOBS - 1)
        await opened.press("enter")
        await opened.until(lambda: opened.screen.jobs.shown is not None and opened.screen.jobs.shown.number == 21)
        numbers = [job.number for job in opened.screen.jobs.jobs]
        assert numbers == [21, *range(20, 4, -1), 3, 2, 1], "the oldest that is done makes room, none that runs"


async def test_clear_forgets_what_has_ended_and_keeps_what_runs() -> None:
    async with two_jobs() as (opened, first, second):
        for host in second.hosts:
            second.end(host)
        await opened.until(lambda: opened.has("2/2 done"))
        opened.app.type_command("clear")
        await opened.until(lambda: "#1 sleep 9" in title(opened))
        assert opened.has("1 job still runs") and not opened.has("#2 ")
        for host in first.hosts:
            first.end(host)
        await opened.until(lambda: opened.has("2/2 done"))
        opened.app.type_command("clear")
        await opened.until(lambda: not opened.has("answers"))
        assert not opened.screen.jobs.jobs


async def test_each_job_keeps_its_folds_and_its_place() -> None:
    async with two_jobs() as (opened, first, second):
        for job in (first, second):
            for number, host in enumerate(job.hosts):
                job.end(host, out=b"".join(b"%d of %d\n" % (line, number) for line in range(40)))
        await opened.until(lambda: not opened.screen.jobs.running)
        answers = opened.screen.answers
        answers.focus()
        await opened.press("home", *["down"] * 30)
        place, unfolded = answers.cursor_line, len(answers.lines)
        await opened.press("less_than_sign", "home", "enter")
        folded = len(answers.lines)
        await opened.press("greater_than_sign")
        assert answers.cursor_line == place and len(answers.lines) == unfolded > 82
        await opened.press("less_than_sign")
        assert len(answers.lines) == folded < unfolded


async def test_where_the_engine_has_dropped_an_output_that_is_said(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        job = await run(opened, "@kvm[01-02] cat log")
        job.end("kvm01", out=b"one\ntwo\n")
        job.end("kvm02", Outcome.FAILED, 3, b"three\n")
        await opened.until(lambda: opened.has("three"))
        fakes.jobs.started.remove(job)
        assert fakes.fleet.parts(job.id, 1) == Parts(), "of a job that is not kept nothing is known"
        await opened.until(lambda: opened.text().count(DROPPED) == 2)
        assert not opened.has("three") and opened.has("exit 3") and opened.has("2/2 done · 1 ok · 1 failed")
        opened.screen.answers.focus()
        await opened.press("a", "enter")
        assert opened.text().count(DROPPED) == 2, "there is nothing to unfold"


async def test_the_answers_of_a_job_hold_no_output_of_their_own(fakes: FleetServices) -> None:
    """The engine's limit would be none if the screen kept what the engine has dropped."""
    async with two_jobs() as (opened, first, _):
        first.end("kvm01", out=b"x" * 1000)
        model = opened.screen.jobs.jobs[1].model
        await opened.until(lambda: model.ended == 1)
        assert not any(result.stdout or result.stderr for result in model._results.values())
        first.end("kvm02", out=b"x" * 1000)
        await opened.until(lambda: model.finished)
        await opened.press("pagedown", "pageup")
        assert not model._lines


async def test_hostile_commands_are_harmless_in_list_and_notices() -> None:
    async with two_jobs() as (opened, *_):
        job = await run(opened, "@kvm01 echo [/] [@click=app.bell]x")
        await run(opened, "@kvm02 true")
        job.end("kvm01", Outcome.FAILED, 1)
        await opened.until(lambda: opened.has("#3 echo [/] [@click=app.be…: 1/1 done"))
        assert any(row.endswith("echo [/] [@click=app.bell]x") for row in rows(opened))


def test_the_states_of_a_job_wear_glyphs_of_states() -> None:
    assert list(STATES) == ["waiting", "running", "paused", "cancelling", "cancelled", "unconfirmed", "failed", "done"]


async def test_a_cancelled_job_says_so_while_it_comes_to_its_end() -> None:
    async with two_jobs() as (opened, _, second):
        second.takes_its_time = True
        await opened.press("ctrl+c")
        await opened.until(lambda: "cancelling" in row(opened, 2))
        second.end("kvm03", Outcome.CANCELLED, None)
        second.end("kvm04", Outcome.UNCONFIRMED, None)
        await opened.until(lambda: "unconfirmed" in row(opened, 2))
        told = "#2 uname -r: 1 cancelled, not confirmed: may still run; 0 of 2 hosts had answered"
        await opened.until(lambda: opened.has(told))


async def test_their_own_keys_show_another_job() -> None:
    fakes = FleetServices(rack(4))
    chosen = {"screen.older-job": "f8", "pane.older-job": "f9"}
    fakes.services = replace(fakes.services, keys=tuple(chosen.items()))
    async with open_app(fakes) as opened:
        for line in ("one", "two", "three"):
            await run(opened, line)
        await opened.until(lambda: opened.has("jobs  f8 older  > newer"))
        await opened.press("f9", "pagedown")
        await opened.until(lambda: "#2 two" in title(opened))
        opened.hosts.focus()
        await opened.press("less_than_sign", "f8")
        await opened.until(lambda: "#1 one" in title(opened))


async def test_answers_that_came_out_of_sight_are_those_that_are_seen_again(fakes: FleetServices) -> None:
    """As many lines as before were painted as they had been."""
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        *others, last = job.hosts
        for host in others:
            job.end(host, Outcome.OK, 0, b"one")
        await opened.until(lambda: opened.has("waiting") and len(opened.screen.answers.lines) == 2)
        await opened.press("escape", "5")
        await opened.until(lambda: opened.has("Jobs 1"))
        await opened.pilot.pause(0.3)
        job.end(last, Outcome.OK, 0, b"other")
        await opened.until(lambda: opened.screen.answers._model and opened.screen.answers._model.finished)
        await opened.pilot.pause(0.3)
        await opened.press("1")
        await opened.until(lambda: opened.has("4/4 done"))
        assert opened.has("other") and not opened.has("waiting")
