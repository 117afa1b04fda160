"""What is told of something that has happened: a sign with a word, and the rest as far as there is room for it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from ...model.connection import ConnectionState
from ...model.node import DomainState
from ...model.order import natural
from ...monitor.happening import (
    AnsweredAgain,
    DomainMoved,
    FellSilent,
    FileRead,
    Gathered,
    GatheredLine,
    Happening,
    HostMove,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
    What,
)
from ..format import age
from ..glyphs import Glyphs
from ..reload_words import reload_told
from ..text import Safe, cut, safe, width_of
from ..words import sentence, state_word
from .domain_list import SIGNS
from .host_words import brief_of, cause_of, channel_of

_S, _D = ConnectionState, DomainState


MOST_SORTED, MOST_NAMED = 200, 24
"""Hosts of one line that are sorted, and that are named."""


HOSTS = "hosts"
"""What the numbers of a file that was read again are of."""


class Verb(StrEnum):
    """What has happened, in a word, where no state says it."""

    SILENT = "silent"
    ANSWERS = "answers again"
    FLAPPING = "flapping"
    APPEARED = "appeared"
    VANISHED = "vanished"
    STARTED = "started"
    RESUMED = "resumed"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    STOPPING = "shutting down"
    STOPPED = "shut off"
    CRASHED = "crashed"
    UNKNOWN = "without state"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    FILE_READ = "file read"
    FILE_WRONG = "file is wrong"
    NOTED = "note"
    LOST = "events lost"
    AN_INSTANT = "under 1 s"


VERBS: Mapping[Verb, str] = {verb: verb.value for verb in Verb}
"""Each as a person reads it."""

_STATES = {
    _D.NOSTATE: Verb.UNKNOWN, _D.PAUSED: Verb.PAUSED, _D.SHUTDOWN: Verb.STOPPING, _D.SHUTOFF: Verb.STOPPED,
    _D.CRASHED: Verb.CRASHED, _D.PMSUSPENDED: Verb.SUSPENDED,
}  # fmt: skip
_MOVES = {
    HostMove.ADDED: Verb.ADDED, HostMove.REMOVED: Verb.REMOVED, HostMove.CHANGED: Verb.CHANGED,
    HostMove.DISABLED: Verb.DISABLED, HostMove.ENABLED: Verb.ENABLED,
}  # fmt: skip
_UP = (_D.RUNNING, _D.BLOCKED)
_WAITED = (_D.PAUSED, _D.PMSUSPENDED)

VERB_WIDTH = max(*(width_of(word) for word in VERBS.values()), *(width_of(state_word(state)) for state in _S))
"""Cells of the longest word."""


class Told(NamedTuple):
    """A sign that is a blank for some, a word, and the role of both."""

    sign: str
    word: Safe
    role: str


def what_of(what: What, glyphs: Glyphs) -> Told:
    """The sign and the word of what has happened."""
    match what:
        case StateMoved(after=after):
            return Told(glyphs.state(after), state_word(after), after.value)
        case FellSilent():
            return _told(Verb.SILENT, _S.RECONNECTING, glyphs)
        case AnsweredAgain():
            return _told(Verb.ANSWERS, _S.CONNECTED, glyphs)
        case DomainMoved():
            return _told(*_domain_verb(what), glyphs)
        case HostMoved(move=move):
            return Told(" ", safe(VERBS[_MOVES[move]]), "text")
        case FileRead(reload=reload):
            if reload.problem is not None:
                return _told(Verb.FILE_WRONG, _S.FAILED, glyphs)
            return Told(" ", safe(VERBS[Verb.FILE_READ]), "text")
        case Noted():
            return _told(Verb.NOTED, _S.RECONNECTING, glyphs)
        case NewsLost():
            return Told(" ", safe(VERBS[Verb.LOST]), "failed")


def _told(verb: Verb, like: ConnectionState, glyphs: Glyphs) -> Told:
    return Told(glyphs.state(like), safe(VERBS[verb]), like.value)


def _domain_verb(what: DomainMoved) -> tuple[Verb, ConnectionState]:
    before, after = what.before, what.after
    if after is None:
        return Verb.VANISHED, _S.DISCONNECTED
    like = SIGNS[after]
    if before is None:
        return Verb.APPEARED, like
    if after in _UP:
        return Verb.RESUMED if before in _WAITED else Verb.STARTED, like
    if after is _D.SHUTOFF and what.reason == "crashed":
        return Verb.CRASHED, _S.FAILED
    return _STATES[after], like


def gathered_what(line: GatheredLine, glyphs: Glyphs) -> Told:
    """As `what_of`, of several."""
    if line.why is Gathered.FLAPPING:
        return _told(Verb.FLAPPING, _S.RECONNECTING, glyphs)
    return what_of(line.last.what, glyphs)


def details(happening: Happening, room: int, glyphs: Glyphs) -> Safe:
    """The cause, and how long it was otherwise before: as much of it as there is room for, what matters most first."""
    match happening.what:
        case StateMoved() as moved:
            return _fitting(_of_state(moved, glyphs), room, glyphs)
        case FellSilent(since=since):
            words = [[f"last heard {_for(happening.at - since)} before"]]
        case AnsweredAgain(silent=silent):
            words = [[f"was silent for {_for(silent)}"]]
        case DomainMoved(name=name, reason=reason):
            words = [[f"VM {name}", reason or ""], [f"VM {name}"]]
        case HostMoved():
            words = [list(happening.tags)]
        case FileRead(reload=reload):
            words = [[reload_told(reload, HOSTS, room)]]
        case Noted(message=message):
            words = [[sentence(message)]]
        case NewsLost(count=count):
            words = [[f"{count:,} came too fast to be told", "states were read anew"]]
    return _fitting(words, room, glyphs)


def _of_state(moved: StateMoved, glyphs: Glyphs) -> list[list[str]]:
    channel = channel_of(moved)
    cause, brief = (
        f"{channel}: {words}" if channel and words else words
        for words in (cause_of(moved), brief_of(moved, glyphs.ellipsis))
    )
    was = ""
    if moved.before is not None and moved.before is not moved.after and moved.lasted is not None:
        was = f"was {state_word(moved.before)} for {_for(moved.lasted)}"
    attempt = f"attempt {moved.attempt}" if moved.attempt > 1 else ""
    return [[cause, was, attempt], [cause, was], [brief, was, attempt], [brief, was], [brief or was]]


def gathered_details(line: GatheredLine, room: int, glyphs: Glyphs) -> Safe:
    """Where and why it befell many, and whom; or how often one host went to and fro, and how it stands now."""
    what, last = line.last.what, line.last
    if line.why is Gathered.FLAPPING:
        times = f"{line.count} changes in {_for(last.at - line.began)}"
        vm = f"VM {what.name}: {times}" if isinstance(what, DomainMoved) else times
        now = f"now {what_of(what, glyphs).word}"
        return _fitting([[vm, now, *_causes(what, glyphs)], [vm, now], [vm]], room, glyphs)
    if isinstance(what, DomainMoved):
        return _fitting([[f"{line.count} VMs", what.reason or ""], [f"{line.count} VMs"]], room, glyphs)
    where = _where(last.place) if not isinstance(what, HostMoved) else ""
    why = ": ".join(words for words in (where, *_causes(what, glyphs)) if words)
    return _fitting([[why, ", ".join(_names(line.hosts))]], room, glyphs)


def _names(hosts: tuple[str, ...]) -> list[str]:
    """As many as a line may have room for; in their order, unless there are so many that sorting takes its time."""
    return (sorted(hosts, key=natural) if len(hosts) <= MOST_SORTED else list(hosts))[:MOST_NAMED]


def _for(seconds: float) -> str:
    return age(seconds) if seconds >= 1 else VERBS[Verb.AN_INSTANT]


def _causes(what: What, glyphs: Glyphs) -> tuple[str, ...]:
    return (brief_of(what, glyphs.ellipsis),) if isinstance(what, StateMoved) else ()


def _where(place: str | None) -> str:
    return "" if place is None else place if place.startswith("behind ") else f"in {place}"


def _fitting(choices: list[list[str]], room: int, glyphs: Glyphs) -> Safe:
    """The first of the choices that fits, or else the last one, cut."""
    between = f" {glyphs.separator} "
    texts = [safe(between.join(word for word in words if word)) for words in choices]
    found = next((text for text in texts if width_of(text) <= room), texts[-1])
    return cut(found, max(room, 0), glyphs.ellipsis)
