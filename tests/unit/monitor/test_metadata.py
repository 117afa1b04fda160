"""What a domain's XML says about it for people, when it is read, and what a host can send in its place."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model import libvirt as numbers
from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.node import NO_METADATA, DomainMetadata, DomainState
from atp_tui.monitor.domain_record import HostDomains
from atp_tui.monitor.hearing import Hearing
from atp_tui.monitor.metadata_plan import ADDRESS_LATER, EACH, SPREAD, MetadataPlan, Wanted
from atp_tui.monitor.metadata_reader import Reading, read_metadata
from atp_tui.monitor.metadata_xml import (
    LONGEST_WORD,
    MOST_READ,
    MOST_SAID,
    MOST_TAGS,
    read_metadata_xml,
    usable_addresses,
)

from .samples import domain, sample
from .test_readings import VirError

LEASE, ARP = numbers.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, numbers.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP
D = DomainState
UP = HostStatus(Standing(ConnectionState.CONNECTED, None, 0.0, 0, None, retries=True), "a")

XML = """<domain type='kvm' id='3'>
  <name>web01</name>
  <title>Shop &amp; front</title>
  <description>
    The front.
    Ask Ada.
  </description>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://debian.org/debian/12"/>
    </libosinfo:libosinfo>
    <other:tags xmlns:other="urn:other">not ours</other:tags>
    <atp:tags xmlns:atp="urn:atp-tui:tags">web prod, <atp:tag>web</atp:tag><atp:tag>eu</atp:tag></atp:tags>
  </metadata>
  <memory unit='KiB'>1024</memory>
  <devices><title>no title</title></devices>
