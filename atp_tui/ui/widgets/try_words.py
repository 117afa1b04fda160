"""A host that is tried, in words: a line for each step, and below one that failed its cause and what helps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from ...engine.try_out import HypervisorFound, TryKind, TryState, TryStep
from ...model.causes import Remedy
from ...model.problem import Problem
from ..format import milliseconds, version
from ..text import Safe, cut, fit, safe, wrap
from ..words import sentence, short
from .lines import Spans, drawn

NAMES: Mapping[TryKind, str] = {
    TryKind.SETTINGS: "settings",
    TryKind.ADDRESS: "address",
    TryKind.PORT: "TCP port",
    TryKind.GREETING: "SSH greeting",
    TryKind.HOST_KEY: "host key",
    TryKind.LOGIN: "login",
    TryKind.HYPERVISOR: "libvirt",
}
REMEDIES: Mapping[Remedy, str] = {
    Remedy.RETRY: "{again} tries again.",
    Remedy.TRUST_KEY: "Save the host: in the list, {trust} shows the key and asks whether to trust it.",
    Remedy.LOG_IN: "Save the host: in the list, {log_in} asks for a name and a password.",
    Remedy.MEND: "Mend that here or there; {again} tries again.",
}
MEND_FIELDS = "Mend the fields; {again} tries again."


class Outcome(Enum):
    """How a trial ended; its value is the last line."""

    WELL = "All steps went well. Nothing was saved."
    FAILED = ""
    STOPPED = "Stopped. Nothing was saved."


NAME = 13
STATUS = 8
"""Cells of a step's name, and of its time or how far it is."""
CAUSE_LINES = 4


class TryLine(NamedTuple):
    """One line, drawn already."""

    key: str
    spans: Spans


def lines_of(
    steps: Sequence[TryStep], waited: float, outcome: Outcome | None, signs: Mapping[str, str], width: int
) -> tuple[TryLine, ...]:
    """The lines of a trial. `waited`: seconds since the last step was begun. `signs` are the keys that help: `again`,
    `trust`, `log_in`."""
    drawings: list[Spans] = []
    for step in steps:
        drawings.append(_step(step, waited, outcome, width))
        if step.problem is not None:
            drawings += _failure(step, step.problem, signs, width)
    if outcome is not None and outcome.value:
        drawings.append(drawn((cut(safe(f" {outcome.value}"), width), "strong")))
    return tuple([TryLine(str(number), spans) for number, spans in enumerate(drawings)])


def joined(steps: Sequence[TryStep], step: TryStep) -> tuple[TryStep, ...]:
    """The steps with one more, which takes the place of the one that was under way."""
    return (*(each for each in steps if each.state is not TryState.TRYING), step)


def _step(step: TryStep, waited: float, outcome: Outcome | None, width: int) -> Spans:
    status, role = _status(step, waited, outcome)
    found = ": ".join(filter(None, (step.peer, _found(step))))
    words = cut(safe(f"  {found}"), max(0, width - NAME - STATUS - 1))
    return drawn(
        (fit(safe(f" {NAMES[step.kind]}"), NAME + 1), "title"), (safe(status.rjust(STATUS)), role), (words, role)
    )


def _status(step: TryStep, waited: float, outcome: Outcome | None) -> tuple[str, str]:
    match step.state:
        case TryState.DONE:
            return milliseconds(step.took), "text"
        case TryState.LEFT_OUT:
            return "left out", "dim"
        case TryState.FAILED:
            return "failed", "failed"
        case _ if outcome is not None:
            return "stopped", "dim"
        case _:
            return f"{int(waited)} s" if waited >= 1 else "trying", "connecting"


def _found(step: TryStep) -> str:
    match step.found:
        case HypervisorFound(name, its_version, libvirt, domains):
            of = f" {version(its_version)}" if its_version is not None else ""
            return f"{name}{of}, libvirt {version(libvirt)}, {domains:,} VM{'s' * (domains != 1)}"
        case None if step.problem is not None:
            cause = "" if step.trouble is None else short(step.trouble)
            took = "" if step.took is None else f"after {milliseconds(step.took).strip()}"
            return ", ".join(filter(None, (cause, took)))
        case None:
            return ""
        case message:
            return sentence(message)


def _failure(step: TryStep, problem: Problem, signs: Mapping[str, str], width: int) -> list[Spans]:
    remedy = MEND_FIELDS if step.trouble is None else REMEDIES[step.trouble.remedy]
    causes = wrap(problem_words(problem), max(1, width - 4), CAUSE_LINES)
    remedies = wrap(safe(remedy.format_map(signs)), max(1, width - 4), 2)
    indent = safe("   ")
    return [
        *(drawn((indent, "text"), (line, "failed")) for line in causes),
        *(drawn((indent, "text"), (line, "strong")) for line in remedies),
    ]


def problem_words(problem: Problem) -> Safe:
    """A problem of the file or of a host: the place in the file, what is wrong, and what would be right."""
    place = problem.where.rpartition(": ")[0].rpartition("/")[2]
    hint = f"; {problem.hint}" if problem.hint else ""
    return safe(f"{place} {sentence(problem.reason)}{problem.place}{hint}".strip())
