"""Conditions on hosts by the VMs that they carry, as targets take them: `vm.tag:web`, `vm.state:paused`. Pure.

A host is meant where any of its VMs has the text as a whole word; `*` and `?` stand for more (`vm.name:db*`). It does
not hang on other hosts what a text means, unlike that of `tag:`: a VM that starts elsewhere takes no target away.

- `vm.name:`, `vm.uuid:` and `vm.tag:` take the whole text. Tags are the VM's own: `tag:` has those of hosts.
- `vm.title:` takes the whole title, or any word of it; `vm.ip:` any of its addresses.
- `vm.os:` takes the short name, also without its version: `debian12` and `debian`.
- `vm.state:` takes the word of the state, or that of the sum in which it counts: `up`, `paused`, `crashed`, `off`.

Of a host that does not answer, or of whose VMs the metadata were not read, it is not known. One without a hypervisor
has no VM.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..model.errors import ConfigError
from ..model.near import nearest
from ..model.node import DomainMetadata
from ..model.quoting import redacted
from .domain_index import GONE, STATE_ORDER, SUMMED, UP, HostWithDomains
from .terms import wrong

PREFIX = "vm."

_WRITTEN = re.compile(r"vm\.([a-z_]*)([:<>=])(.*)", re.DOTALL)
_PORT = re.compile(r"[0-9]*")
_FAMILY = re.compile(r"[^\d.]+")
_TYPEABLE = re.compile(r"[\w.:/+-]{1,60}")
"""What a message may offer: a host's own text may hold what a terminal obeys, or what the grammar reads otherwise."""

MOST_COMPARED = 5_000
"""Texts of VMs that are looked through for one that may have been meant."""

_ABOUT: dict[str, Callable[[DomainMetadata], Sequence[str]]] = {
    "title": lambda about: (about.title, *about.title.split()),
    "os": lambda about: (about.os, *_FAMILY.findall(about.os)[:1]),
    "ip": lambda about: about.addresses,
    "tag": lambda about: about.tags,
}
FIELDS = ("name", "tag", "state", "title", "os", "ip", "uuid")
"""What can stand behind `vm.`."""

EXAMPLE = "vm.tag:web"


def _word(state: str) -> str:
    return state.replace(" ", "-")  # no blank can stand in the command line's first word


_STATES = tuple(dict.fromkeys(_word(state) for state in (UP, *SUMMED.values(), *STATE_ORDER) if state != GONE))


class VmTerm(NamedTuple):
    """A condition: any VM has the text `wanted`, in small letters, in `field`. `metadata`: that is part of these."""

    field: str
    wanted: str

    @property
    def metadata(self) -> bool:
        return self.field in _ABOUT


def parse_vm_term(text: str) -> VmTerm | None:
    """The condition that `text` is; None for a text that is none.

    Raises ConfigError (key "filter") with a hint for one that no VM can fulfil.
    """
    found = _WRITTEN.fullmatch(text.casefold())
    if found is None:
        return None
    field, sign, wanted = found.groups()
    if field not in FIELDS:
        if _PORT.fullmatch(wanted):
            return None  # the name of a machine, with a port
        near = nearest(field, FIELDS, 1)
        meant = f"did you mean vm.{near[0]}? " if near else ""
        raise wrong(f"unknown field {PREFIX}{redacted(field)}", meant + fields_of_vms())
    if sign != ":":
        raise wrong(f"vm.{field} is compared with nothing", f"write vm.{field}:TEXT")
    if field == "state":
        wanted = _word(wanted)
        if wanted and not any(map(_matcher(wanted), _STATES)):
            raise wrong(f"no state of a VM is {redacted(wanted)}", f"the states are {', '.join(_STATES)}")
    return VmTerm(field, wanted)


def fields_of_vms() -> str:
    """All fields, for a hint."""
    return f"{', '.join(f'vm.{field}:' for field in FIELDS)} take a text"


def carries(host: HostWithDomains, term: VmTerm) -> bool | None:
    """Whether the host has such a VM; None: that is not known."""
    domains = host.of_domains
    if not host.fresh or domains.listed is None:
        return None
    if any(map(_matcher(term.wanted), map(str.casefold, _texts(host, term.field)))):
        return True
    if term.metadata and not domains.described.keys() >= domains.listed.places.keys():
        return None
    return False


def _texts(host: HostWithDomains, field: str) -> Iterable[str]:
    """What the VMs of a host have in that field."""
    domains = host.of_domains
    if domains.listed is None:
        return ()
    match field:
        case "name":
            return domains.listed.names
        case "uuid":
            return domains.listed.uuids
        case "state":
            states = set(domains.states)
            return {_word(word) for state in states for word in (state, SUMMED.get(state, UP))}
        case _:
            read, described, places = _ABOUT[field], domains.described, domains.listed.places
            return {text for uuid, about in described.items() if uuid in places for text in read(about)}


@lru_cache(maxsize=64)
def _matcher(wanted: str) -> Callable[[str], bool]:
    """Whether a text in small letters is `wanted`, in which `*` and `?` stand for more."""
    if "*" not in wanted and "?" not in wanted:
        return wanted.__eq__
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in re.sub(r"\*+", "*", wanted))
    whole = re.compile(pattern, re.DOTALL).fullmatch
    return lambda text: whole(text) is not None


def nothing_found(hosts: Iterable[HostWithDomains], term: VmTerm) -> ConfigError:
    """The error for a text that no VM has: a slip is likelier than a VM that went."""
    texts = _offered(hosts, term.field)
    if near := _near(texts, term):
        hint = f"did you mean {' or '.join(near)}?"
    else:
        some = ", ".join(f"vm.{term.field}:{text}" for text in texts[:3])
        hint = f"there is {some}" if some else f"no VM has a {term.field}"
    return wrong(f"no VM has that {term.field}", hint)


def near_texts(hosts: Iterable[HostWithDomains], term: VmTerm) -> list[str]:
    """Conditions that may have been meant by one that no VM fulfils."""
    if term.field == "state":
        return []  # the word is one, and no VM is in that state now
    return _near(_offered(hosts, term.field), term)


def _near(texts: Iterable[str], term: VmTerm) -> list[str]:
    return [f"vm.{term.field}:{text}" for text in nearest(term.wanted.strip("*?"), texts)]


def example(hosts: Iterable[HostWithDomains], field: str) -> str:
    """A text that some VM has in that field, for a hint."""
    return next(iter(_offered(hosts, field)), "off" if field == "state" else "TEXT")


def _offered(hosts: Iterable[HostWithDomains], field: str) -> list[str]:
    found: set[str] = set()
    for host in hosts:
        found.update(_texts(host, field))
        if len(found) >= MOST_COMPARED:
            break
    return sorted({text.casefold() for text in found if _TYPEABLE.fullmatch(text)})
