"""The options of waves as an invocation of `run` has them: names, meaning, and the order of the targets."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model.amount import Amount
from ..model.errors import ActionFailed
from ..model.message import text
from ..model.target import TargetId
from .action import Value
from .job_word import JobWord

if TYPE_CHECKING:  # the command line's verbs are made from the registry, and --help loads nothing of weight
    from ..executor.waves import Waves
    from ..model.host import HostInfo
    from ..transport.manager import TransportManager

ASK = "ask"
"""The pause that lasts until a person goes on."""


def _amount(text: str) -> None:
    try:
        Amount.parse(text)
    except ValueError:
        raise ValueError("a number of hosts, or a share of them such as 10%") from None


def _pause(text: str) -> None:
    if text != ASK:
        try:
            SECONDS.read(text)
        except ValueError:
            raise ValueError(f"a number of seconds above 0, or {ASK}") from None


def _some(text: str) -> None:
    if not text.strip():
        raise ValueError("anything")


SECONDS = JobWord(
    "--gate-timeout", "gate_timeout", float, "seconds within which a gate must hold; it is asked again (else 60)", "S"
)

WAVE_WORDS: tuple[JobWord, ...] = (
    JobWord("--wave", "wave", str, "hosts of a wave, 5 or 10%; the next comes when all have ended", "N", check=_amount),
    JobWord("--canary", "canary", str, "hosts of the first wave", "N", check=_amount),
    JobWord(
        "--max-fail", "max_fail", str,
        "failures, 2 or 5%, over all waves with which no further host begins (else 1)", "N", check=_amount,
    ),
    JobWord("--unreachable-ok", "unreachable_ok", bool, "a host that is not reached is no such failure"),
    JobWord("--pause", "pause", str, f"seconds between two waves, or {ASK}: until a person goes on", "S", check=_pause),
    JobWord(
        "--gate", "gate", str, "targets ('state:connected & load<8') in which the hosts of a wave that went well must "
        "be before the next one", "EXPR", check=_some,
    ),
    JobWord(
        "--gate-run", "gate_run", str, "a command that must end with status 0 on those hosts before the next wave",
        "CMD", check=_some,
    ),
    SECONDS,
    JobWord(
        "--spread", "spread", str, "take hosts in turn from each of these: tag:rack, a key of metadata", "BY",
        check=_some,
    ),
    JobWord("--shuffle", "shuffle", int, "a random order, the same for the same number", "SEED"),
)  # fmt: skip
"""The options of waves. All of them are optional; with none of them a job has no waves."""

NAMES = tuple(word.name for word in WAVE_WORDS)


def waves_of(given: dict[str, Value]) -> Waves | None:
    """Take the options of waves out of those of a job; None where there are none. Raises ValueError."""
    from ..executor.waves import Waves  # not before it is needed: --help loads this module

    found = {name: given.pop(name) for name in NAMES if name in given}
    if not found:
        return None
    pause = str(found.get("pause", "")).strip()

    def amount(name: str) -> Amount | None:
        return Amount.parse(str(found[name])) if name in found else None

    return Waves(
        size=amount("wave"),
        canary=amount("canary"),
        max_fail=amount("max_fail") or Amount(1),
        unreachable_counts=not found.get("unreachable_ok", False),
        pause=0.0 if pause in ("", ASK) else _seconds(pause),
        asks=pause == ASK,
        gate=str(found.get("gate", "")).strip(),
        gate_run=str(found.get("gate_run", "")).strip(),
        gate_timeout=float(found.get("gate_timeout", 60.0)),
        spread=str(found.get("spread", "")).strip(),
        shuffle=int(found["shuffle"]) if "shuffle" in found else None,
    )


def options_of(waves: Waves) -> dict[str, Value]:
    """The same options again, as a job that was kept has them."""
    found: dict[str, Value | None] = {
        "wave": None if waves.size is None else str(waves.size),
        "canary": None if waves.canary is None else str(waves.canary),
        "max_fail": str(waves.max_fail),
        "unreachable_ok": None if waves.unreachable_counts else True,
        "pause": ASK if waves.asks else f"{waves.pause:g}" if waves.pause else None,
        "gate": waves.gate or None,
        "gate_run": waves.gate_run or None,
        "gate_timeout": waves.gate_timeout,
        "spread": waves.spread or None,
        "shuffle": waves.shuffle,
    }
    return {name: value for name, value in found.items() if value is not None}


def ordered(targets: Sequence[TargetId], waves: Waves, manager: TransportManager) -> tuple[TargetId, ...]:
    """The targets in the order of the waves. Raises ActionFailed where no host has what they are to be spread by."""
    return by_host(targets, waves, {host.id: host for host in manager.list_hosts()})


def by_host(targets: Sequence[TargetId], waves: Waves, hosts: dict[str, HostInfo]) -> tuple[TargetId, ...]:
    """As `ordered`, with hosts by their ids."""
    from ..executor.waves import in_order
    from ..monitor.facts import unheard
    from ..monitor.grouping import namer
    from ..monitor.query import STATE

    if not waves.spread:
        return in_order(targets, waves)
    name = namer(waves.spread)
    groups = {
        id: None if waves.spread == STATE else name(unheard(hosts[id]))
        for id in {target.host for target in targets} & hosts.keys()
    }
    if not any(groups.values()):
        hint = "write tag:rack for tags that begin so, or a key of metadata"
        raise ActionFailed(text(f"none of these hosts has a group by {waves.spread!r}: {hint}"))
    return in_order(targets, waves, lambda target: groups.get(target.host) or "")


def _seconds(given: str) -> float:
    with contextlib.suppress(ValueError):
        return float(given)
    raise ValueError(f"a pause between waves is a number of seconds or {ASK}, not {given[:40]!r}")
