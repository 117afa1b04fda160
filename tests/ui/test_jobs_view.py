"""The jobs and the answers as views of their own: what they show, where they lead, and what commands go to there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.config.remembered import ScreenMemory
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import on_hosts
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.jobs.drawing import columns, draw_job
from atp_tui.ui.views.jobs.view import JobsView
from atp_tui.ui.widgets.job_list import JobLine

from .conftest import Opened, open_app
from .fleet_services import FakeJob, FleetServices, rack
from .test_jobs import title

SIZES = [(80, 24), (120, 40), (200, 60)]
COUNTS = (("16 ok", "connected"), ("1 unreachable", "failed"), ("1 failed", "failed"))


def table(opened: Opened) -> list[str]:
    """The lines of the view of all jobs."""
    return [line.strip("▌ ") for line in opened.lines() if line.lstrip("▌* ").startswith("#")]


def here(opened: Opened) -> str:
    return opened.screen._views.stack.here.view


async def opened_as(opened: Opened, view: str) -> None:
    await opened.until(lambda: here(opened) == view and opened.app.focused is not None and opened.app.focused.has_focus)


async def started(opened: Opened, command: str, *hosts: str) -> FakeJob:
    """A job that was asked for, and is shown now."""
    before = len(opened.fakes.jobs.started)
    opened.screen._dispatch.jobs.start(Invocation("run", on_hosts(*hosts), {"command": command}, "somebody"))
    await opened.until(lambda: len(opened.fakes.jobs.started) > before)
    job = opened.fakes.jobs.started[-1]
    await opened.until(lambda: opened.screen.jobs.is_shown(job.id))
    return job


@asynccontextmanager
async def three_jobs(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Opened, list[FakeJob]]]:
    """One that failed in several ways, one that was cancelled, and one that runs: all on the first view."""
    async with open_app(FleetServices(rack(4)), size) as opened:
        first = await started(opened, "uname -r", "kvm01", "kvm02", "kvm03", "kvm04")
        first.end("kvm01", out=b"6.1\n")
        first.end("kvm02", out=b"6.1\n")
        first.end("kvm03", Outcome.FAILED, 3, b"no\n")
        first.end("kvm04", Outcome.UNREACHABLE, None, error="refused")
        second = await started(opened, "sleep 9", "kvm01", "kvm02")
        await opened.press("ctrl+c")
        third = await started(opened, "tail -f log", "kvm03")
        third.output("kvm03", b"one\n")
        yield opened, [first, second, third]


@pytest.mark.parametrize("size", SIZES)
async def test_each_job_has_a_row_with_its_command_and_how_its_hosts_ended(size: tuple[int, int]) -> None:
    async with three_jobs(size) as (opened, _):
        await opened.press("5")
        await opened_as(opened, "jobs")
        await opened.until(lambda: len(table(opened)) == 3 and "1 running" in table(opened)[0])
        newest, middle, oldest = table(opened)
        assert newest.split()[:6] == ["#3", "◔", "running", "tail", "-f", "log"] and "1 running" in newest
        assert middle.split()[:5] == ["#2", "○", "cancelled", "sleep", "9"] and "2 cancelled" in middle
        assert oldest.split()[:5] == ["#1", "✕", "failed", "uname", "-r"]
        assert "2 ok · 1 unreachable · 1 failed" in oldest or (size == (80, 24) and "2 ok · 1 unreach" in oldest)
        wide = size != (80, 24)
        assert ("kvm[01-04]" in oldest) is wide, "the command comes first"
        assert not opened.screen.is_in_sight(opened.screen.answers), "they have a view of their own"
        assert opened.has("Jobs 3 · 1 running") and opened.has(" ended ") and opened.has(" took ")
        assert opened.has("kvm03 (1)"), "commands go to the job's host"


async def test_enter_opens_the_answers_and_esc_comes_back_to_the_same_job() -> None:
    async with three_jobs() as (opened, _):
        await opened.press("5", "down", "down")
        await opened.until(lambda: opened.has("kvm[01-04] (4)"))
        await opened.press("enter")
        await opened_as(opened, "answers")
        await opened.until(lambda: opened.has("▸ jobs ▸ #1 uname -r") and opened.screen.answers.has_focus)
        assert "#1 uname -r  4/4 done · 2 ok · 1 unreachable · 1 failed" in title(opened)
        assert opened.screen.answers.size.height > 25
        assert len([line for line in opened.lines() if "#1" in line]) == 2, "the list of jobs gives way"
        await opened.press("greater_than_sign")
        await opened.until(lambda: opened.has("▸ jobs ▸ #2 sleep 9") and opened.has("kvm[01-02] (2)"))
        await opened.press("less_than_sign", "minus")
        await opened_as(opened, "jobs")
        await opened.press("minus")
        await opened_as(opened, "answers")
        await opened.press("escape")
        await opened_as(opened, "jobs")
        view = opened.screen.view
        assert isinstance(view, JobsView) and view.table.cursor_place == 2 and view.table.has_focus
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus and "#1 uname -r" in title(opened))


async def test_answers_are_opened_by_the_number_of_their_job() -> None:
    async with three_jobs() as (opened, _):
        opened.app.type_command("answers 2")
        await opened_as(opened, "answers")
        await opened.until(lambda: opened.has("▸ jobs ▸ #2 sleep 9"))
        opened.app.type_command("answers #3")
        await opened.until(lambda: opened.has("▸ jobs ▸ #3 tail -f log"))
        opened.app.type_command("answers 7")
        await opened.until(lambda: opened.has("no job 7: there are 1, 2, 3"))
        assert opened.has("▸ jobs ▸ #3 tail -f log")
        assert str(opened.screen.navigation.locator) == "answers", "a number is none of another session"
        await opened.press("slash")
        await opened.until(lambda: opened.has("answers have no filter"))


@pytest.mark.parametrize("view", ["jobs", "answers"])
async def test_a_session_begins_with_either_and_says_how_to_run_a_command(view: str) -> None:
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, view=view)
    async with open_app(fakes) as opened:
        await opened_as(opened, view)
        await opened.until(lambda: opened.has("No command was run yet."))
        assert opened.has("no host (0)")
        await opened.press("less_than_sign", "r", "y", "space", "enter")
        assert here(opened) == view and opened.app.is_running
        await opened.press("escape", "escape")
        await opened.until(lambda: opened.hosts.has_focus)


async def test_the_answers_are_remembered_as_the_view_that_was_open(tmp_path: Path) -> None:
    memory = ScreenMemory(tmp_path / "screen.json", "demo")
    memory.keep(view="answers")
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, memory=memory)
    async with open_app(fakes) as opened:
        await opened.until(lambda: opened.has("▸ jobs ▸ answers") and opened.has("No command was run yet."))
        await started(opened, "id", "kvm02")
        await opened.until(lambda: opened.has("▸ jobs ▸ #1 id"))
    assert memory.now.view == "answers"


@pytest.mark.parametrize("view", ["5", "6"])
async def test_cancel_rerun_copy_and_clear_work_in_both(view: str) -> None:
    async with three_jobs() as (opened, jobs):
        await opened.press(view, "ctrl+c")
        assert jobs[2].cancelled
        await opened.until(lambda: opened.has("cancelled #3 tail -f log"))
        await opened.press("less_than_sign", "less_than_sign", "y")
        assert ("uname -r" if view == "5" else "refused") in opened.app.clipboard
        await opened.press("r")
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: len(opened.fakes.jobs.started) == 4)
        again = opened.fakes.jobs.started[3]
        assert (again.title, again.hosts) == ("uname -r", ("kvm03", "kvm04"))
        await opened.until(lambda: opened.screen.jobs.is_shown(again.id))
        for host in again.hosts:
            again.end(host)
        await opened.until(lambda: not opened.screen.jobs.running)
        opened.app.type_command("clear")
        await opened.until(lambda: opened.has("No command was run yet."))


async def test_space_marks_the_hosts_of_a_group_and_commands_go_to_these() -> None:
    async with three_jobs() as (opened, _):
        await opened.press("6", "less_than_sign", "less_than_sign")
        await opened.until(lambda: opened.has("kvm[01-04] (4)") and opened.has("kvm[01-02]  "))
        await opened.press("end", "space")
        await opened.until(lambda: opened.has("kvm[01-02] (2)") and opened.has("▸*● kvm[01-02]"))
        assert not opened.has("▸*✕")
        await opened.press("home", "space")
        await opened.until(lambda: opened.has("kvm[01-02,04] (3)"))
        await opened.press("space")
        await opened.until(lambda: opened.has("kvm[01-02] (2)"))
        await opened.press("greater_than_sign", "greater_than_sign")
        await opened.until(lambda: opened.has("kvm03 (1)"))
        assert opened.screen._marks.hosts == {"kvm01", "kvm02"}, "they mean nothing for a job on another host"
        await opened.press("5", "1")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm01", "kvm02"})
        await opened.press("5", "down")
        await opened.until(lambda: any("*#2" in line for line in opened.lines()) and opened.has("kvm[01-02] (2)"))
        await opened.press("u")
        await opened.until(lambda: not opened.screen._marks.hosts and not opened.has("*#2"))
        await opened.press("space", "escape")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm01", "kvm02"})


async def test_hosts_are_marked_in_the_answers_beside_the_fleet_too() -> None:
    async with three_jobs() as (opened, jobs):
        opened.screen.answers.focus()
        await opened.press("less_than_sign", "less_than_sign")
        opened.fakes.jobs.started.remove(jobs[0])
        await opened.press("end", "space")
        await opened.until(lambda: opened.has("the hosts of that answer are not kept any more"))
        await opened.press("greater_than_sign", "greater_than_sign", "space")
        await opened.until(lambda: opened.hosts.asked.marked == {"kvm03"} and opened.has("kvm03 (1)"))


def line(number: int, command: str, target: str = "kvm[01-18]") -> JobLine:
    told = safe("failed"), safe("0.4 s")
    return JobLine(str(number), number, safe(command), *told, 18, 18, 16, 2, 0, safe(target), "14:02:11", COUNTS)


def test_columns_as_they_are_drawn() -> None:
    lines = [line(12, "uname -r"), line(3, "grep -c vmx /proc/cpuinfo; virsh list --all --name | wc -l", "kvm[01-60]")]
    assert [shown(each, 100, lines) for each in lines] == [
        "  #12 ✕ failed       uname -r                        kvm[01-18]   0.4 s  16 ok · 1 unreachable · 1…",
        "   #3 ✕ failed       grep -c vmx /proc/cpuinfo; vi…  kvm[01-60]   0.4 s  16 ok · 1 unreachable · 1…",
    ]
    assert [shown(each, 50, lines) for each in lines] == [
        "  #12 ✕ failed       uname -r                    ",
        "   #3 ✕ failed       grep -c vmx /proc/cpuinfo; …",
    ]


def shown(each: JobLine, width: int, lines: list[JobLine]) -> str:
    at = columns(width, lines)
    return "".join(text for text, _ in draw_job(each, width, at, UNICODE, marked=False))


@pytest.mark.parametrize("width", range(1, 220, 7))
def test_no_line_is_wider_than_its_room_and_heads_stand_over_their_columns(width: int) -> None:
    lines = [line(12, "uname -r"), line(3, "x" * 300, "主机" * 40)]
    at = columns(width, lines)
    for each in lines:
        assert width_of("".join(text for text, _ in draw_job(each, width, at, UNICODE, marked=True))) <= width
    for end, name in at.heads():
        if name == "took":
            assert shown(lines[0], width, lines)[end - 5 : end] == "0.4 s"


async def test_a_job_has_the_number_by_which_it_is_kept(fakes: FleetServices, monkeypatch: pytest.MonkeyPatch) -> None:
    """`@job.17` is what a person writes who sees #17; where none is kept they go on from there."""
    kept = iter((17, None, 40, 39, None))

    async def number(job: str) -> int | None:
        return next(kept)

    monkeypatch.setattr(fakes.fleet, "job_number", number)
    async with open_app(fakes) as opened:
        for host in ("kvm01", "kvm01", "kvm02", "kvm02", "kvm02"):
            await started(opened, "true", host)
        assert [job.number for job in opened.screen.jobs.jobs] == [41, 39, 40, 18, 17]
        await opened.press("5")
        await opened.until(lambda: [line.split()[0] for line in table(opened)] == ["#41", "#39", "#40", "#18", "#17"])


async def test_the_jobs_whose_answers_can_be_shown_are_offered() -> None:
    async with three_jobs() as (opened, _):
        assert [line for line in opened.screen._offering.completions("answers ") if line.startswith("answers ")] == [
            "answers 3", "answers 2", "answers 1",
        ]  # fmt: skip
        await opened.press(*":answers ", "right", "enter")
        await opened_as(opened, "answers")
