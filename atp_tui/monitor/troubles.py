"""The hosts that need a person, by the cause that they have in common: a screen has room for one line a cause.

Hosts are kept one by one as they fall ill and are well again; what they have in common is made out when that is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ..model.causes import Cause, Remedy, Trouble
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.message import Message
from ..model.order import natural
from ..model.subnet import subnet_of
from .query import CommonCause
from .rows import Known

_S = ConnectionState

_CONNECTED = _S.CONNECTED
_RANKS = {state: rank for rank, state in enumerate((_S.FAILED, _S.RECONNECTING, _S.CONNECTING, _S.DRAINING))}
NO_TROUBLE = len(_RANKS)
DISABLED = NO_TROUBLE + 1
"""The rank of a host that is left alone on purpose: behind all others."""
_RANKS[_S.DISABLED] = DISABLED

TOGETHER = 5.0
"""Seconds between the last figures of one host and of the next, of hosts that were lost together."""
LEAST_TOGETHER = 3
"""Hosts that are told by the place that they have in common: two may be lost together by chance. At least half of the
hosts of the place must be among them: of a place where most are well nothing follows."""

MOST_CAUSES = 12
"""Lines of causes at most; all that have no line of their own share the last one."""

_OF_THE_WAY = frozenset(
    {
        Cause.PORT_REFUSED, Cause.NO_ROUTE, Cause.NO_ANSWER, Cause.ENDED_EARLY, Cause.NO_BANNER, Cause.JUMP_FAILED,
        Cause.PROXY_FAILED, Cause.PROXY_SILENT, Cause.LIBVIRT_SILENT, Cause.LOST, Cause.ENDED_BY_HOST, Cause.SILENT,
        Cause.SLOW_CALL,
    }
)  # fmt: skip
"""The causes for which the way to a host can be to blame, so that its place says something."""

DANGER = (
    Cause.KEY_REVOKED,
    Cause.KEY_CHANGED,
    Cause.KEY_UNKNOWN,
    Cause.PASSWORD_REFUSED,
    Cause.PASSWORD_EXPIRED,
    Cause.WANTS_PASSWORD,
    Cause.WANTS_PASSPHRASE,
)
"""The causes that wait for a person, and what a person should look at first: a changed key may be somebody in between,
a new one rarely is."""

Why = tuple[Message | None, Trouble | None]

_SILENT = Trouble(Cause.SILENT, "", Remedy.RETRY)


def trouble_rank(of: Known) -> int:
    """How much a host needs a person, the most first; NO_TROUBLE or DISABLED for one that does not."""
    if of.sample_error is not None and not of.fresh:  # it is connected, and nothing is known of it all the same
        return _RANKS[_S.RECONNECTING]
    return _RANKS.get(of.shown_state, NO_TROUBLE)


class Ill(NamedTuple):
    """A host in trouble: the state that it shows, why, where it is, and the moment of its last figures, None: never.

    `words` differ with the reason: a text keeps its hash, and hosts are grouped by it again and again.
    """

    rank: int
    state: ConnectionState
    why: Why
    jump: str | None
    subnet: str | None
    last: float | None
    words: str


def ill(of: Known) -> Ill | None:
    """The trouble of a host; None for one that is well, let go of, or about to be connected for the first time."""
    why: Why
    if of.state is _CONNECTED:
        if of.silent_since is not None:
            why = None, _SILENT
        elif of.sample_error is not None and not of.fresh:
            why = of.sample_error, None
        else:
            return None
    elif of.state is _S.DRAINING or (of.cause is None and of.state not in (_S.FAILED, _S.RECONNECTING)):
        return None
    elif of.trouble is None:
        why = of.cause, None
    else:  # by the class of the cause: the channel counts for nothing
        why = None, Trouble(of.trouble.cause, of.trouble.detail, of.trouble.remedy)
    message, trouble = why
    words = repr(message) if trouble is None else f"{trouble.cause} {trouble.detail} {trouble.remedy}"
    return Ill(trouble_rank(of), of.shown_state, why, of.jump, subnet_of(of.address), of.sampled_at, words)


@dataclass(slots=True)
class Common:
    """Hosts that have a cause in common, in natural order; `causes` is more than 1 where they have several."""

    key: str
    hosts: tuple[str, ...]
    rank: int
    state: ConnectionState
    why: Why
    jump: str | None = None
    subnet: str | None = None
    causes: int = 1


class Troubles:
    """The hosts that are ill now. `places` gives how many hosts there are behind each jump host and in each subnet."""

    def __init__(self, places: Callable[[], Mapping[str, int]]) -> None:
        self._places = places
        self._ill: dict[str, Ill] = {}
        self._causes: tuple[Common, ...] | None = ()
        self._of: dict[str, Common] = {}

    def clear(self) -> None:
        """No host is ill."""
        self._ill, self._causes, self._of = {}, (), {}

    def change(self, host_id: str, trouble: Ill | None) -> None:
        """A host is ill for something else than before; None: it is well."""
        if trouble is not None:
            self._ill[host_id] = trouble
        else:
            self._ill.pop(host_id, None)
        self._causes = None

    def __len__(self) -> int:
        return len(self._ill)

    def causes(self) -> tuple[Common, ...]:
        """The causes, the worst first, then those of the most hosts."""
        if self._causes is None:
            self._causes = in_common(self._ill, self._places)
            self._of = {host: each for each in self._causes for host in each.hosts}
        return self._causes

    def cause_of(self, host_id: str) -> Common | None:
        """What a host is counted under."""
        self.causes()
        return self._of.get(host_id)


def places_of(hosts: Iterable[Known]) -> Counter[str]:
    """How many of these hosts are behind each jump host, and how many of the others are in each subnet."""
    return Counter(place for of in hosts if (place := of.jump or subnet_of(of.address)) is not None)


def in_common(hosts: Mapping[str, Ill], places: Callable[[], Mapping[str, int]]) -> tuple[Common, ...]:
    """The causes of these hosts, MOST_CAUSES at most. Each host is under one of them."""
    by_place: dict[tuple[str, str | None, str | None], list[str]] = {}
    by_cause: dict[str, list[str]] = {}
    for host, each in hosts.items():
        if each.why[1] is not None and each.why[1].cause in _OF_THE_WAY and (each.jump or each.subnet):
            subnet = None if each.jump else each.subnet
            by_place.setdefault((each.words, each.jump, subnet), []).append(host)
        else:
            by_cause.setdefault(each.words, []).append(host)
    found = []
    for (words, jump, subnet), there in by_place.items():
        together, others = _together(there, hosts)
        if 2 * len(together) < places().get(jump or subnet or "", 0):
            together, others = [], there
        if together:
            found.append(_common(together, hosts, jump, subnet))
        if others:
            by_cause.setdefault(words, []).extend(others)
    found += [_common(those, hosts) for those in by_cause.values()]
    found.sort(key=lambda each: (each.rank, -len(each.hosts), natural(each.hosts[0])))
    if len(found) <= MOST_CAUSES:
        return tuple(found)
    rest = found[MOST_CAUSES - 1 :]
    last = _common([host for each in rest for host in each.hosts], hosts)
    last.key, last.causes = "cause", len(rest)
    return (*found[: MOST_CAUSES - 1], last)


def _together(there: list[str], hosts: Mapping[str, Ill]) -> tuple[list[str], list[str]]:
    """Those of the hosts of one place that were lost within a few seconds of each other, and the other ones."""
    never = [host for host in there if hosts[host].last is None]
    runs = [never] if never else []
    before = None
    for last, host in sorted((last, host) for host in there if (last := hosts[host].last) is not None):
        if before is None or last - before > TOGETHER:
            runs.append([])
        runs[-1].append(host)
        before = last
    together = [host for run in runs if len(run) >= LEAST_TOGETHER for host in run]
    others = [host for run in runs if len(run) < LEAST_TOGETHER for host in run]
    return together, others


def _common(
    those: Iterable[str], hosts: Mapping[str, Ill], jump: str | None = None, subnet: str | None = None
) -> Common:
    ids = tuple(sorted(those, key=natural))
    worst = min((hosts[host] for host in ids), key=lambda each: each.rank)
    key = f"cause {worst.words} {jump or subnet or ''}"
    return Common(key, ids, worst.rank, worst.state, worst.why, jump, subnet)


def most_common(causes: Counter[Why]) -> CommonCause | None:
    """The most frequent of these causes, with its number."""
    if not causes:
        return None
    (why, number), *_ = causes.most_common(1)
    return CommonCause(number, *why)
