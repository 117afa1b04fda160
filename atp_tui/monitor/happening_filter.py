"""The filter of what has happened: terms with white space between them, all of which must hold. Pure.

`host:kvm0`, `tag:prod` and `kind:vm` match what begins so. Any other text is looked for in all that is told of a
happening: host, place, tags, the name of the domain, states, and the cause in English. A `!` turns a term round.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ..model.errors import ConfigError
from ..model.quoting import redacted
from .happening import (
    AnsweredAgain,
    DomainMoved,
    FellSilent,
    FileRead,
    Happening,
    HappeningKind,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
)
from .terms import wrong

Passes = Callable[[Happening, str], bool]
"""Is given a happening and what `searched` has made of it."""

FIELDS = ("host", "tag", "kind")
_FIELD = re.compile(r"([a-z_]+):([^:]*)")


def searched(happening: Happening) -> str:
    """All that a text is looked for in, in small letters."""
    parts = (happening.host, happening.place or "", *happening.tags, happening.kind, *_told(happening))
    return "\n".join(parts).casefold()


def _told(happening: Happening) -> tuple[str, ...]:
    match happening.what:
        case StateMoved(after=after, cause=cause, trouble=trouble):
            return after, "" if cause is None else str(cause), "" if trouble is None else trouble.cause
        case DomainMoved(name=name, uuid=uuid, after=after, reason=reason):
            return name, uuid, after or "vanished", reason or ""
        case HostMoved(move=move):
            return (move,)
        case FellSilent():
            return ("silent",)
        case AnsweredAgain():
            return ("answers again",)
        case FileRead(reload=reload):
            return "config", "" if reload.problem is None else reload.problem.sentence
        case Noted(message=message):
            return (str(message),)
        case NewsLost():
            return ("lost",)


@lru_cache(maxsize=64)
def happening_filter(text: str) -> Passes | None:
    """The filter as a predicate; None for an empty one. Raises ConfigError (key "filter") with a hint and a column."""
    terms: list[Passes] = []
    for word in re.finditer(r"\S+", text):
        try:
            terms.append(_term(word[0]))
        except ConfigError as error:
            raise wrong(error.message, error.hint or "", word.start() + 1) from error
    return (lambda happening, told: all(term(happening, told) for term in terms)) if terms else None


def _term(text: str) -> Passes:
    if text.startswith("!"):
        if text == "!":
            raise wrong("! alone", "it stands in front of a term, as in !kind:vm")
        holds = _term(text[1:])
        return lambda happening, told: not holds(happening, told)
    text = text.casefold()
    match = _FIELD.fullmatch(text)
    if match is None:
        return lambda _, told: text in told
    field, start = match[1], match[2]
    if field in ("host", "id"):
        return lambda happening, _: happening.host.casefold().startswith(start)
    if field == "tag":
        return lambda happening, _: any(tag.casefold().startswith(start) for tag in happening.tags)
    if field == "kind":
        if not any(kind.startswith(start) for kind in HappeningKind):
            raise wrong(f"no kind begins with {redacted(start)}", f"the kinds are {', '.join(HappeningKind)}")
        return lambda happening, _: happening.kind.startswith(start)
    if not start:  # a word of a sentence, as "libvirt:"
        return lambda _, told: text in told
    raise wrong(f"unknown field {redacted(field)}", f"{', '.join(f'{each}:' for each in FIELDS)} take a text")
