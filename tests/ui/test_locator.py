"""A view in one line: read, written, opened; and the screen written to files."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.cli.arguments import parse
from atp_tui.cli.tui import only
from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.executor.earlier import Earlier, EarlierJob
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Outcome
from atp_tui.model.sets import NamedSet
from atp_tui.ui.locator import Locator, locator_of
from atp_tui.ui.places import Place

from .conftest import open_app
from .fleet_services import FleetServices, rack

VIEWS = ("fleet", "heat", "host", "events")


@given(st.sampled_from(VIEWS), st.text(max_size=20), st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_what_is_written_is_read_as_it_was(view: str, subject: str, filter: str, sort: str) -> None:
    located = Locator(Place(view, subject), filter, (("sort", sort),))
    assert locator_of(str(located), VIEWS) == located


def test_what_a_person_types_is_read() -> None:
    assert locator_of("heat", VIEWS) == Locator(Place("heat"))
    assert locator_of("host/kvm07", VIEWS) == Locator(Place("host", "kvm07"))
    assert locator_of("fleet?filter=@rack1!state:failed", VIEWS).filter == "@rack1!state:failed"
    assert str(Locator(Place("fleet"), "@rack1&cpu>80")) == "fleet?filter=@rack1%26cpu>80"


@pytest.mark.parametrize(
    ("text", "told"), [("haet", "did you mean heat"), ("", "there are fleet"), ("fleet?x", "NAME=")]
)
def test_nonsense_is_refused_before_the_screen_is_there(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        locator_of(text, VIEWS)
    assert told in str(error.value)


async def test_the_screen_begins_with_the_view_that_was_asked_for_and_tells_its_locator() -> None:
    fakes = FleetServices([*rack(4), *rack(2, tag="rack2", start=5)])
    fakes.services = replace(fakes.services, view="heat?filter=rack2&figure=rtt")
    async with open_app(fakes) as opened:
        await opened.until(lambda: opened.has("▸ heat") and opened.has("kvm05 (1)") and opened.has(" RTT /"))
        assert not opened.has("rack1")
        opened.app.type_command("locator")
        await opened.until(lambda: opened.has("copied atp-tui --view 'heat?filter=rack2&figure=rtt'"))
        assert opened.app.clipboard == "atp-tui --view 'heat?filter=rack2&figure=rtt'"


async def test_the_screen_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, dump_folder=lambda: tmp_path / "screens")
    async with open_app(fakes) as opened:
        opened.app.type_command("dump")
        await opened.until(lambda: opened.has("written: "))
    files = sorted((tmp_path / "screens").iterdir())
    assert [file.suffix for file in files] == [".svg", ".txt"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert "kvm03" in files[1].read_text() and files[0].read_text().startswith("<svg")


async def test_a_screen_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    fakes = FleetServices(rack(4))
    (tmp_path / "file").write_text("")
    fakes.services = replace(fakes.services, dump_folder=lambda: tmp_path / "file" / "screens")
    async with open_app(fakes) as opened:
        opened.app.type_command("dump")
        await opened.until(lambda: opened.has("the screen could not be written"))


HOSTS = (HostInfo("kvm01", "192.0.2.1", tags=("rack1",)), HostInfo("kvm02", "192.0.2.2"))


def test_only_some_hosts_are_watched() -> None:
    assert only("@rack1", HOSTS) == HOSTS[:1]
    assert only("kvm[01-02]", HOSTS) == HOSTS
    assert parse(["--only", "@rack1", "--view", "heat"]).only == "@rack1"
    for wrong in ("@rack9", "kvm03", "state:failed", "cpu>80"):
        with pytest.raises(ConfigError):
            only(wrong, HOSTS)


def test_some_hosts_are_named_by_sets_and_earlier_jobs() -> None:
    sets = (NamedSet("edge", "@all!@rack1"), NamedSet("live", "@edge&cpu>80"), NamedSet("sick", "@last.failed"))
    earlier = Earlier({"last": EarlierJob(7, (("kvm01", Outcome.FAILED, 1), ("gone", Outcome.FAILED, 1)))}, newest=7)
    assert only("@edge", HOSTS, sets, earlier) == HOSTS[1:]
    assert only("@sick", HOSTS, sets, earlier) == only("@last.exit=1", HOSTS, sets, earlier) == HOSTS[:1]
    for wrong, said in (
        ("@live", "hangs on what hosts say now: cpu>80 of the set @live"),
        ("@last.ok", "no host is left"),
        ("@job.3", "there is no job 3; the newest is 7"),
    ):
        with pytest.raises(ConfigError, match=said):
            only(wrong, HOSTS, sets, earlier)


async def test_a_fleet_of_some_hosts_follows_the_file_for_these_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.watched_file.LOOK_EACH", 0.05)
    file = tmp_path / "hosts.toml"
    file.write_text(text_of(kvm01="rack1", kvm02="rack2"))
    engine = Engine(FileSource(load(file)))
    async with engine.running(watch=True, select=lambda hosts: only("@rack1", hosts)):
        assert [host.id for host in engine.manager.list_hosts()] == ["kvm01"]
        file.write_text(text_of(kvm01="rack1", kvm02="rack2", kvm03="rack1", kvm04="rack2"))
        async for _ in engine.fleet.changes():
            if engine.fleet.reload().number == 1:
                break
        assert [host.id for host in engine.manager.list_hosts()] == ["kvm01", "kvm03"]
        file.write_text(text_of(kvm02="rack2"))
        async for _ in engine.fleet.changes():
            if engine.fleet.reload().number == 2:
                break
        assert engine.fleet.reload().problem is not None, "nothing that is wanted is left: it is told"
        assert [host.id for host in engine.manager.list_hosts()] == ["kvm01", "kvm03"]


def text_of(**tags: str) -> str:
    return "".join(
        f'[[hosts]]\nid = "{host}"\nhost = "127.0.0.1"\nuri = "sim://{host}/"\nssh = false\ntags = ["{tag}"]\n'
        for host, tag in tags.items()
    )
