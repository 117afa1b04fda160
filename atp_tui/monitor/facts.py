"""What is known of the fleet's hosts, as the target language asks for it (executor/targets.Facts)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from ..model.connection import ConnectionState, HostStatus, Standing
from ..model.fact import Fact
from ..model.host import HostInfo
from ..model.near import nearest
from ..model.quoting import redacted
from .domain_index import HostWithDomains
from .metrics import find_metric
from .needs import Needs
from .record import HostRecord
from .rows import HostRow
from .terms import NAMED, STATES, Term, metadata_keys, parse_term, wrong
from .vm_terms import FIELDS, PREFIX, VmTerm, carries, example, near_texts, nothing_found, parse_vm_term

_NO_FIELD = re.compile(r"//.*|[0-9]*|.*@.*", re.DOTALL)
"""What stands behind the colon of a URI, a port, a user with a password."""

_SHOWN = 3


def unheard(host: HostInfo) -> HostRow:
    """The row of a host from which nothing was heard, and to which nobody has connected."""
    status = HostStatus(Standing(ConnectionState.DISCONNECTED, None, 0.0, 0, None, retries=True), host.id)
    return HostRecord(host, status, history=1).row()


class HostFacts:
    """The facts of these rows. `unasked` are the ids of hosts that nobody has asked for their state or figures yet.

    A text that some host has in full stands for itself alone (`rack:1` is not `rack:12`), else for all that begin so:
    a command runs on what was named. `domains` has the VMs of a host, for the conditions of vm_terms; without it
    nothing is known of any.
    """

    def __init__(
        self,
        rows: Sequence[HostRow],
        unasked: Collection[str] = frozenset(),
        domains: Callable[[str], HostWithDomains | None] = lambda _: None,
    ) -> None:
        self._rows = rows
        self._unasked = frozenset(unasked)
        self._domains = domains
        self._metadata: frozenset[str] | None = None
        self.needs = Needs.NOTHING
        """The most that a term so far has needed to be known."""
        self.needs_metadata = False
        """Whether a term so far has needed the metadata of domains."""

    def term(self, text: str) -> Fact | None:
        """For which hosts a condition such as `cpu>80` holds; None for a text that is no condition.

        Raises ConfigError with a hint for one that no host can fulfil, and for a text that no host has.
        """
        if (of_vms := parse_vm_term(text)) is not None:
            return self._of_vms(of_vms)
        metadata = self._keys()
        field, colon, start = text.casefold().partition(":")
        if colon and field not in metadata and _is_stranger(field, start):
            return None
        if colon and field in FIELDS and field not in NAMED and field not in metadata:
            raise wrong(f"{field}: is asked of VMs", f"for the hosts that carry one write {PREFIX}{field}:")
        if colon and not start and (field in metadata or field in NAMED):
            raise wrong(f"{field}: wants a text", f"write {field}:{self._example(field)}")
        term = parse_term(text, metadata)
        if term is None:
            return None
        self.needs = max(self.needs, term.needs)
        return self._compared(term) if term.texts is None else self._named(field, term)

    def near(self, name: str) -> str | None:
        """The condition meant by a name that no host has, or by a condition on VMs that none fulfils."""
        if name.casefold().startswith(PREFIX) and (term := parse_vm_term(name)) is not None:
            return next(iter(near_texts(self._with_domains(), term)), None)
        word = name.casefold()
        if word in STATES:
            return f"state:{word}"
        if (metric := find_metric(word)) is not None:
            return f"{metric.name}>{80 if metric.form.unit == '%' else 0}"
        if any(carries(host, VmTerm("name", word)) for host in self._with_domains()):
            return f"{PREFIX}name:{word}"
        return None

    def _keys(self) -> frozenset[str]:
        if self._metadata is None:
            self._metadata = metadata_keys(self._rows)
        return self._metadata

    def _known(self, term: Term) -> Iterable[HostRow]:
        if term.needs is Needs.NOTHING or not self._unasked:
            return self._rows
        return [row for row in self._rows if row.id not in self._unasked]

    def _unknown(self, term: Term) -> frozenset[str]:
        return frozenset() if term.needs is Needs.NOTHING else self._unasked

    def _with_domains(self) -> Iterable[HostWithDomains]:
        found = (self._domains(row.id) for row in self._rows if row.has_virt and row.id not in self._unasked)
        return [host for host in found if host is not None]

    def _of_vms(self, term: VmTerm) -> Fact:
        """The hosts that carry such a VM."""
        if not term.wanted:
            hint = f"write {PREFIX}{term.field}:{example(self._with_domains(), term.field)}"
            raise wrong(f"{PREFIX}{term.field}: wants a text", hint)
        self.needs = max(self.needs, Needs.SAMPLE)
        self.needs_metadata |= term.metadata
        answers = {host.id: carries(host, term) for host in self._with_domains()}
        holds = frozenset([id for id, answer in answers.items() if answer])
        unknown = frozenset([row.id for row in self._rows if row.has_virt and answers.get(row.id) is None])
        if not holds and not unknown and term.field != "state":
            raise nothing_found(self._with_domains(), term)
        return Fact(holds, unknown)

    def _compared(self, term: Term) -> Fact:
        holds, unknown = [], list(self._unasked)
        for row in self._known(term):
            answer = term.holds(row)
            if answer:
                holds.append(row.id)
            elif answer is None:
                unknown.append(row.id)
        return Fact(frozenset(holds), frozenset(unknown))

    def _named(self, field: str, term: Term) -> Fact:
        full: list[str] = []
        begun: list[str] = []
        place: dict[tuple[str, ...], list[str] | None] = {}  # a thousand hosts have a handful of tags and states
        assert term.texts is not None
        for row in self._known(term):
            texts = term.texts(row)
            if texts not in place:
                folded = [text.casefold() for text in texts]
                begins = any(text.startswith(term.start) for text in folded)
                place[texts] = full if term.start in folded else begun if begins else None
            if (ids := place[texts]) is not None:
                ids.append(row.id)
        if not full and not begun and term.needs is Needs.NOTHING:
            raise wrong(f"no host has that {redacted(field)}", self._nearest(field, term))
        return Fact(frozenset(full or begun), self._unknown(term))

    def _nearest(self, field: str, term: Term) -> str:
        assert term.texts is not None
        texts = {text.casefold(): text for row in self._rows for text in term.texts(row)}
        near = nearest(term.start, texts)
        if near:
            return f"did you mean {' or '.join(f'{field}:{texts[text]}' for text in near)}?"
        some = ", ".join(f"{field}:{text}" for text in sorted(texts.values())[:_SHOWN])
        return f"there is {some}" if some else f"hosts.toml gives no host a {field}"

    def _example(self, field: str) -> str:
        if field == "state":
            return STATES[0]
        term = parse_term(f"{field}:", self._keys())
        texts = term.texts if term is not None else None
        return next((text for row in self._rows for text in (texts(row) if texts else ())), "TEXT")


def _is_stranger(field: str, start: str) -> bool:
    """Whether `field:start` is no condition: no id, tag or state has a colon or an @."""
    if field in NAMED:
        return bool(re.search("[:@]", start))
    return find_metric(field) is None and _NO_FIELD.fullmatch(start) is not None
