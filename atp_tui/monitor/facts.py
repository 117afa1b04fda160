"""What is known of the fleet's hosts, as the target language asks for it (executor/targets.Facts)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from ..model.connection import ConnectionState, HostStatus, Standing
from ..model.fact import Fact
from ..model.host import HostInfo
from ..model.near import nearest
from ..model.quoting import redacted
from .metrics import find_metric
from .record import HostRecord
from .rows import HostRow
from .terms import NAMED, STATES, Needs, Term, metadata_keys, parse_term, wrong

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
    a command runs on what was named.
    """

    def __init__(self, rows: Sequence[HostRow], unasked: Collection[str] = frozenset()) -> None:
        self._rows = rows
        self._unasked = frozenset(unasked)
        self._metadata: frozenset[str] | None = None
        self.needs = Needs.NOTHING
        """The most that a term so far has needed to be known."""

    def term(self, text: str) -> Fact | None:
        """For which hosts a condition such as `cpu>80` holds; None for a text that is no condition.

        Raises ConfigError with a hint for one that no host can fulfil, and for a text that no host has.
        """
        metadata = self._keys()
        field, colon, start = text.casefold().partition(":")
        if colon and field not in metadata and _is_stranger(field, start):
            return None
        if colon and not start and (field in metadata or field in NAMED):
            raise wrong(f"{field}: wants a text", f"write {field}:{self._example(field)}")
        term = parse_term(text, metadata)
        if term is None:
            return None
        self.needs = max(self.needs, term.needs)
        return self._compared(term) if term.texts is None else self._named(field, term)

    def near(self, name: str) -> str | None:
        """The condition that may have been meant by a name that no host has."""
        word = name.casefold()
        if word in STATES:
            return f"state:{word}"
        if (metric := find_metric(word)) is not None:
            return f"{metric.name}>{80 if metric.form.unit == '%' else 0}"
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
