"""Timers that share a wake-up."""

from __future__ import annotations

import asyncio
import math

import pytest

from atp_tui.transport.rounds import FINEST, FULL, Rounds

from ...fakes.virtual_time import run_virtual


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_timer_is_never_early_and_less_than_its_slack_late() -> None:
    async def main() -> None:
        rounds, rung = Rounds(), dict[int, float]()
        due = {}
        for number in range(200):
            due[number] = now() + 10
            rounds.call_later(10, 0.5, lambda number=number: rung.setdefault(number, now()))  # type: ignore[misc]
            await asyncio.sleep(0.07)
        await asyncio.sleep(20)
        assert set(rung) == set(due)
        assert all(0 <= rung[number] - due[number] < 0.5 + 1e-9 for number in due)
        # 14 s of timers, two moments a second
        assert len(set(rung.values())) == pytest.approx(200 * 0.07 / 0.5, abs=1)

    run_virtual(main())


def test_a_full_round_takes_no_more() -> None:
    async def main() -> None:
        rounds, rung = Rounds(), list[float]()
        for _ in range(FULL * 3):
            rounds.call_later(10.01, 0.5, lambda: rung.append(now()))
        rounds.call_later(10.02, 0.5, lambda: rung.append(now()))
        await asyncio.sleep(20)
        found = {moment: rung.count(moment) for moment in sorted(set(rung))}
        assert found == {10.0625: 1, 10.125: FULL, 10.25: FULL, 10.5: FULL}, "halfway to the due moment, and again"

    run_virtual(main())


def test_what_cannot_be_kept_apart_rings_together_and_in_time() -> None:
    async def main() -> None:
        rounds, rung = Rounds(), list[float]()
        for _ in range(FULL * 40):
            rounds.call_later(10.01, 0.5, lambda: rung.append(now()))
        await asyncio.sleep(20)
        assert len(rung) == FULL * 40
        assert all(10.01 <= moment < 10.51 for moment in rung)

    run_virtual(main())


def test_timers_of_different_slacks_meet() -> None:
    async def main() -> None:
        rounds, rung = Rounds(), list[float]()
        for number in range(FULL):
            rounds.call_later(10.01, 0.25 + number / 100, lambda: rung.append(now()))
        await asyncio.sleep(20)
        assert rung == [10.25] * FULL

    run_virtual(main())


@pytest.mark.parametrize("slack", [5e-324, 1e-308, 1e-12, 1e-3])
def test_the_shortest_of_slacks_rings_too(slack: float) -> None:
    async def main() -> None:
        rounds, rung = Rounds(), list[float]()
        rounds.call_later(10, slack, lambda: rung.append(now()))
        await asyncio.sleep(20)
        assert rung == [pytest.approx(10, abs=FINEST)]

    run_virtual(main())


def test_a_cancelled_one_does_not_ring_nor_hinders_the_others() -> None:
    async def main() -> None:
        rounds, rung = Rounds(), list[str]()
        first = rounds.call_later(1, 1, lambda: rung.append("first"))
        rounds.call_later(1, 1, lambda: second.cancel())
        second = rounds.call_later(1, 1, lambda: rung.append("second"))
        rounds.call_later(1, 1, lambda: rung.append("third"))
        first.cancel()
        await asyncio.sleep(3)
        assert rung == ["third"]

    run_virtual(main())


def test_a_defect_in_one_does_not_silence_the_others() -> None:
    async def main() -> None:
        rounds, rung, told = Rounds(), list[str](), list[object]()
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        rounds.call_later(1, 1, lambda: math.sqrt(-1))
        rounds.call_later(1, 1, lambda: rung.append("rung"))
        await asyncio.sleep(3)
        assert rung == ["rung"]
        assert [type(one) for one in told] == [ValueError]

    run_virtual(main())
