"""Hosts by the VMs that they carry, as targets name them."""

from __future__ import annotations

import pytest

from atp_tui.executor.targets import Targets
from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.errors import ConfigError
from atp_tui.model.events import DomainsDescribed, HostChanged, HostSampled
from atp_tui.model.host import HostInfo
from atp_tui.model.node import NO_METADATA, DomainMetadata, DomainReading, DomainState
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.host_filter import parse_filter
from atp_tui.monitor.needs import Needs

D = DomainState
SHOP = DomainMetadata("Shop front", "", "debian12", "192.0.2.7", ("web", "prod"), ("2001:db8::7",))
HOSTILE = DomainMetadata("\x1b]0;owned\x07 shop,&!", "", "win2k22", "", ("a&b", "web2"))


def guest(name: str, state: DomainState = D.RUNNING) -> DomainReading:
    return DomainReading(name, f"uuid-{name}", state, 1, 1024, 1024, 0, 0, 0)


class Fleet:
    """Connected hosts whose samples a test gives; the last one has SSH alone."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = tuple([HostInfo(host, "192.0.2.1", uri="test:///default") for host in hosts])
        self.hosts += (HostInfo("bare", "192.0.2.1", uri=None),)
        self.view = FleetView(self)
        self.now = 1.0

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return self.hosts

    def host_state(self, host_id: str) -> HostStatus:
        return HostStatus(Standing(ConnectionState.CONNECTED, None, 0.0, 0, None, True), host_id)

    def sampled(self, host: str, *domains: DomainReading) -> None:
        self.view.apply(HostSampled(self.now, host, None, domains, 0.001, 0, 0))

    def tells(self, host: str, name: str, about: DomainMetadata) -> None:
        self.view.apply(DomainsDescribed(self.now, host, ((f"uuid-{name}", about),)))

    def loses(self, host: str) -> None:
        status = HostStatus(Standing(ConnectionState.FAILED, None, 0.0, 0, None, True), host)
        self.view.apply(HostChanged(self.now, status))


def fleet() -> Fleet:
    """kvm4 was not read, kvm5 is lost."""
    found = Fleet("kvm1", "kvm2", "kvm3", "kvm4", "kvm5")
    found.sampled("kvm1", guest("db01"), guest("web", D.PAUSED))
    found.sampled("kvm2", guest("DB02"), guest("spare", D.SHUTOFF))
    found.sampled("kvm3")
    found.sampled("kvm4", guest("new"))
    found.sampled("kvm5", guest("db05"))
    found.tells("kvm1", "db01", NO_METADATA)
    found.tells("kvm1", "web", SHOP)
    found.tells("kvm2", "DB02", HOSTILE)
    found.tells("kvm2", "spare", NO_METADATA)
    found.loses("kvm5")
    return found


def facts_of(found: Fleet, *ids: str) -> HostFacts:
    rows = [row for row in found.view.rows() if not ids or row.id in ids]
    return HostFacts(rows, domains=found.view.with_domains)


@pytest.mark.parametrize(
    ("text", "holds", "unknown"),
    [
        ("vm.name:db01", "kvm1", "kvm5"),
        ("vm.name:db*", "kvm1 kvm2", "kvm5"),
        ("vm.name:DB0?", "kvm1 kvm2", "kvm5"),
        ("VM.NAME:Web", "kvm1", "kvm5"),
        ("vm.uuid:uuid-new", "kvm4", "kvm5"),
        ("vm.state:paused", "kvm1", "kvm5"),
        ("vm.state:up", "kvm1 kvm2 kvm4", "kvm5"),
        ("vm.state:off", "kvm2", "kvm5"),
        ("vm.state:shut-off", "kvm2", "kvm5"),
        ("vm.state:shut off", "kvm2", "kvm5"),
        ("vm.state:crashed", "", "kvm5"),
        ("vm.tag:web", "kvm1", "kvm4 kvm5"),
        ("vm.tag:web*", "kvm1 kvm2", "kvm4 kvm5"),
        ("vm.title:shop", "kvm1", "kvm4 kvm5"),
        ("vm.title:shop front", "kvm1", "kvm4 kvm5"),
        ("vm.title:sh?p*", "kvm1 kvm2", "kvm4 kvm5"),
        ("vm.os:debian", "kvm1", "kvm4 kvm5"),
        ("vm.os:debian12", "kvm1", "kvm4 kvm5"),
        ("vm.os:win", "kvm2", "kvm4 kvm5"),
        ("vm.ip:192.0.2.7", "kvm1", "kvm4 kvm5"),
        ("vm.ip:2001:db8::7", "kvm1", "kvm4 kvm5"),
        ("vm.ip:192.0.2.", "", "kvm4 kvm5"),
        ("vm.tag:nothing", "", "kvm4 kvm5"),
    ],
)
def test_a_host_is_meant_by_a_vm_that_has_the_whole_text(text: str, holds: str, unknown: str) -> None:
    fact = facts_of(fleet()).term(text)
    assert fact is not None
    assert (sorted(fact.holds), sorted(fact.unknown)) == (holds.split(), unknown.split())


def test_what_is_not_read_of_a_vm_is_not_guessed() -> None:
    found = fleet()
    targets = Targets(found.hosts, facts_of(found))
    assert targets.decide("@all!vm.tag:web") == (("bare", "kvm2", "kvm3"), ("kvm4", "kvm5"))
    found.tells("kvm4", "new", NO_METADATA)  # read, and it says nothing
    targets = Targets(found.hosts, facts_of(found))
    assert targets.decide("@all!vm.tag:web") == (("bare", "kvm2", "kvm3", "kvm4"), ("kvm5",))
    found.sampled("kvm3", guest("young"))
    targets = Targets(found.hosts, facts_of(found))
    assert targets.decide("vm.tag:web&kvm[1-4]") == (("kvm1",), ("kvm3",))


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("vm.tag:wbe", "no VM has that tag", "did you mean vm.tag:web"),
        ("vm.name:dbO1", "no VM has that name", "did you mean vm.name:db01"),
        ("vm.os:suse", "no VM has that os", "there is vm.os:debian, vm.os:debian12, vm.os:win"),
        ("vm.title:owned", "no VM has that title", "vm.title:"),
        ("vm.tags:web", "unknown field vm.tags", "did you mean vm.tag? vm.name:, vm.tag:"),
        ("vm.cpu>80", "unknown field vm.cpu", "take a text"),
        ("vm.name>5", "vm.name is compared with nothing", "write vm.name:TEXT"),
        ("vm.state:fialed", "no state of a VM is fialed", "paused"),
        ("vm.tag:", "vm.tag: wants a text", "write vm.tag:prod"),
        ("title:shop", "title: is asked of VMs", "vm.title:"),
        ("name:db01", "name: is asked of VMs", "vm.name:"),
    ],
)
def test_a_condition_that_no_vm_can_fulfil_is_answered(text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        facts_of(fleet(), "kvm1", "kvm2", "kvm3").term(text)
    assert said in caught.value.message and hint in (caught.value.hint or "")
    assert "\x1b" not in str(caught.value) and "&" not in (caught.value.hint or "")


def test_mistakes_stand_at_their_column_and_a_name_of_a_vm_is_found() -> None:
    found = Fleet("kvm1", "kvm2")
    found.sampled("kvm1", guest("db01"))
    found.sampled("kvm2")
    targets = Targets(found.hosts, facts_of(found))
    with pytest.raises(ConfigError, match=r"did you mean vm\.name:db01") as caught:
        targets.resolve("kvm2,vm.name:db02")
    assert caught.value.column == 6
    with pytest.raises(ConfigError, match=r"did you mean vm\.name:db01\?") as caught:
        targets.resolve("kvm2,db01")
    assert caught.value.column == 6
    with pytest.raises(ConfigError, match="a port in"):
        targets.resolve("vm.local:22")
    found = fleet()
    with pytest.raises(ConfigError, match=r"did you mean vm\.tag:web\? not known, and so left out: kvm4, kvm5"):
        Targets(found.hosts, facts_of(found)).resolve("vm.tag:wbe")


def test_what_must_be_asked_for_it_is_known() -> None:
    for text, metadata in (("vm.name:db01", False), ("vm.state:up", False), ("vm.tag:web", True), ("vm.ip:::1", True)):
        facts = HostFacts(fleet().view.rows())
        fact = facts.term(text)
        assert fact is not None and not fact.holds and len(fact.unknown) == 5, "nothing is known of any"
        assert (facts.needs, facts.needs_metadata) == (Needs.SAMPLE, metadata)


def test_the_filter_of_hosts_says_where_it_belongs() -> None:
    with pytest.raises(ConfigError, match=r"here write @vm\.name:TEXT"):
        parse_filter("kvm vm.name:db*")


def test_a_description_that_says_nothing_counts_as_read() -> None:
    found = fleet()
    host = found.view.with_domains("kvm4")
    assert host is not None and "uuid-new" not in host.of_domains.described
    found.tells("kvm4", "new", NO_METADATA)
    assert "uuid-new" in host.of_domains.described
