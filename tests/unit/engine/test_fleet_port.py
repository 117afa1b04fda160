"""One contract for every implementation of the port: the local one, and a twin that is reached through bytes alone."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.actions.policy import Policy
from atp_tui.config.fleet import MonitorSettings
from atp_tui.config.imports.offer import ImportAsked, OfferKind
from atp_tui.config.load import load
from atp_tui.drivers.sources import DemoOptions, DemoSource, FileSource
from atp_tui.engine.engine import Engine
from atp_tui.engine.fleet import Fleet, Settled, Wanted
from atp_tui.engine.try_out import HypervisorFound, TryKind, TryState, TryStep
from atp_tui.executor.reader import TargetEnded, TargetOutput
from atp_tui.model.connection import ConnectionState
from atp_tui.model.credential import Secret
from atp_tui.model.guard import GuardSettings
from atp_tui.model.order import natural
from atp_tui.model.outcome import Outcome
from atp_tui.model.questions import Locked
from atp_tui.model.target import on_hosts
from atp_tui.monitor.domain_query import DomainGroups, DomainLine, DomainQuery, DomainSort
from atp_tui.monitor.happening import GatheredLine, HappeningLine, HappeningQuery, HostMoved, StateMoved
from atp_tui.monitor.query import GroupLine, HostLine, Query
from tests.fakes.twin import crossing, packed, port_methods, twin_of, unpacked

PATIENCE = 30.0
HOSTS = ("kvm01", "kvm02", "kvm03")
FILE = """[[hosts]]
id = "kvm01"
host = "127.0.0.1"
uri = "sim://kvm01/?domains=3"
ssh = false

[[hosts]]
id = "kvm02"
host = "127.0.0.1"
uri = "sim://kvm02/?domains=3"
ssh = false
enabled = false
"""


@pytest.fixture(params=["local", "twin"])
async def fleet(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Fleet]:
    """Three hosts of the demo, with all their figures."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = DemoSource(DemoOptions(hosts=3, faults=False, seed=1))
    # a share of time needs two samples, and more than half of the time of these tests was the wait for the second
    source.config = replace(
        source.config, guard=GuardSettings(preview_above=2, count_above=2), monitor=MonitorSettings(interval=0.4)
    )
    engine = Engine(source, policy=Policy(asks=True))
    async with engine.running(watch=True):
        found = engine.fleet if request.param == "local" else twin_of(engine.fleet)
        await changed_until(found, lambda: all(row.cpu is not None for row in found.rows(HOSTS)) and there(found))
        yield found


def there(fleet: Fleet) -> bool:
    return len(fleet.rows(HOSTS)) == len(HOSTS)


