"""Where one connection is in its life: the state machine's record. Pure: `now` and the delays are the caller's."""

from __future__ import annotations

import copy
from collections.abc import Callable

from ..model.causes import Cause
from ..model.connection import TRANSITIONS, ConnectionState, Standing
from ..model.errors import ConnectionLost, ConnectTimeout, TransportError
from ..model.host import HostInfo
from ..model.message import Message, told
from ..model.say import Say
from ..model.settings import ReconnectConfig, TransportConfig
from .backoff import Outage, backoff_delay, delay_after_failure, gave_up, least_delay_with_hope

_S = ConnectionState


class Lifecycle:
    """State, since when, why, how many attempts have failed in a row, and when the next one is. Seconds, monotonic.

    `away_since`: when it was lost, or began to be opened for the first time. `hopes` counts the good news since then,
    of which the last came at `hoped_at`: one in each wait, and in each attempt. `failed_at` is when one last failed.
    `closing` is why it is closed for good, None while it is not.
    """

    __slots__ = (
        "_hopes_now", "attempt", "away_since", "closing", "error", "failed_at", "hoped_at", "hopes", "next_attempt_at",
        "since", "state",
    )  # fmt: skip

    def __init__(self, now: float) -> None:
        self.state = _S.DISCONNECTED
        self.since = now
        self.error: TransportError | None = None
        self.closing: Message | None = None
        self.attempt = 0
        self.next_attempt_at: float | None = None
        self.away_since = now
        self.hopes = 0
        self.hoped_at = now
        self._hopes_now = False
        self.failed_at = float("-inf")

    def move(
        self,
        state: ConnectionState,
        error: TransportError | None,
        now: float,
        *,
        attempt: int | None = None,
        next_attempt_at: float | None = None,
    ) -> None:
        """Make one legal transition; `attempt` stays where it is not given. AssertionError for an illegal one."""
        if state not in TRANSITIONS[self.state]:
            raise AssertionError(f"{self.state} to {state} is not a legal transition")
        if state is not self.state:
            self.since = now
        if self.state in (_S.CONNECTED, _S.DISCONNECTED):
            self.away_since = self.hoped_at = now
            self.hopes = 0
        self.state = state
        self.error = error
        self.next_attempt_at = next_attempt_at
        self._hopes_now = False
        if attempt is not None:
            self.attempt = attempt

    def hope(self, now: float, at: float) -> bool:
        """There is good news, which has the attempt that is waited for come at `at`. Whether it comes sooner now.

        Where an attempt is being made, which may have begun too early for the news, the wait after it will be short.
        """
        if self._hopes_now:
            return False
        self._hopes_now = True
        self.hopes += 1
        self.hoped_at = now
        if self.next_attempt_at is None or at >= self.next_attempt_at:
            return False
        self.next_attempt_at = at
        return True

    def outage(self, now: float) -> Outage:
        """How long it has been away."""
        return Outage(now - self.away_since, now - self.hoped_at, self.hopes)

    def earliest(self, policy: ReconnectConfig, now: float) -> float:
        """The moment before which no good news brings an attempt."""
        return max(now, max(self.failed_at, self.away_since) + least_delay_with_hope(policy, self.hopes))

    def after_loss(
        self, error: TransportError, config: TransportConfig, now: float, random: Callable[[], float]
    ) -> tuple[ConnectionState, float | None]:
        """What a loss leads to: the state, and when the first attempt is, None where none is to come."""
        if error.permanent or not config.auto_reconnect:
            return _S.FAILED, None
        return _S.RECONNECTING, now + backoff_delay(config.reconnect, 0, random())

    def after_failure(
        self, error: TransportError, config: TransportConfig, now: float, random: Callable[[], float]
    ) -> tuple[ConnectionState, int, float | None]:
        """An attempt has failed. What it leads to: the state, how many have failed in a row, and when the next one is,
        None where none is to come. A limit of this machine is no failure of the host. `random` gives 0 to 1.
        """
        self.failed_at = now
        ours, policy = error.kind is Cause.THIS_MACHINE, config.reconnect
        attempt = self.attempt + (not ours)
        if error.permanent or not config.auto_reconnect:
            return _S.FAILED, attempt, None
        delay = delay_after_failure(policy, attempt, self.outage(now), random(), ours=ours)
        given_up = delay is None or (not ours and gave_up(policy, attempt))
        return _S.FAILED if given_up else _S.RECONNECTING, attempt, None if delay is None else now + delay

    @property
    def ended(self) -> bool:
        """Closed, or being closed, because somebody asked for it."""
        return self.state in (_S.DRAINING, _S.DISCONNECTED)

    @property
    def retries(self) -> bool:
        """Whether it will come back without a person: it is up, being opened, or has a next attempt."""
        return self.state in (_S.CONNECTED, _S.CONNECTING, _S.RECONNECTING) or self.next_attempt_at is not None

    @property
    def permanent(self) -> bool:
        """Failed for a reason that no further attempt can change."""
        return self.state is _S.FAILED and self.error is not None and self.error.permanent

    @property
    def given_up(self) -> bool:
        """Failed for a reason that another attempt might change, and none is to come."""
        return self.state is _S.FAILED and not self.retries and not self.permanent

    @property
    def cause(self) -> Message | None:
        """What the error tells."""
        return None if self.error is None else self.error.reason

    def failure(self, host: HostInfo) -> TransportError:
        """Why there is no connection to `host`: an error of its own each time, since many callers may raise it."""
        if self.ended:
            return ConnectionLost(told(Say.CONNECTION_CLOSED, host=host.host), host=host.id)
        error = self.error or ConnectTimeout(told(Say.NOT_CONNECTED), host=host.id)
        failure = copy.copy(error)
        failure.__cause__ = error
        return failure

    @property
    def standing(self) -> Standing:
        """The record as frozen data."""
        trouble = None if self.error is None else self.error.trouble
        return Standing(self.state, self.cause, self.since, self.attempt, self.next_attempt_at, self.retries, trouble)
