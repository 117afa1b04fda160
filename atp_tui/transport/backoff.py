"""How long to wait before the next attempt. Pure: the random number is an argument."""

from __future__ import annotations

from ..model.settings import Jitter, ReconnectConfig

SLOW_LANE_SPREAD = 0.2
"""The slow lane's period varies by this share, so that hosts given up together do not come back in step."""

LIMIT_DELAY = 10.0
"""Seconds, ± 20 %, before the next attempt where a limit of this machine was met: the host is not to blame, and another
look at the limit costs it nothing."""


def backoff_delay(config: ReconnectConfig, attempt: int, uniform: float) -> float:
    """Seconds before the attempt that follows `attempt` failures (0: the connection was just lost).

    The ceiling is min(initial_delay × multiplier^attempt, max_delay); with full jitter the delay is `uniform` (0 to 1)
    of it, as in https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    try:
        ceiling = min(config.initial_delay * config.backoff_multiplier**attempt, config.max_delay)
    except OverflowError:  # 2.0**1024; with max_attempts 0 a host can be away for that long
        ceiling = config.max_delay
    return ceiling * uniform if config.jitter is Jitter.FULL else ceiling


def slow_lane_delay(config: ReconnectConfig, uniform: float) -> float:
    """Seconds before the next single attempt after giving up: slow_lane ± 20 %, `uniform` being 0 to 1."""
    return _spread(config.slow_lane, uniform)


def gave_up(config: ReconnectConfig, attempt: int) -> bool:
    """Whether `attempt` failures in a row are more than max_attempts retries allow; 0 allows any number."""
    return bool(config.max_attempts) and attempt > config.max_attempts


def may_try_again(config: ReconnectConfig, attempt: int) -> bool:
    """Whether there is another attempt after the `attempt`th failure in a row."""
    return config.slow_lane > 0 or not gave_up(config, attempt)


def delay_after_failure(config: ReconnectConfig, attempt: int, uniform: float, *, ours: bool) -> float | None:
    """Seconds before the attempt that follows the `attempt`th failure in a row; None: there will be none.

    `ours`: a limit of this machine was met, and there always will be one.
    """
    if ours:
        return _spread(LIMIT_DELAY, uniform)
    if not may_try_again(config, attempt):
        return None
    return slow_lane_delay(config, uniform) if gave_up(config, attempt) else backoff_delay(config, attempt - 1, uniform)


def _spread(period: float, uniform: float) -> float:
    return period * (1 + SLOW_LANE_SPREAD * (2 * uniform - 1))