async def changed_until(fleet: Fleet, holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        async for _ in fleet.changes():
            if holds():
                return


def run(line: str, *hosts: str, confirmed: int | None = None) -> Invocation:
    return Invocation("run", on_hosts(*hosts), {"command": line}, "somebody", confirmed=confirmed)


async def test_the_sums_the_pages_and_the_rows_are_of_one_fleet(fleet: Fleet) -> None:
    summary = fleet.summary()
    assert summary.hosts == sum(number for _, number in summary.states) >= 3
    assert dict(summary.states)[ConnectionState.CONNECTED] >= 3
    assert summary.vms is not None and summary.vms.all > 0 and dict(summary.sums)["req"] is not None
    page = fleet.page(Query(sort="name"))
    assert page.total == len(page.lines) and page.known == page.shown == summary.hosts
    lines = {line.key: line for line in page.lines}
    for number, line in enumerate(page.lines):
        assert fleet.place(Query(sort="name"), line.key) == number
        if isinstance(line, HostLine):
            group = lines[line.group]
            assert isinstance(group, GroupLine) and line.row.id in fleet.hosts(Query(sort="name"), group.key)
            assert fleet.group_of(Query(), line.row.id) == group.key
    assert fleet.place(Query(), "host nowhere") is None and fleet.group_of(Query(), "nowhere") is None
    assert fleet.page(Query("latency>5")).problem is not None


async def test_cells_have_the_figures_of_the_rows(fleet: Fleet) -> None:
    rows = fleet.rows(HOSTS)
    for name, read in (("cpu", [row.cpu for row in rows]), ("memory", [row.memory for row in rows])):
        cells = fleet.cells((*HOSTS, "nowhere"), name)
        assert [(cell.id, cell.figure) for cell in cells] == list(zip(HOSTS, read, strict=True))
        assert all(cell.state is ConnectionState.CONNECTED and cell.fresh for cell in cells)
    assert [cell.figure for cell in fleet.cells(HOSTS, "no such metric")] == [None] * 3


async def test_groups_are_added_up_and_lines_are_gone_through_by_their_keys(fleet: Fleet) -> None:
    fields = fleet.fields()
    assert fields.tags and list(fields.tags) == sorted(fields.tags, key=natural)
    query = Query(sort="name", group=("state",))
    page = fleet.page(query)
    first, *_ = page.lines
    assert isinstance(first, GroupLine) and first.by == "state"
    sums = fleet.sums(query, first.key)
    assert sums is not None and sums.hosts == first.hosts and sums.figures == first.figures
    assert sums.figures.fresh and {name for name, _, _ in sums.highest} == {"cpu", "memory"}
    assert fleet.sums(query, "group nowhere") is None
    keys = [line.key for line in page.lines]
    assert set(fleet.between(query, keys[0], keys[-1])) == set(fleet.hosts(query))
    assert fleet.between(query, keys[1], keys[1]) == fleet.hosts(query)[:1]
    assert fleet.between(query, "host nowhere", "host nowhere") == ()
    matching = replace(query, filter="kvm")
    assert fleet.following(matching, keys[1], 1) == keys[2] and fleet.following(matching, keys[2], -1) == keys[1]


async def test_moments_are_instants_of_one_clock(fleet: Fleet) -> None:
    assert abs(fleet.now() - time.time()) < 60, "seconds since 1970"
    detail = fleet.detail("kvm01")
    assert detail is not None and detail.uri == "sim"
    row, (main, *_) = detail.host.row, detail.pools
    assert row.sampled_at is not None
    for moment in (row.since, row.sampled_at, main.connections[0].created_at, main.connections[0].last_active):
        assert 0 <= detail.now - moment < 120


async def test_what_has_happened_is_read_by_pages(fleet: Fleet) -> None:
    page = fleet.happened(HappeningQuery(newest_first=False))
    (added, *_) = page.lines
    assert isinstance(added, GatheredLine) and added.hosts[:3] == HOSTS and isinstance(added.last.what, HostMoved)
    await fleet.perform(Invocation("disconnect", on_hosts("kvm02"), {}, "somebody"))
    seen = page.newest
    await changed_until(fleet, lambda: fleet.happened(HappeningQuery(since=seen)).newer)
    newest, *_ = fleet.happened(HappeningQuery(host="kvm02", count=5)).lines
    assert isinstance(newest, HappeningLine) and isinstance(newest.happening.what, StateMoved)
    assert newest.happening.what.after is ConnectionState.DISCONNECTED
    assert 0 <= fleet.now() - newest.happening.at < 60
    first = fleet.happened(HappeningQuery("host:kvm02 kind:state", count=1, find=newest.key))
    assert len(first.lines) == 1 and first.place == 0
    assert fleet.happened(HappeningQuery("kind:nothing")).problem is not None


async def test_what_is_looked_at_is_kept_fresh(fleet: Fleet) -> None:
    def sampled() -> float:
        (row,) = fleet.rows(("kvm01",))
        assert row.sampled_at is not None
        page = fleet.page(Query("id:kvm01"))
        line = page.lines[1]
        assert isinstance(line, HostLine) and repr(line.row) == repr(row)  # no NaN equals another
        return row.sampled_at

    before = sampled()
    await changed_until(fleet, lambda: sampled() > before)


async def test_hosts_are_looked_up_by_id_and_by_expression(fleet: Fleet) -> None:
    assert fleet.known(("kvm03", "nowhere", "kvm01")) == ("kvm01", "kvm03")
    assert fleet.runnable(("kvm03", "nowhere", "kvm01")) == ("kvm03", "kvm01")
    assert fleet.resolve("kvm[01-02]").ids == ("kvm01", "kvm02")
    wrong = fleet.resolve("kvm01,@rak1")
    assert (
        not wrong.ids and wrong.problem is not None and wrong.problem.column == 7 and "@rack1" in wrong.problem.sentence
    )
    assert fleet.detail("nowhere") is None and fleet.rows(("nowhere",)) == ()


async def test_hosts_are_asked_now_and_a_host_that_is_let_go_of_has_a_problem(fleet: Fleet) -> None:
    gone = await fleet.perform(Invocation("disconnect", on_hosts("kvm02"), {}, "somebody"))
    assert gone.problem is None
    before = fleet.now()
    answers = await fleet.ask(("kvm03", "nowhere", "kvm02", "kvm01"), Wanted.FIGURES)
    assert [answer.detail.host.row.id for answer in answers] == ["kvm03", "kvm02", "kvm01"]
    for well in (answers[0], answers[2]):
        row, node = well.detail.host.row, well.detail.host.node
        assert well.problem is None and row.state is ConnectionState.CONNECTED and well.detail.pools
        assert node is not None and node.cpus and row.rtt is not None and row.sampled_at is not None
        assert before <= row.sampled_at <= well.detail.now
        assert row.cpu is None, "a share of time needs two samples"
        assert well.detail.host.domains
    left = answers[1]
    assert left.problem is not None and left.problem.unreached
    assert (left.detail.host.row.state, left.detail.host.node) == (ConnectionState.DISCONNECTED, None)
    assert left.detail.host.row.rtt is None and left.detail.host.domains == ()


async def test_hosts_that_are_asked_are_not_looked_for_one_by_one(fleet: Fleet) -> None:
    """Of 10,000 hosts that took the event loop more than a second."""

    class Searched(list[str]):
        def __contains__(self, host_id: object) -> bool:
            raise AssertionError("all ids are gone through for one host")

    (answer,) = await fleet.ask(Searched(["kvm01"]), Wanted.DOMAINS)
    assert answer.problem is None


async def test_domains_alone_are_asked_for_without_the_node(fleet: Fleet) -> None:
    (answer,) = await fleet.ask(("kvm01",), Wanted.DOMAINS)
    detail = fleet.detail("kvm01")
    assert detail is not None
    names = [domain.reading.name for domain in detail.host.domains]
    assert [domain.reading.name for domain in answer.detail.host.domains] == names and names
    assert answer.detail.host.node is None and answer.detail.host.row.rtt is None


async def test_the_domains_of_all_hosts_are_one_list(fleet: Fleet) -> None:
    query = DomainQuery(sort=DomainSort.NAME, groups=DomainGroups.HOST)
    page = fleet.domain_page(query)
    assert page.complete and page.total == len(page.lines) and page.shown == page.known
    vms = fleet.summary().vms
    assert vms is not None and page.known == vms.all
    for number, line in enumerate(page.lines):
        assert fleet.domain_place(query, line.key) == number
        if isinstance(line, DomainLine):
            assert fleet.domain_hosts((line.key, "kvm01/nobody", "nowhere/x")) == (line.host,)
            detail = fleet.domain(line.host, line.row.reading.name)
            assert detail is not None and detail.row.reading.uuid == line.row.reading.uuid and detail.fresh
            assert detail.host.id == line.host and dict(detail.series).keys() >= {"cpu", "memory", "disk", "net"}
        else:
            assert len(fleet.domain_keys(query, line.key)) == line.domains
    assert fleet.domain("kvm01", "nobody") is None and fleet.domain("nowhere", "web") is None
    assert fleet.domain_page(DomainQuery("latency>5")).problem is not None


async def test_a_domain_says_what_it_is_made_of(fleet: Fleet) -> None:
    host, _, uuid = fleet.domain_keys(DomainQuery("host:kvm01"))[0].partition("/")
    described = await fleet.describe_domain(host, uuid)
    assert described.problem is None and f"<uuid>{uuid}</uuid>" in described.xml
    for other, which in ((host, "00000000-0000-0000-0000-000000000000"), ("nowhere", uuid)):
        described = await fleet.describe_domain(other, which)
        assert described.problem is not None and not described.xml


async def test_guests_say_what_they_are_or_why_they_do_not(fleet: Fleet) -> None:
    said = {}
    for key in fleet.domain_keys(DomainQuery()):
        host, _, uuid = key.partition("/")
        answer = said[key] = await fleet.guest_of(host, uuid)
        assert (answer.info is None) != (answer.problem is None) and 0 <= fleet.now() - answer.at < 60
    told = [answer.info for answer in said.values() if answer.info is not None]
    assert told and all(each.hostname and each.file_systems and each.interfaces for each in told)
    why = {answer.problem.message.partition(":")[0] for answer in said.values() if answer.problem is not None}
    plain = {"no agent", "the agent does not answer", "the VM does not run", "libvirt cannot ask guests there"}
    assert "no agent" in why and why <= plain
    for host, uuid in (("kvm01", "00000000-0000-0000-0000-000000000000"), ("nowhere", "x")):
        assert (await fleet.guest_of(host, uuid)).problem is not None


async def test_a_condition_is_settled_by_asking_those_on_which_it_hangs(fleet: Fleet) -> None:
    assert await fleet.settle(("kvm[01-02]",)) == Settled(("kvm01", "kvm02"))
    assert (await fleet.settle(("kvm[01-02]&cpu>=0", "kvm03"))).ids == ("kvm01", "kvm02", "kvm03")
    await fleet.perform(Invocation("disconnect", on_hosts("kvm02"), {}, "somebody"))
    settled = await fleet.settle(("kvm[01-02]&memory>=0",))
    assert settled.ids == ("kvm01",) and settled.problem is None
    ((host, why),) = settled.left_out
    assert host == "kvm02" and why is not None and why.unreached
    nothing = await fleet.settle(("kvm[01-02]&cpu>100",))
    assert nothing.ids == () and nothing.problem is not None and "no host is left" in nothing.problem.sentence
    wrong = await fleet.settle(("kvm01,@rak1",))
    assert wrong.ids == () and wrong.problem is not None and wrong.problem.column == 7
    assert "@rack1" in wrong.problem.sentence


async def test_nothing_waits_for_a_person_here(fleet: Fleet) -> None:
    assert fleet.waiting() == () and fleet.summary().calls == ()
    for host in ("kvm01", "nowhere"):
        assert fleet.key_question(host) is None and fleet.password_question(host) is None


async def test_the_lock_opens_by_anything_where_nothing_was_typed(fleet: Fleet) -> None:
    assert fleet.locked() is None
    assert (await fleet.perform(Invocation("lock", (), {}, "somebody"))).problem is None
    assert fleet.locked() == Locked(wants_proof=False)
    assert await fleet.unlock(None) and fleet.locked() is None


async def test_a_command_runs_and_its_answers_are_folded(fleet: Fleet) -> None:
    performed = await fleet.perform(run("echo same", "kvm01", "kvm02"))
    ticket = performed.job
    assert performed.problem is None and ticket is not None
    assert ticket.title == "echo same" and ticket.targets == on_hosts("kvm01", "kvm02")
    events = [event async for event in fleet.events(ticket.id)]
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert {event.job for event in events} == {ticket.id}
    assert b"".join(event.data for event in events if isinstance(event, TargetOutput)) == b"same\n" * 2
    assert [event.result.outcome for event in events if isinstance(event, TargetEnded)] == [Outcome.OK] * 2
    assert [result.host for result in await fleet.results(ticket.id)] == ["kvm01", "kvm02"]
    parts = fleet.parts(ticket.id)
    (part,) = parts.parts
    assert (part.count, part.label, part.exit_status) == (2, "kvm[01-02]", 0)
    assert fleet.output(ticket.id, part.digest) == b"same"
    assert set(fleet.members(ticket.id, part.group)) == set(ticket.targets)
    assert fleet.parts(ticket.id, parts.number).parts == ()
    assert not await fleet.name_parts(ticket.id)


async def test_answers_are_joined_in_spite_of_what_is_masked(fleet: Fleet) -> None:
    ticket = (await fleet.perform(run("hostname", "kvm01", "kvm02"))).job
    assert ticket is not None
    await fleet.results(ticket.id)
    assert fleet.parts(ticket.id, 0, True).parts == (), "nothing is masked before it is asked for"
    assert await fleet.mask_parts(ticket.id)
    await fleet.name_parts(ticket.id, True)
    (part,) = fleet.parts(ticket.id, 0, True).parts
    assert (part.label, part.variants) == ("kvm[01-02]", 2)
    assert fleet.output(ticket.id, part.digest).startswith(b"<name>")
    assert set(fleet.members(ticket.id, part.group, True)) == set(ticket.targets)
    assert len(fleet.parts(ticket.id).parts) == 2
    assert not await fleet.mask_parts(ticket.id) and not await fleet.mask_parts("no such job")


async def test_a_job_is_cancelled_by_its_id(fleet: Fleet) -> None:
    ticket = (await fleet.perform(run("sleep 60", "kvm01"))).job
    assert ticket is not None
    async with asyncio.timeout(PATIENCE):
        async for event in fleet.events(ticket.id):
            if not isinstance(event, TargetEnded):
                fleet.cancel(ticket.id)
            else:
                assert event.result.outcome in (Outcome.CANCELLED, Outcome.NOTRUN)
    fleet.cancel(ticket.id)


async def test_of_a_job_that_is_not_kept_nothing_is_known(fleet: Fleet) -> None:
    assert [event async for event in fleet.events("no such job")] == []
    assert fleet.parts("no such job", 7).parts == () and fleet.output("no such job", b"x") == b""
    assert fleet.members("no such job", 0) == () and await fleet.job_number("no such job") is None
    assert not await fleet.name_parts("no such job") and await fleet.results("no such job") == ()
    fleet.cancel("no such job")


async def test_a_fleet_without_a_file_has_no_form_and_no_preview(fleet: Fleet) -> None:
    forms = await fleet.forms(["kvm01"])
    assert forms.fields == () and forms.problem is not None and "no hosts.toml" in forms.problem.message
    preview = await fleet.preview(Invocation("undo", (), {}, "somebody"))
    assert preview.difference == "" and preview.problem is not None


async def test_a_fleet_without_a_file_takes_no_hosts_over(fleet: Fleet) -> None:
    found = await fleet.importable(ImportAsked("list", "kvm09"))
    assert found.entries == () and found.problem is not None and "no hosts.toml" in found.problem.message


async def test_forms_of_several_hosts_are_read_at_one_moment(fleet_of_a_file: Fleet) -> None:
    forms = await fleet_of_a_file.forms(["kvm02", "kvm01", ""])
    assert [{field.key: field.value for field in fields}["id"] for fields in forms.fields] == ["kvm02", "kvm01", ""]
    assert {field.key: field.value for field in forms.fields[0]}["enabled"] == "false"
    gone = await fleet_of_a_file.forms(["kvm01", "kvm09"])
    assert gone.fields == () and gone.problem is not None and "kvm09" in gone.problem.message


async def test_what_a_source_offers_and_a_choice_of_it_are_plain_data(fleet_of_a_file: Fleet, tmp_path: Path) -> None:
    asked = ImportAsked("list", "kvm[01-04]", tags=("new",))
    found = await fleet_of_a_file.importable(asked)
    assert [(each.id, each.kind) for each in found.entries] == [
        ("kvm03", OfferKind.NEW), ("kvm04", OfferKind.NEW), ("kvm01", OfferKind.CHANGED), ("kvm02", OfferKind.CHANGED),
    ]  # fmt: skip
    arguments = {"source": "list", "where": asked.where, "hosts": "kvm02 kvm04", "tags": "new"}
    preview = await fleet_of_a_file.preview(Invocation("import", (), arguments, "somebody"))
    assert '+id = "kvm04"' in preview.difference and "kvm03" not in preview.difference
    assert (tmp_path / "hosts.toml").read_text() == FILE, "nothing is written"
    assert (await fleet_of_a_file.importable(ImportAsked("nowhere"))).problem is not None


async def test_a_fleet_without_a_file_tries_no_host(fleet: Fleet) -> None:
    (step,) = [step async for step in fleet.try_out("kvm01")]
    assert (step.kind, step.state) == (TryKind.SETTINGS, TryState.FAILED)
    assert step.problem is not None and "no hosts.toml" in step.problem.message


@pytest.fixture(params=["local", "twin"])
def fleet_of_a_file(request: pytest.FixtureRequest, tmp_path: Path) -> Fleet:
    """Two simulated hosts of a hosts.toml, one of them disabled. Nothing of it runs."""
    file = tmp_path / "hosts.toml"
    file.write_text(FILE)
    found = Engine(FileSource(load(file)), policy=Policy()).fleet
    return found if request.param == "local" else twin_of(found)


async def steps_of(fleet: Fleet, tried: str, action: str = "", **arguments: str) -> list[TryStep]:
    edit = Invocation(action, on_hosts(*([tried] if action == "edit-host" else [])), arguments, "somebody")
    return [step async for step in fleet.try_out(arguments.get("id", tried), edit if action else None)]


@pytest.mark.parametrize("host", ["kvm01", "kvm02"])
async def test_a_host_is_tried_as_the_file_has_it(fleet_of_a_file: Fleet, host: str) -> None:
    steps = await steps_of(fleet_of_a_file, host)
    ended = [step for step in steps if step.state is not TryState.TRYING]
    assert [(step.kind, step.state) for step in ended] == [
        (TryKind.SETTINGS, TryState.DONE), (TryKind.HYPERVISOR, TryState.DONE),
    ]  # fmt: skip
    assert isinstance(ended[-1].found, HypervisorFound) and ended[-1].found.domains == 3
    for step in steps:
        for other in (copy.deepcopy(step), pickle.loads(pickle.dumps(step)), unpacked(packed(step))):
            assert other == step


async def test_a_host_is_tried_as_an_edit_would_describe_it(fleet_of_a_file: Fleet, tmp_path: Path) -> None:
    (*_, edited) = await steps_of(fleet_of_a_file, "kvm01", "edit-host", keys="uri=sim://kvm01/?domains=5")
    assert isinstance(edited.found, HypervisorFound) and edited.found.domains == 5
    (*_, added) = await steps_of(
        fleet_of_a_file, "", "add-host", id="kvm03", host="127.0.0.1", keys="uri=sim://x/?domains=2 ssh=false"
    )
    assert isinstance(added.found, HypervisorFound) and added.found.domains == 2
    assert (tmp_path / "hosts.toml").read_text() == FILE, "nothing is written"


async def test_what_cannot_be_written_is_not_tried(fleet_of_a_file: Fleet) -> None:
    (bad,) = await steps_of(fleet_of_a_file, "kvm01", "edit-host", keys="ssh.port=many")
    assert bad.kind is TryKind.SETTINGS and bad.problem is not None and "whole number" in bad.problem.sentence
    (nowhere,) = await steps_of(fleet_of_a_file, "nowhere")
    assert nowhere.problem is not None and "nowhere" in nowhere.problem.message


async def test_the_door_is_the_same_one(fleet: Fleet) -> None:
    assert fleet.admit(run("id", "kvm01")).problem is None
    asked = fleet.admit(run("id", *HOSTS))
    assert asked.problem is None and asked.confirm is not None and asked.confirm.number == 3 and asked.confirm.typed
    refused = await fleet.perform(run("id", *HOSTS))
    assert refused.job is None and refused.problem is not None and "nobody has confirmed" in refused.problem.message
    assert (await fleet.perform(run("id", *HOSTS, confirmed=3))).job is not None
    unknown = replace(run("id", "kvm01"), action="explode")
    problem = fleet.admit(unknown).problem
    assert problem is not None and "explode" in problem.message
    assert (await fleet.perform(unknown)).problem == problem
    nowhere = await fleet.perform(Invocation("disconnect", on_hosts("kvm01", "nowhere"), {}, "somebody"))
    assert nowhere.problem is not None and "nowhere" in f"{nowhere.problem}"


async def test_changes_that_nobody_waited_for_are_one(fleet: Fleet) -> None:
    changes = fleet.changes()
    first = await anext(changes)
    assert first.urgent and first.described
    await asyncio.sleep(2.5)
    second, third = await anext(changes), await anext(changes)
    assert first.number < second.number < third.number
    await changes.aclose()  # type: ignore[attr-defined]


# What crosses


def test_nothing_but_plain_data_crosses() -> None:
    names = crossing()
    assert {
        "HostRow",
        "Page",
        "TryStep",
        "Summary",
        "Detail",
        "Invocation",
        "TargetEnded",
        "ConnectionSnapshot",
    } <= names.keys()
    assert len(port_methods()) >= 20
    assert "HostInfo" not in names and "Job" not in names


async def test_all_that_crosses_survives_copy_pickle_and_bytes(fleet: Fleet) -> None:
    ticket = (await fleet.perform(run("hostname; exit 3", "kvm01"))).job
    assert ticket is not None
    events = [event async for event in fleet.events(ticket.id)]
    values = [
        fleet.summary(), fleet.page(Query(folded=frozenset({"group rack1"}))), fleet.sums(Query(), "group rack1"),
        fleet.fields(), fleet.page(Query(group=("state", "tag"), reverse=True)), fleet.page(Query("latency>5")),
        fleet.happened(HappeningQuery(unfolded=frozenset({"gathered 1"}))), fleet.happened(HappeningQuery("kind:no")),
        fleet.domain_page(DomainQuery(groups=DomainGroups.STATE)), fleet.domain_page(DomainQuery("latency>5")),
        fleet.domain("kvm01", fleet.domain_keys(DomainQuery("host:kvm01"))[0].partition("/")[2]),
        fleet.detail("kvm01"), fleet.resolve("kvm[01-02]"), fleet.resolve("@nope"), run("id", "kvm01"),
        ticket, fleet.parts(ticket.id), fleet.admit(run("id", *HOSTS)), fleet.waiting(),
        Query("x", marked=frozenset("a")), *events,
    ]  # fmt: skip
    for value in values:
        for other in (copy.deepcopy(value), pickle.loads(pickle.dumps(value)), unpacked(packed(value))):
            assert repr(other) == repr(value) and type(other) is type(value)  # by repr: no NaN equals another


def test_a_password_crosses_only_where_it_is_meant_to() -> None:
    asked = Invocation("log-in", on_hosts("kvm01"), {"user": "root"}, "somebody", Secret("not for the log"))
    other = unpacked(packed(asked))
    assert other.secret.reveal() == "not for the log" and "not for" not in repr(other)
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(asked)