</domain>
"""


def test_what_libvirt_writes_is_read() -> None:
    assert read_metadata_xml(XML) == DomainMetadata(
        "Shop & front", "The front. Ask Ada.", "debian12", "", ("web", "prod", "eu")
    )


def test_a_domain_that_says_nothing_costs_nothing() -> None:
    assert read_metadata_xml("<domain><name>a</name><devices/></domain>") is NO_METADATA


@pytest.mark.parametrize(
    ("xml", "title"),
    [
        ("", ""),
        ("no XML", ""),
        ("<domain><title>half", "half"),
        ("<domain><title>one</title></name>", "one"),
        ("<domain><title>\ud800</title></domain>", ""),
        ("<domain><title>a</title><metadata><x:y/></metadata></domain>", "a"),
        ("<domain><devices/><title>behind</title></domain>", ""),
        ("<domain><os><title>deeper</title></os></domain>", ""),
        ("<!DOCTYPE d [<!ENTITY e 'x'>]><domain><title>&e;</title></domain>", ""),
        ("<!DOCTYPE d SYSTEM 'file:///etc/passwd'><domain><title>a</title></domain>", ""),
        ("<domain><title>&unknown;</title></domain>", ""),
        ("<domain><title>\u202ea\x85</title></domain>", "\u202ea"),
    ],
)
def test_what_is_none_costs_itself_alone(xml: str, title: str) -> None:
    assert read_metadata_xml(xml).title == title


def test_nothing_grows_without_a_limit() -> None:
    tags = " ".join(f"{n}-{'x' * 200}" for n in range(100))
    long = f"<domain><title>{'t' * 5000}</title><metadata><a:tags xmlns:a='urn:atp-tui:tags'>{tags}</a:tags></metadata>"
    found = read_metadata_xml(long)
    assert len(found.title) == MOST_SAID
    assert len(found.tags) == MOST_TAGS and max(map(len, found.tags)) == LONGEST_WORD
    huge = f"<domain><description>{'d ' * MOST_READ}</description><title>behind</title></domain>"
    assert (found := read_metadata_xml(huge)).title == "" and len(found.description) == MOST_SAID


@given(st.text() | st.text(alphabet="<>/&;! domaintle='").map(lambda text: f"<domain>{text}"))
def test_no_text_is_too_odd(xml: str) -> None:
    found = read_metadata_xml(xml)
    assert len(found.title) <= MOST_SAID and len(found.tags) <= MOST_TAGS


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("http://microsoft.com/win/2k22", "win2k22"),
        ("http://centos.org/centos-stream/9", "centos-stream9"),
        ("no address", "no address"),
        ("http://[/win/10", ""),
        ("", ""),
    ],
)
def test_a_system_has_the_name_that_virt_install_takes(id: str, name: str) -> None:
    space = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
    xml = f"<domain><metadata><l:libosinfo xmlns:l='{space}'><l:os id='{id}'/></l:libosinfo></metadata></domain>"
    assert read_metadata_xml(xml).os == name


def on(*addresses: object) -> Mapping[str, Any]:
    return {"lo": {"addrs": None}, "vnet0": {"hwaddr": "", "addrs": [{"type": 0, "addr": each} for each in addresses]}}


@pytest.mark.parametrize(
    ("answer", "addresses"),
    [
        (on("192.0.2.7"), "192.0.2.7"),
        (on("127.0.0.1", "169.254.1.1", "fe80::1", "2001:db8::7", "192.0.2.7"), "192.0.2.7 2001:db8::7"),
        (on(*(f"192.0.2.{number % 20}" for number in range(99))), " ".join(f"192.0.2.{n}" for n in range(16))),
        (on("fe80::1", "2001:db8::7"), "2001:db8::7"),
        (on("2001:db8::7%\x1b[31m", 7, None, "web01", "0.0.0.0"), ""),
        ({}, ""),
        (None, ""),
        ([1], ""),
        ({"a": None, "b": {"addrs": {"addr": "192.0.2.7"}}, "c": {"addrs": [None]}}, ""),
    ],
)
def test_the_addresses_that_lead_somewhere(answer: object, addresses: str) -> None:
    assert usable_addresses(answer) == tuple(addresses.split())


# A call


class Guest:
    """A domain. `sources` are what its driver answers of addresses; a number is the error that it gives."""

    def __init__(self, virt: Virt, uuid: str) -> None:
        self._virt, self._uuid = virt, uuid

    def XMLDesc(self, flags: int = 0) -> Any:
        if error := self._virt.errors.get(self._uuid):
            raise error
        return f"<domain><title>{self._uuid}</title></domain>"

    def interfaceAddresses(self, source: int, flags: int = 0) -> Any:
        self._virt.asked.append(source)
        answer = self._virt.sources[source]
        if isinstance(answer, int):
            raise VirError(answer)
        return answer


class Virt:
    def __init__(self, sources: Mapping[int, object] | None = None, **errors: Exception) -> None:
        self.sources = sources or {LEASE: on("192.0.2.7")}
        self.errors = errors
        self.asked: list[int] = []

    def lookupByUUIDString(self, uuidstr: str) -> Guest:
        return Guest(self, uuidstr)


def wanted(*uuids: str, up: bool = True) -> Sequence[Wanted]:
    return [Wanted(uuid, up) for uuid in uuids]


def test_a_source_that_the_driver_lacks_is_asked_once() -> None:
    virt = Virt({LEASE: numbers.VIR_ERR_NO_SUPPORT, ARP: on("192.0.2.7")})
    answer = read_metadata(virt, wanted("a", "b"), frozenset())
    assert [each.address for each in answer.found if each is not None] == ["192.0.2.7", "192.0.2.7"]
    assert virt.asked == [LEASE, ARP, ARP] and answer.lacking == {LEASE}


def test_the_agent_is_never_asked_and_a_domain_that_is_off_is_not_either() -> None:
    virt = Virt({LEASE: {}, ARP: numbers.VIR_ERR_INTERNAL_ERROR})
    assert read_metadata(virt, wanted("a"), frozenset()).found == (DomainMetadata("a"),)
    assert virt.asked == [LEASE, ARP]
    assert read_metadata(virt, wanted("b", up=False), frozenset()).found == (DomainMetadata("b"),)
    assert virt.asked == [LEASE, ARP]


def test_a_domain_that_has_gone_or_is_hidden_costs_itself_alone() -> None:
    virt = Virt(a=VirError(numbers.VIR_ERR_NO_DOMAIN), b=VirError(numbers.VIR_ERR_ACCESS_DENIED))
    answer = read_metadata(virt, wanted("a", "b", "c", up=False), frozenset())
    assert answer == Reading((NO_METADATA, None, DomainMetadata("c")), frozenset())


def test_an_error_ends_a_call_and_is_told_where_nothing_came_before_it() -> None:
    virt = Virt(b=VirError(numbers.VIR_ERR_INTERNAL_ERROR))
    assert read_metadata(virt, wanted("a", "b", "c", up=False), frozenset()).found == (DomainMetadata("a"),)
    with pytest.raises(VirError):
        read_metadata(virt, wanted("b", "c", up=False), frozenset())


def test_a_slow_host_answers_for_one_domain_a_call() -> None:
    assert len(read_metadata(Virt(), wanted("a", "b"), frozenset(), longest=0.0).found) == 1


# The moments


class Told:
    """What a host's samples say of its domains."""

    def __init__(self) -> None:
        self.domains = HostDomains(Hearing(None, UP, 1))
        self.now = 0.0
        self.plan = MetadataPlan(random.Random(1))

    def says(self, *states: tuple[str, DomainState], work: int = 0) -> None:
        self.now += 2.0
        self.domains.take(sample(self.now, None, *(domain(name, work, state=state) for name, state in states)))
        self.plan.look(self.domains, self.now)

    def due(self, after: float = 0.0) -> list[str]:
        """The names of those that are due then, which are read at that moment, without any address."""
        found: list[Wanted] = []
        while taken := self.plan.take(self.now + after, 3):
            found += taken
            for each in taken:
                self.plan.read(each, self.now + after, None)
        return [each.uuid.removeprefix("uuid-") for each in found]


