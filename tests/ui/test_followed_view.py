"""The view of what a job follows: it goes on with the newest, or holds still; lines are found, copied, saved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from atp_tui.model.outcome import Outcome
from atp_tui.ui.views.followed.view import FollowedView

from .conftest import Opened, open_app
from .fleet_services import FakeJob, FleetServices, rack
from .test_jobs_view import here, opened_as


def shown(opened: Opened) -> list[str]:
    """The lines of the list that are in sight, without the cursor's bar."""
    return [line.strip("▌ ▁▂▃▄▅▆▇█") for line in opened.lines() if line.strip("▌ ").startswith(("kvm0", "--"))]


def view(opened: Opened) -> FollowedView:
    return opened.screen.query_one(FollowedView)


@asynccontextmanager
async def followed(size: tuple[int, int] = (120, 40), hosts: int = 4) -> AsyncIterator[tuple[Opened, FakeJob]]:
    """A job that follows, asked for by the command line, with its view open."""
    async with open_app(FleetServices(rack(hosts)), size) as opened:
        await opened.press("colon")
        await opened.type("follow @rack1 journalctl")
        await opened.press("enter")
        await opened.until(lambda: opened.fakes.jobs.started)
        await opened_as(opened, "followed")
        yield opened, opened.fakes.jobs.started[-1]


def ends_with(opened: Opened, last: str) -> bool:
    return shown(opened)[-1:] == [last]


def tells(job: FakeJob, *numbers: int) -> None:
    for number in numbers:
        host = job.hosts[number % len(job.hosts)]
        job.output(host, b"line %d\n" % number)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_lines_come_with_their_hosts_and_the_newest_is_followed(size: tuple[int, int]) -> None:
    async with followed(size) as (opened, job):
        assert opened.fakes.jobs.started[-1].title == "journalctl"
        for begin in range(0, 200, 20):
            tells(job, *range(begin, begin + 20))
            last = f"{job.hosts[(begin + 19) % 4]}  line {begin + 19}"
            await opened.until(partial(ends_with, opened, last))
        rows = shown(opened)
        assert len(rows) > 12
        numbers = [int(row.split()[-1]) for row in rows]
        assert numbers == list(range(200 - len(rows), 200)), "all rows are those of the end, none is an older picture"
        assert opened.has("200 lines") and opened.has("4 of 4 hosts")


async def test_the_line_that_is_read_stays_in_its_row_and_end_goes_on() -> None:
    async with followed() as (opened, job):
        tells(job, *range(100))
        await opened.until(lambda: shown(opened)[-1:] == ["kvm04  line 99"])
        await opened.press("up", "up", "up")
        before = shown(opened)
        tells(job, *range(100, 150))
        await opened.until(lambda: opened.has("50 newer"))
        assert shown(opened) == before
        await opened.press("end")
        await opened.until(lambda: shown(opened)[-1:] == ["kvm02  line 149"])
        assert not opened.has("newer")
        tells(job, 150)
        await opened.until(lambda: shown(opened)[-1:] == ["kvm03  line 150"])


async def test_a_loss_is_a_mark_and_the_title_counts_who_is_there() -> None:
    async with followed() as (opened, job):
        tells(job, *range(8))
        await opened.until(lambda: len(shown(opened)) == 8)
        job.lose("kvm02", "connection reset")
        await opened.until(lambda: opened.has("3 of 4 hosts"))
        await opened.until(lambda: "begun anew as soon as it can be: connection reset" in shown(opened)[-1])
        job.output("kvm02", b"again\n")
        await opened.until(lambda: shown(opened)[-1:] == ["kvm02  again"])
        assert shown(opened)[-2].endswith(": lines may be missing --")
        assert opened.has("4 of 4 hosts")


async def test_lines_are_found_as_one_types_and_a_wrong_expression_changes_nothing() -> None:
    async with followed() as (opened, job):
        tells(job, *range(40))
        await opened.until(lambda: len(shown(opened)) > 20)
        await opened.press("vertical_line")
        await opened.press(*"7", "dollar_sign")
        await opened.until(lambda: [row.split()[-1] for row in shown(opened)] == ["7", "17", "27", "37"])
        tells(job, 46, 47)
        await opened.until(lambda: shown(opened)[-1].split()[-1] == "47")
        await opened.press("left_parenthesis")
        await opened.until(lambda: opened.has("is no regular expression"))
        assert len(shown(opened)) == 5
        await opened.press("escape")
        await opened.until(lambda: len(shown(opened)) > 20)


