"""What is told of a file of hosts that was changed while the program runs."""

from __future__ import annotations

import time

from ..model.reload import Reload
from .text import Safe, safe
from .words import sentence


def reload_told(reload: Reload, file: str) -> Safe:
    """`hosts.toml: 2 added, 1 removed`, or what is wrong with it."""
    if reload.problem is not None:
        since = time.strftime("%H:%M", time.localtime(reload.good_since))
        hint = f"; {reload.problem.hint}" if reload.problem.hint else ""
        what = f"{reload.problem.where}{sentence(reload.problem.reason)}{reload.problem.place}{hint}"
        return safe(f"{what}; all goes on as it was at {since}")
    counts = ((reload.added, "added"), (reload.removed, "removed"), (reload.changed, "changed"))
    told = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    later = f"{', '.join(reload.later)} from the next start on" if reload.later else ""
    remarks = "; ".join(f"{each.where}{sentence(each.reason)}" for each in reload.remarks)
    news = "; ".join(filter(None, (told, later)))
    return safe("; ".join(filter(None, (f"{file}: {news or 'right again'}" if news or not remarks else "", remarks))))


def reload_sign(reload: Reload, file: str) -> Safe:
    """A few words for the status line while the file or a program cannot be used; empty while all of them can."""
    failing = ", ".join(reload.failing)
    wrong = [] if reload.problem is None else [f"{file} is wrong"]
    wrong += [f"{failing} {'fails' if len(reload.failing) == 1 else 'fail'}"] if failing else []
    return safe("".join(f"{each}  " for each in wrong))
