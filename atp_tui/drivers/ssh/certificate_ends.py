"""The end of the certificates of logins: told before it comes, whether or not any host is connected to anew then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import field

from ...model.data_class import dataclass
from ...model.message import Message
from .certificates import Term, is_still_there

LOOK_AGAIN = 60.0
"""Seconds between two looks at the clock: the clock may be set, and a timer is late where the machine slept."""


@dataclass(slots=True, eq=False)
class _Watched:
    """A certificate that was offered to `hosts`. `told`: its end was, and is told at once of each further host."""

    term: Term
    hosts: set[str] = field(default_factory=set)
    told: bool = False
    timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class CertificateEnds:
    """`warn` hears of the end of a certificate once, with one of its hosts, `note` once for each host. `now` gives the
    seconds since 1970."""

    def __init__(
        self,
        warn: Callable[[str, str], object],
        note: Callable[[str, Message], object],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._warn = warn
        self._note = note
        self._watched: dict[str, _Watched] = {}

    def seen(self, host_id: str, terms: Iterable[Term]) -> None:
        """A host has let us in, and these certificates were offered to it."""
        for term in terms:
            watched = self._watched.get(term.name)
            if watched is None or watched.term != term:
                if watched is not None:
                    watched.stop()
                watched = self._watched[term.name] = _Watched(term)
            is_new = host_id not in watched.hosts
            watched.hosts.add(host_id)
            if watched.told and is_new:
                self._note(host_id, term.ending)
            elif not watched.told and watched.timer is None:
                self._look(watched)

    def close(self) -> None:
        """Tell nothing more."""
        for watched in self._watched.values():
            watched.stop()
        self._watched.clear()

    def _look(self, watched: _Watched) -> None:
        """Tell now, or when it is time."""
        term = watched.term
        delay = term.end - term.warned_before - self._now()
        if delay > 0:
            look = self._time_has_come if delay <= LOOK_AGAIN else self._not_yet
            watched.timer = asyncio.get_running_loop().call_later(min(delay, LOOK_AGAIN), look, watched)
        elif term.end > self._now():
            watched.told = True
            self._warn(min(watched.hosts), str(term.ending))
            for host_id in sorted(watched.hosts):
                self._note(host_id, term.ending)

    def _not_yet(self, watched: _Watched) -> None:
        watched.timer = None
        if watched.term.end - watched.term.warned_before > self._now():
            self._look(watched)
        else:  # the clock has made a step
            self._time_has_come(watched)

    def _time_has_come(self, watched: _Watched) -> None:
        watched.timer = None
        if is_still_there(watched.term):
            self._look(watched)
        else:  # it was renewed: the next login has the new one
            self._watched.pop(watched.term.name, None)