async def test_remote_text_is_safe_and_colours_are_those_of_the_theme() -> None:
    async with followed() as (opened, job):
        job.output("kvm01", b"\x1b[31mred\x1b[0m \x1b]0;title\x07 end\n")
        await opened.until(lambda: shown(opened) == ["kvm01  red ␛]0;title␇ end"])


async def test_esc_leaves_it_running_and_the_jobs_lead_back_and_cancel_it() -> None:
    async with followed() as (opened, job):
        tells(job, 0)
        await opened.until(lambda: shown(opened) == ["kvm01  line 0"])
        await opened.press("escape")
        await opened_as(opened, "jobs")
        assert not job.cancelled
        await opened.until(lambda: any("follow" not in line and "journalctl" in line for line in opened.lines()))
        await opened.press("enter")
        await opened_as(opened, "followed")
        assert shown(opened) == ["kvm01  line 0"]
        await opened.press("escape", "escape", "7")
        await opened_as(opened, "followed")
        await opened.press("ctrl+c")
        assert job.cancelled
        await opened.until(lambda: opened.has("has ended"))


async def test_other_commands_run_beside_it_and_it_is_no_reason_to_wait() -> None:
    async with followed() as (opened, job):
        await opened.press("exclamation_mark")
        await opened.type("uptime")
        await opened.press("enter")
        await opened.until(lambda: len(opened.fakes.jobs.started) == 2)
        await opened.until(lambda: len(opened.screen.jobs.jobs) == 2)
        newest = opened.screen.jobs.jobs[0]
        assert opened.screen.jobs.before(newest) == (0, ())
        opened.fakes.jobs.started[-1].end("kvm01", Outcome.OK)
        tells(job, 5)
        await opened.until(lambda: shown(opened)[-1:] == ["kvm02  line 5"] or here(opened) != "followed")


async def test_a_line_is_copied_and_all_are_saved(tmp_path: Path) -> None:
    async with followed() as (opened, job):
        job.output("kvm01", b"one \x1b[1mbold\x1b[0m\n")
        job.output("kvm02", b"two\n")
        await opened.until(lambda: len(shown(opened)) == 2)
        await opened.press("up", "y")
        await opened.until(lambda: opened.app.clipboard == "kvm01: one bold")
        file = tmp_path / "out.log"
        view(opened).commands["save-lines"](str(file))
        await opened.until(lambda: file.exists() and file.read_text() == "kvm01: one bold\nkvm02: two\n")
        assert file.stat().st_mode & 0o777 == 0o600
        view(opened).commands["save-lines"](str(file))
        await opened.until(lambda: opened.has("choose another name"))


async def test_a_dangerous_command_is_asked_about_and_no_command_opens_the_line() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        await opened.press("colon")
        await opened.type("follow reboot")
        await opened.press("enter")
        await opened.read()
        assert opened.fakes.jobs.started == []
        await opened.press("n")
        await opened.press("colon")
        await opened.type("follow")
        await opened.press("enter")
        await opened.until(lambda: opened.screen.pane.line.value == "follow ")


async def test_the_command_may_be_begun_anew_where_it_ends() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        await opened.press("colon")
        await opened.type("follow @rack1 --restart tail")
        await opened.press("enter")
        await opened.until(lambda: opened.fakes.jobs.started)
        await opened.until(lambda: opened.screen.jobs.shown is not None)
        assert opened.screen.jobs.shown is not None
        assert opened.screen.jobs.shown.asked.arguments == {"command": "tail", "restart": True}


async def test_a_flood_is_taken_in_turns() -> None:
    async with followed() as (opened, job):
        job.output("kvm01", b"y\n" * 60_000)
        await opened.until(lambda: opened.has("60,000 lines"))
        assert opened.has("the last ")
        assert view(opened).followed.lines[-1].said.said == b"y"  # type: ignore[union-attr]
