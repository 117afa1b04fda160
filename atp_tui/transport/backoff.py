"""How long to wait before the next attempt. Pure: the random number is an argument."""

from __future__ import annotations

from typing import NamedTuple

from ..model.settings import Jitter, ReconnectConfig

SLOW_LANE_SPREAD = 0.2
"""The slow lane's period varies by this share, so that hosts given up together do not come back in step."""

LIMIT_DELAY = 10.0
"""Seconds, ± 20 %, before the next attempt where a limit of this machine was met: the host is not to blame, and another
look at the limit costs it nothing."""

OUTAGE_SHARE = 0.25
"""The slow lane's period as a share of the time that the peer has been away: a host that reboots for a minute is back
some seconds later, and one that has been away for long is not asked all the time. Each attempt comes when the outage
has grown by a quarter, so an outage of an hour costs some 20 attempts more than one of a minute."""


class Outage(NamedTuple):
    """How long a peer has been away: seconds since the loss, or since the first attempt. `hopes` counts the good news
    since then, and `since_news` are the seconds since the last."""

    away: float
    since_news: float
    hopes: int


def backoff_delay(config: ReconnectConfig, attempt: int, uniform: float) -> float:
    """Seconds before the attempt that follows `attempt` failures (0: the connection was just lost).

    The ceiling is min(initial_delay × multiplier^attempt, max_delay); with full jitter the delay is `uniform` (0 to 1)
    of it, as in https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    ceiling = _ceiling(config, attempt)
    return ceiling * uniform if config.jitter is Jitter.FULL else ceiling


def _ceiling(config: ReconnectConfig, attempt: int) -> float:
    try:
        return min(config.initial_delay * config.backoff_multiplier**attempt, config.max_delay)
    except OverflowError:  # 2.0**1024; with max_attempts 0 a host can be away for that long
        return config.max_delay


def slow_lane_delay(config: ReconnectConfig, outage: Outage, uniform: float) -> float:
    """Seconds before the next single attempt after giving up; `uniform` is 0 to 1.

    That is OUTAGE_SHARE of the outage, at least initial_delay and at most slow_lane, ± 20 %. After good news it is the
    share of the time since then, where that is less, and at least `least_delay_with_hope`.
    """
    period = max(config.initial_delay, OUTAGE_SHARE * outage.away)
    with_hope = max(least_delay_with_hope(config, outage.hopes), OUTAGE_SHARE * outage.since_news)
    return _spread(min(config.slow_lane, period, with_hope), uniform)


def least_delay_with_hope(config: ReconnectConfig, in_vain: int) -> float:
    """Seconds that good news leaves between an attempt that failed and the next one.

    `in_vain` is how often since the loss there was good news. None has helped, so the next one hastens less: a
    neighbour that comes and goes is no reason to ask a dead host all the time.
    """
    return _ceiling(config, in_vain)


def gave_up(config: ReconnectConfig, attempt: int) -> bool:
    """Whether `attempt` failures in a row are more than max_attempts retries allow; 0 allows any number."""
    return bool(config.max_attempts) and attempt > config.max_attempts


def may_try_again(config: ReconnectConfig, attempt: int) -> bool:
    """Whether there is another attempt after the `attempt`th failure in a row."""
    return config.slow_lane > 0 or not gave_up(config, attempt)


def delay_after_failure(
    config: ReconnectConfig, attempt: int, outage: Outage, uniform: float, *, ours: bool
) -> float | None:
    """Seconds before the attempt that follows the `attempt`th failure in a row; None: there will be none.

    `ours`: a limit of this machine was met, and there always will be one.
    """
    if ours:
        return _spread(LIMIT_DELAY, uniform)
    if not may_try_again(config, attempt):
        return None
    if gave_up(config, attempt):
        return slow_lane_delay(config, outage, uniform)
    return backoff_delay(config, attempt - 1, uniform)


def _spread(period: float, uniform: float) -> float:
    return period * (1 + SLOW_LANE_SPREAD * (2 * uniform - 1))