def test_a_domain_is_read_when_it_appears_begins_and_ends() -> None:
    told = Told()
    told.says(("web", D.RUNNING), ("db", D.SHUTOFF))
    assert told.due() == ["db", "web"]
    told.says(("web", D.RUNNING), ("db", D.SHUTOFF))
    assert told.due() == []
    told.says(("web", D.PAUSED), ("db", D.RUNNING))
    assert told.due() == ["db"], "its XML is another one from its start on"
    told.says(("web", D.SHUTOFF), ("db", D.RUNNING), ("new", D.RUNNING))
    assert told.due() == ["new", "web"]


def test_a_restart_between_two_samples_shows_by_the_counter_that_fell() -> None:
    told = Told()
    told.says(("web", D.RUNNING), work=9)
    told.due()
    told.says(("web", D.RUNNING), work=3)
    assert told.due() == ["web"] and not told.domains.begun_anew


def test_all_are_read_again_now_and_then_and_not_together() -> None:
    told = Told()
    names = [str(n) for n in range(60)]
    told.says(*((name, D.SHUTOFF) for name in names))
    assert len(told.due()) == 60
    assert told.due(EACH * (1 - SPREAD)) == []
    some = told.due(EACH)
    assert 10 < len(some) < 50
    assert sorted(some + told.due(EACH * (1 + SPREAD))) == sorted(names)


def test_one_that_has_gone_is_not_asked_for() -> None:
    told = Told()
    told.says(("web", D.RUNNING))
    told.says()
    assert told.due(2 * EACH) == []


def test_a_domain_without_an_address_is_looked_at_once_more() -> None:
    told = Told()
    told.says(("old", D.RUNNING))
    (old,) = told.plan.take(told.now, 9)
    told.plan.read(old, told.now, "")
    assert not told.plan.is_due(told.now + ADDRESS_LATER), "it may have run for long"
    told = Told()
    told.says()
    told.says(("web", D.RUNNING))
    for moment, after in ((0.0, ADDRESS_LATER), (ADDRESS_LATER, EACH * (1 - SPREAD))):
        (each,) = told.plan.take(told.now + moment, 9)
        told.plan.read(each, told.now + moment, "")
        assert not told.plan.is_due(told.now + moment + after - 1)
    (each,) = told.plan.take(told.now + 3 * EACH, 9)
    told.plan.read(each, told.now, "")
    assert not told.plan.is_due(told.now + ADDRESS_LATER)


def test_what_was_put_back_comes_again_and_what_began_meanwhile_at_once() -> None:
    told = Told()
    told.says(("web", D.RUNNING), ("db", D.RUNNING))
    taken = told.plan.take(told.now, 9)
    told.plan.put_back(taken, told.now + 60)
    assert told.due(59) == [] and told.due(60) == ["db", "web"]
    told.says(("web", D.SHUTOFF), ("db", D.SHUTOFF))
    (db,) = told.plan.take(told.now, 1)
    told.says(("web", D.SHUTOFF), ("db", D.RUNNING))
    told.plan.read(db, told.now, None)
    assert told.due() == ["web", "db"]
