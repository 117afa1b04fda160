"""Plain tables for people, from the same dicts that --json prints."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..model.connection import ConnectionState
from ..model.fence import Fence
from ..model.node import Oddity
from ..model.text import Printed, printed, safe
from ..monitor import metrics
from ..monitor.metrics import Form
from ..ui.text import width_of
from .words import WORDS, nonsense, sentence

_log = logging.getLogger(__name__)

_KIB_PER_GIB = 1 << 20

WIDEST = 64
"""Cells up to which a column grows. A longer cell stands out of its line alone, whole: it widens no other line."""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Printed:
    """Columns as wide as they need to be, up to WIDEST, the last one open-ended; remote text made safe."""
    cells = [[safe("-" if cell is None else str(cell)) for cell in row] for row in (heads, *rows)]
    whole = [row for row in cells if len(row) == len(heads)]
    widths = [min(max(width_of(row[column]) for row in whole), WIDEST) for column in range(len(heads) - 1)]
    lines = ("  ".join([*map(_filled, row[:-1], widths), row[-1]]) for row in cells)
    return printed([safe(line.rstrip()) for line in lines])


def _filled(cell: str, width: int) -> str:
    return cell + " " * (width - width_of(cell))


def stats_table(hosts: Iterable[dict[str, Any]]) -> Printed:
    """One line a host: its state, its main pool, and the figures that JSON has."""
    shown = [metric for metric in metrics.METRICS if metric.digits is not None]
    return table(
        ("HOST", "STATE", "CONNECTIONS", "REQUESTS", "ERRORS", *(metric.head.upper() for metric in shown), "CAUSE"),
        _rows(
            hosts,
            lambda host: (
                host["host"],
                WORDS.state(ConnectionState(host["state"])),
                f"{host['pool']['active_connections']} of {host['pool']['max_connections']}",
                host["pool"]["total_requests"],
                host["pool"]["total_errors"],
                *(_figure(metric.form, host[metric.name]) for metric in shown),
                host["cause"] or host["error"] or _nonsense(host["nonsense"]),
            ),
        ),
    )


def _rows(
    entries: Iterable[dict[str, Any]], cells: Callable[[dict[str, Any]], Sequence[object]]
) -> Iterator[Sequence[object]]:
    """The cells of each entry; where they cannot be made, the host and why."""
    fence = Fence(_log)
    for entry in entries:
        try:
            yield cells(entry)
        except Exception as error:  # noqa: BLE001 - it costs that line, not the others
            cause = fence.caught(error, "the line of %s cannot be written", str(entry["host"]))
            yield entry["host"], sentence(cause)


def _nonsense(odd: dict[str, Any] | None) -> str:
    return "" if odd is None else nonsense(Oddity(odd["count"], odd["what"]))


def _figure(form: Form, figure: float | None) -> str | None:
    """`1.2 ms`, `61.0 %`, `14.0 /s`: a figure of JSON in the unit in which a person reads it."""
    return None if figure is None else f"{figure * form.factor:.1f} {form.unit}".rstrip()


def domain_table(domains: Iterable[dict[str, Any]]) -> Printed:
    """One line a domain."""
    return table(
        ("HOST", "DOMAIN", "STATE", "VCPUS", "MEMORY", "OS", "ADDRESS", "TAGS", "UUID", "TITLE"),
        _rows(
            domains,
            lambda domain: (
                domain["host"],
                domain["name"],
                domain["state"] if domain["reason"] is None else f"{domain['state']} ({domain['reason']})",
                domain["vcpus"],
                None if domain["memory_kib"] is None else f"{domain['memory_kib'] / _KIB_PER_GIB:.1f} GiB",
                domain["os"],
                next(iter(domain["addresses"] or ()), None),
                " ".join(domain["tags"] or ()) or None,
                domain["uuid"],
                domain["title"],
            ),
        ),
    )


def host_table(hosts: Iterable[dict[str, Any]], *, files: bool = False) -> Printed:
    """One line a configured host; with the name of its file where there are several."""
    return table(
        ("ID", "HOST", "URI", "SSH", "ENABLED", *(["FILE"] if files else []), "TAGS"),
        (
            (
                host["id"],
                host["host"],
                host["uri"] or "-",
                "yes" if host["ssh"] else "no",
                "yes" if host["enabled"] else "no",
                *([host["file"]] if files else []),
                " ".join(host["tags"]),
            )
            for host in hosts
        ),
    )
