"""One domain: all that is remembered of it, and what its host says that it is made of."""

from __future__ import annotations

from ..model.fence import Fence
from ..model.libvirt import FindsDomains
from ..model.node import DomainReading, DomainState
from .border import Nonsense
from .domain_index import DomainSource, HostWithDomains
from .domain_query import DomainDetail
from .rows import DomainRow, HostRow

LONGEST_XML = 1 << 20
"""Characters of a description that are kept. One with hundreds of devices has 200,000; libvirt lets it have 4 MiB."""


def domain_detail(source: DomainSource, host_id: str, which: str, now: float, fence: Fence) -> DomainDetail | None:
    """The domain of that name, or else of that uuid, on a host; None where there is none, nor has gone just now.

    Of one of which nothing can be made of what its host has said, there is the name alone.
    """
    host, row = source.with_domains(host_id), source.row(host_id)
    if host is None or row is None:
        return None
    try:
        return _found(host, row, which, now)
    except Exception as error:  # noqa: BLE001 - what its host has said costs it its figures, not the screen
        fence.caught(error, "a VM of %s cannot be shown", host_id)
        nothing = DomainReading(which, "", DomainState.NOSTATE, 0, 0, 0, None, None, None)
        return DomainDetail(now, row, DomainRow(nothing, None, None, None, (), at=now), False, ())


def _found(host: HostWithDomains, row: HostRow, which: str, now: float) -> DomainDetail | None:
    domains = host.of_domains
    listed = domains.listed
    for names in (listed.names, listed.uuids) if listed is not None else ():
        if which in names:
            place = names.index(which)
            found = domains.row(place)
            return DomainDetail(now, row, found, host.fresh, tuple(domains.series(found.reading.uuid).items()))
    for gone in domains.gone.values():
        if which in (gone.reading.name, gone.reading.uuid):
            return DomainDetail(now, row, gone, False, ())
    return None


def read_xml(virt: FindsDomains, uuid: str) -> str:
    """What a domain is made of, without the secrets in it. Runs on a lane; two round trips. Raises libvirtError,
    Nonsense."""
    xml = virt.lookupByUUIDString(uuid).XMLDesc(0)
    if type(xml) is not str:
        raise Nonsense("the domain's description is no text")
    return xml[:LONGEST_XML]
