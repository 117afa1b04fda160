"""The sums of the status line, each with its name, its key and the filter that finds what it counts. Pure."""

from __future__ import annotations

from collections.abc import Callable

from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..monitor import metrics
from ..monitor.metrics import Metric
from ..monitor.rows import DomainCounts
from ..monitor.tally import Summary

_S = ConnectionState

HOSTS, DOMAINS = "host", "domain"
"""What a sum counts, and what the filter of a view is of (`ViewSpec.filters`)."""


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum. `name` stands behind `:only`, `key` is its key in the list of the sums ("": none).

    `count` reads its number, `of` says what it counts, `filter` finds just these. `role` is the colour of its words.
    """

    name: str
    key: str
    words: str
    of: str
    filter: str
    count: Callable[[Summary], float]
    role: str = "text"


def _hosts(name: str, key: str, words: str, state: ConnectionState) -> Sum:
    return Sum(name, key, words, HOSTS, f"state:{name}", lambda now: dict(now.states).get(state, 0), state.value)


def _domains(name: str, key: str, words: str, role: str, count: Callable[[DomainCounts], int]) -> Sum:
    def counted(now: Summary) -> int:
        return 0 if now.vms is None else count(now.vms)

    return Sum(name, key, words, DOMAINS, f"state:{name} !state:unknown", counted, role)


_OF_FIGURES = {
    "errors": ("errors a second, all hosts together", "e"),
    "req": ("requests a second, all hosts together", "r"),
}
"""Words and keys of sums that are figures."""


def _figures(metric: Metric) -> Sum:
    name = metric.name
    words, key = _OF_FIGURES.get(name, (f"{metric.title}: all hosts together", ""))
    return Sum(name, key, words, HOSTS, f"{name}>0", lambda now: dict(now.sums).get(name) or 0)


OWN = (
    _hosts("connected", "c", "connected", _S.CONNECTED),
    _hosts("connecting", "n", "connecting", _S.CONNECTING),
    _hosts("lost", "l", "lost: reconnecting or silent", _S.RECONNECTING),
    Sum("silent", "s", "silent", HOSTS, "state:silent", lambda now: now.silent, _S.RECONNECTING.value),
    _hosts("failed", "f", "failed", _S.FAILED),
    Sum(
        "waiting", "w", "waiting for a person: a key or a log-in", HOSTS, "state:waiting",
        lambda now: now.waiting, _S.FAILED.value,
    ),
    _hosts("disconnected", "d", "disconnected", _S.DISCONNECTED),
    _hosts("draining", "g", "draining", _S.DRAINING),
    _hosts("disabled", "b", "disabled in hosts.toml", _S.DISABLED),
    _domains("up", "u", "VMs up", "text", lambda vms: vms.up),
    _domains("paused", "p", "VMs paused", _S.RECONNECTING.value, lambda vms: vms.paused),
    _domains("crashed", "x", "VMs crashed", _S.FAILED.value, lambda vms: vms.crashed),
    _domains("off", "o", "VMs off", "text", lambda vms: vms.off),
    _domains("no", "t", "VMs without state", "text", lambda vms: vms.unknown),
    Sum("unknown", "y", "VMs unknown: their figures are old", DOMAINS, "state:unknown", lambda now: now.unseen, "dim"),
)  # fmt: skip
"""Those that are numbers of hosts or domains, in the order of the status line, which has one number for the hosts that
are reconnecting and those that are silent."""


def sums() -> tuple[Sum, ...]:
    """All: those of OWN, and each figure that is added up over the fleet, which finds the hosts where it is no zero."""
    return (*OWN, *(_figures(metric) for metric in metrics.METRICS if metric.sums))


def find_sum(name: str) -> Sum | None:
    """The sum of that name, or the only one that begins so."""
    near = [each for each in sums() if name and each.name.startswith(name)]
    exact = next((each for each in near if each.name == name), None)
    return exact or (near[0] if len(near) == 1 else None)


def counting(now: Summary) -> tuple[tuple[Sum, float], ...]:
    """The sums that count something now, and what they count."""
    return tuple((each, number) for each in sums() if (number := each.count(now)))


NAME_OF_STATE = {state: state.value for state in ConnectionState} | {_S.RECONNECTING: "lost"}
"""The name of the sum that counts the hosts which show a state."""
