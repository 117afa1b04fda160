"""What an error, or an exit status, means for the one who asked for a command."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from ..model.ending import end_is_confirmed
from ..model.errors import (
    AtpError,
    AuthFailed,
    CallTimeout,
    CheckoutTimeout,
    ConnectionLost,
    FileFailed,
    HostKeyRejected,
    PoolClosed,
    PoolError,
    SudoRefused,
    TransportError,
    Unsupported,
)
from ..model.message import Message, text, told
from ..model.outcome import CommandResult, ExitStatus, Outcome
from ..model.say import Say
from ..model.unforeseen import reason_of

_log = logging.getLogger(__name__)

_OUTCOMES: tuple[tuple[type[BaseException], Outcome], ...] = (
    (CallTimeout, Outcome.TIMEOUT),
    (TimeoutError, Outcome.TIMEOUT),
    # "auth" is both halves of who-are-you: the host refused us, or we refused the host
    (AuthFailed, Outcome.AUTH),
    (HostKeyRejected, Outcome.AUTH),
    (SudoRefused, Outcome.AUTH),
    (FileFailed, Outcome.FAILED),
    (Unsupported, Outcome.ERROR),
    (TransportError, Outcome.UNREACHABLE),
    (PoolError, Outcome.UNREACHABLE),
)


def outcome_of_error(error: BaseException, *, begun: bool = False) -> Outcome:
    """The outcome that an error stands for; ERROR for whatever is not about reaching the host.

    `begun`: the work itself had begun. Then a lost connection is UNKNOWN, since the work may have come to its end
    unseen, unless the error is confirmed to have ended it; and a cancel whose error is not confirmed is UNCONFIRMED.
    Where it had not begun, a cancel is NOTRUN. A limit that was asked for is a TIMEOUT, in whatever it ran out. The
    limits on connecting (connect_timeout, checkout_timeout)
    make the host UNREACHABLE.
    """
    if isinstance(error, CheckoutTimeout) and error.asked:
        return Outcome.TIMEOUT
    if begun and isinstance(error, ConnectionLost) and not end_is_confirmed(error):
        return Outcome.UNKNOWN
    if isinstance(error, asyncio.CancelledError):
        if not begun:
            return Outcome.NOTRUN
        return Outcome.CANCELLED if end_is_confirmed(error) else Outcome.UNCONFIRMED
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), Outcome.ERROR)


def may_still_run(error: BaseException, outcome: Outcome, *, begun: bool) -> bool:
    """Whether work that ended so, by an error, may still be going on."""
    if outcome is Outcome.TIMEOUT:
        return begun and not end_is_confirmed(error)
    return outcome in (Outcome.UNCONFIRMED, Outcome.UNKNOWN)


def retryable(error: BaseException) -> bool:
    """Whether the connection failed in a way in which another attempt may not.

    A refused login or host key would be refused again, and a host that a person lets go of is left alone.
    """
    if isinstance(error, PoolClosed) or (isinstance(error, TransportError) and error.permanent):
        return False
    return outcome_of_error(error) is Outcome.UNREACHABLE


def begins_anew(status: ExitStatus | None, *, restart: bool) -> bool:
    """Whether work that is followed, and has ended so by itself, is begun anew: what was killed by a signal always is,
    which is what a host does that shuts down; an exit status is an end, but for a `restart`.
    """
    return status is not None and (restart or status.signal is not None)


def outcome_of_exit(status: ExitStatus) -> Outcome:
    """OK for exit status 0 alone; death by a signal is FAILED."""
    return Outcome.OK if status.status == 0 else Outcome.FAILED


def describe(error: BaseException, failed: str = "a command") -> Message:
    """What a person is told of an error.

    A library's own message is never shown; what nobody foresaw goes to the log, where `failed` names what failed.
    """
    if isinstance(error, AtpError):
        return error.reason
    if isinstance(error, asyncio.CancelledError):
        return told(Say.CANCELLED)
    if isinstance(error, TimeoutError):
        return text(error.strerror) if error.strerror else told(Say.TIMED_OUT)  # the system's, where a socket gave up
    return reason_of(error, _log, failed)


_NOT_REACHED = frozenset(Outcome) - {Outcome.OK, Outcome.FAILED}

MAY_STILL_RUN = 5
"""The exit status of a run after which some command may still run."""


def exit_status_of(results: Iterable[CommandResult]) -> int:
    """The exit status of a whole run: 0 all ok; 5 some command may still run; else 3, some host was not reached or did
    not finish; else 1, some failed; else 4, all went well but some output was cut.
    """
    results = tuple(results)
    if any(result.may_still_run for result in results):
        return MAY_STILL_RUN
    outcomes = {result.outcome for result in results}
    if outcomes & _NOT_REACHED:
        return 3
    if Outcome.FAILED in outcomes:
        return 1
    return 4 if any(result.truncated for result in results) else 0
