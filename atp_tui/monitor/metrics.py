"""The one table of figures of a host, which filter, targets, sort, columns, charts, series, sums and JSON read.

A new figure of a reading is one line of METRICS. The order of the table is that of the columns from left to right.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import field
from enum import Enum

from ..model.data_class import dataclass
from ..model.fence import Fence
from ..model.order import NaturalKey, natural
from .rows import Figures, Known

_log = logging.getLogger(__name__)


class Form(Enum):
    """What kind of number a figure is. A surface decides by it how the figure is written.

    `factor` times the figure in its base unit is the figure in `unit`, in which a person writes and reads it. `top` is
    the highest value a chart shows, in the base unit; None: the largest one there is.
    """

    SHARE = "share", "%", 100.0, 1.0
    DURATION = "duration", "ms", 1000.0, None
    RATE = "rate", "/s", 1.0, None
    COUNT = "count", "", 1.0, None
    AVERAGE = "average", "", 1.0, None
    """A number that is no whole one."""
    DOMAINS = "domains", "", 1.0, None
    """Domains that are up: a surface may show the other ones beside them."""

    def __init__(self, word: str, unit: str, factor: float, top: float | None) -> None:
        self.word = word
        self.unit = unit
        self.factor = factor
        self.top = top


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One figure. `name` is what a person writes (`cpu>80`), `aliases` are other names for it; small letters.

    `find` gives the figure in its base unit (see Form), None where it is not known; it may raise. `head` stands over
    its column, `title` beside its chart. `worth` says which columns stay where room is short: the lowest number stays
    longest; None: there is a column only where a person has asked for it. `series`: its last values are kept, and have
    a chart. `samples` is how many samples it takes: what a counter gained needs two. `ages`: it says nothing of now
    where the row's figures are old. `sums`: the figures of all hosts added up are a figure of the fleet. `digits`:
    `stats --json` has it under its name, in its base unit, to so many decimal places; None: it has it not.
    """

    name: str
    find: Callable[[Figures], float | None]
    form: Form
    head: str
    title: str
    worth: int | None
    aliases: tuple[str, ...] = ()
    series: bool = False
    samples: int = 1
    ages: bool = True
    sums: bool = False
    digits: int | None = 6
    _fence: Fence = field(default_factory=lambda: Fence(_log), repr=False)

    def read(self, of: Figures) -> float | None:
        """The figure in its base unit; None where it is not known, or cannot be made of what the host has said."""
        figure = self.tried(of)
        return None if figure is None or math.isnan(figure) else figure

    def tried(self, of: Figures) -> float | None:
        """As `read`, and NaN where it cannot be made: that ends with this figure of this host, and the log has why."""
        try:
            figure = self.find(of)
            if figure is None or math.isfinite(figure):
                return figure
            raise ValueError(f"{self.name} is {figure}")
        except Exception as error:  # noqa: BLE001 - one raised while all hosts are sorted would be the end of all
            self._fence.caught(error, f"{self.name} of %s cannot be made", of.id)
            return math.nan

    def now(self, row: Known) -> float | None:
        """The figure of this moment in its base unit; None where it is not known, or too old to be one of now."""
        return None if self.ages and not row.fresh else self.read(row)


def _load(of: Figures) -> float | None:
    """Processes that ran or waited for a processor or a disk, on average over the last minute: proc(5), loadavg."""
    return None if of.system is None else of.system.load[0]


def _running(of: Figures) -> float | None:
    return None if of.vms is None else of.vms.up


METRICS: tuple[Metric, ...] = (
    # `stats` takes one sample and has no rates; the readings that memory and VMs are made of are in its JSON already
    Metric("cpu", lambda of: of.cpu, Form.SHARE, "cpu", "CPU", worth=1, series=True, samples=2, digits=None),
    Metric(
        "memory", lambda of: of.memory, Form.SHARE, "mem", "memory", worth=2, aliases=("mem",), series=True, digits=None
    ),
    Metric("rtt", lambda of: of.rtt, Form.DURATION, "rtt", "RTT", worth=0, series=True),
    Metric("vms", _running, Form.DOMAINS, "VMs", "VMs", worth=3, digits=None),  # summed by state: see DomainCounts
    Metric(
        "req",
        lambda of: of.requests_per_second,
        Form.RATE,
        "req/s",
        "req/s",
        worth=4,
        series=True,
        samples=2,
        sums=True,
        digits=None,
    ),
    Metric(
        "errors",
        lambda of: of.errors_per_second,
        Form.RATE,
        "err/s",
        "errors",
        worth=None,
        aliases=("err",),
        samples=2,
        sums=True,
        digits=None,
    ),
    # `stats --json` has it with the other readings over SSH
    Metric("load", _load, Form.AVERAGE, "load", "load", worth=None, digits=None),
)


def find_metric(name: str) -> Metric | None:
    """The metric of that name or alias; None where there is none such."""
    return next((metric for metric in METRICS if name == metric.name or name in metric.aliases), None)


def ranking(metric: Metric) -> Callable[[Known], tuple[bool, float, NaturalKey]]:
    """The key by which rows are sorted by a metric: the largest first, what is not known now at the end."""

    def key(row: Known) -> tuple[bool, float, NaturalKey]:
        figure = metric.now(row)
        return figure is None, 0.0 if figure is None else -figure, natural(row.id)

    return key


def metric_names() -> tuple[str, ...]:
    """Every name and alias, in the order of the table."""
    return tuple(name for metric in METRICS for name in (metric.name, *metric.aliases))


def exported(of: Figures) -> dict[str, float | None]:
    """What JSON has of a host's figures: each by its name, in its base unit; NaN for one that cannot be made."""
    found: dict[str, float | None] = {}
    for metric in METRICS:
        if metric.digits is not None:
            figure = metric.tried(of)
            found[metric.name] = None if figure is None else round(figure, metric.digits)
    return found


def unmade(of: Figures) -> tuple[str, ...]:
    """The titles of the figures that cannot be made of what a host has said."""
    tried = [(metric.title, metric.tried(of)) for metric in METRICS]
    return tuple(title for title, figure in tried if figure is not None and math.isnan(figure))
