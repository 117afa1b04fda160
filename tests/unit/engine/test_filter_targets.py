"""Expressions of targets in the filters of the screen, over a running engine and a real log of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.outcome import Command, Outcome
from atp_tui.monitor.domain_query import DomainQuery
from atp_tui.monitor.query import Query
from atp_tui.storage.jobs import JobStore
from tests.fakes.jobs import command_job

from .test_earlier import keep, unexpected

TEXT = """
[sets]
edge = "@rack1&!a"
down = "@rack1!state:connected"
sick = "@last.failed"
bad = "a,nowhere"
vms = "vm.name:web"
[ssh]
port = 1
""" + "".join(
    f'[[hosts]]\nid = "{name}"\nhost = "127.0.0.1"\nuri = false\ntags = ["{tag}"]\n{more}'
    for name, tag, more in (
        ("a", "rack1", ""),
        ("b", "rack1", ""),
        ("c", "rack1", "enabled = false\n"),
        ("d", "rack2", 'metadata = { site = "north" }\n'),
    )
)


@asynccontextmanager
async def fleet(folder: Path) -> AsyncIterator[tuple[Engine, JobStore]]:
    path = folder / "hosts.toml"
    path.write_text(TEXT)
    async with JobStore(None, unexpected) as log:
        engine = Engine(FileSource(load(path)), log=log)
        async with asyncio.timeout(30), engine.running(watch=False):
            engine.roster.keep(engine.source.config.disabled)
            yield engine, log


def found(engine: Engine, text: str) -> str:
    """The hosts that a filter finds, or what is wrong with it."""
    query = Query(text, sort="name")
    problem = engine.fleet.page(query).problem
    return "".join(engine.fleet.hosts(query)) if problem is None else problem.sentence


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("@edge", "bc"),
        ("!@edge", "ad"),
        ("@rack1", "abc"),
        ("@all", "abcd"),
        ("@rack1&!b", "ac"),
        ("@rack1!@edge", "a"),
        ("@rack2,a site:north", "d"),
        ("@d", "d"),
        ("＠edge！b", "c"),
        ("tag:rack1 !@edge", "a"),
        ("@rack1&site:north", ""),
        ("@bad", "in the set @bad: no such host: nowhere"),
        ("rack1 !@egde", "no such tag or set: @egde (column 8); did you mean @edge"),
        ("@rack1,@bad", "in the set @bad: no such host: nowhere (column 8)"),
        ("@rack1&", "a name is missing in '@rack1&' (column 7)"),
        ("@last.failed", "reading job last …"),
    ],
)
async def test_a_word_with_an_at_is_an_expression(text: str, hosts: str, tmp_path: Path) -> None:
    async with fleet(tmp_path) as (engine, _):
        said = found(engine, text)
        assert said == hosts if len(hosts) < 5 else said.startswith(hosts), said


async def test_what_a_set_hangs_on_is_followed(tmp_path: Path) -> None:
    async with fleet(tmp_path) as (engine, _):
        assert found(engine, "@vms").startswith("in the set @vms: no VM has that name")
        changes = engine.fleet.changes()
        while found(engine, "@down") != "ab":  # once both were tried: of c, which is disabled, it is not known
            await anext(changes)
        path = tmp_path / "hosts.toml"
        path.write_text(TEXT.replace("down =", "lost ="))
        await engine._following(load(path), ())
        assert found(engine, "@lost") == "ab"
        assert found(engine, "@down").startswith("no such tag or set: @down")


async def test_earlier_results_are_found_and_followed(tmp_path: Path) -> None:
    async with fleet(tmp_path) as (engine, log):
        keep(log, "first", 1.0, a=Outcome.OK, b=Outcome.FAILED, gone=Outcome.FAILED)
        changes = engine.fleet.changes()
        assert found(engine, "@sick").startswith("reading job last …")
        while found(engine, "@sick") != "b":
            await anext(changes)  # that it was read is told, also where no host changes
        while (said := found(engine, "!@job.1")).startswith("reading"):
            await anext(changes)
        assert said == "cd"
        while (said := found(engine, "@job.9.ok")).startswith("reading"):
            await anext(changes)
        assert said == "there is no job 9; the newest is 1"
        keep(log, "second", 2.0, d=Outcome.FAILED)
        engine.jobs.start(command_job(("a",), Command("true"), 2.0))
        while found(engine, "@sick") != "a":  # the newest job of this program, as its end is known
            await anext(changes)


async def test_the_list_of_vms_takes_what_is_more_than_a_tag(tmp_path: Path) -> None:
    async with fleet(tmp_path) as (engine, _):
        for text, said in (
            ("@edge", None),
            ("@web", None),
            ("@rack1&@egde", "no such tag or set: @egde (column 8)"),
            ("web @bad", "in the set @bad: no such host: nowhere (column 5)"),
        ):
            problem = engine.fleet.domain_page(DomainQuery(text)).problem
            assert (problem is None) if said is None else problem is not None and problem.sentence.startswith(said)


async def test_words_for_completion(tmp_path: Path) -> None:
    async with fleet(tmp_path) as (engine, log):
        keep(log, "first", 1.0, a=Outcome.OK)
        keep(log, "second", 2.0, a=Outcome.OK)
        changes = engine.fleet.changes()
        while not (words := engine.fleet.target_words()).jobs:
            await anext(changes)
        assert (words.tags, words.jobs) == (("rack1", "rack2"), (2, 1))
        assert words.sets == ("edge", "down", "sick", "bad", "vms")
