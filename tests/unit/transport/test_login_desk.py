"""The desk of logins, as those that wait for it come and go."""

from __future__ import annotations

import asyncio

from atp_tui.model.credential import Secret
from atp_tui.model.questions import Wants
from atp_tui.transport.login_desk import Asks, Lent, LoginDesk


async def waiting(desk: LoginDesk, number: int) -> list[asyncio.Task[Lent | None]]:
    """So many logins of one realm, all of which wait."""
    desk.attends = True
    all_asks = [Asks(f"kvm{each}", "root", "192.0.2.1 port 22", realm="lab") for each in range(number)]
    tasks = [asyncio.create_task(desk.secret(asks, Wants.PASSWORD)) for asks in all_asks]
    await asyncio.sleep(0)
    return tasks


async def test_a_desk_that_closes_has_no_question_any_more() -> None:
    """It is looked for once more: its last news comes when those that waited are gone."""
    desk = LoginDesk()
    (task,) = await waiting(desk, 1)
    assert desk.question() is not None
    desk.close()
    assert await task is None
    assert desk.question() is None


async def test_an_answer_that_comes_as_thousands_of_logins_are_cancelled_goes_to_none() -> None:
    desk = LoginDesk()
    tasks = await waiting(desk, 3000)
    question = desk.question()
    assert question is not None
    assert question.hosts == len(tasks)
    for task in tasks:
        task.cancel()
    assert desk.answer(question.number, Secret("secret"))
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*tasks, return_exceptions=True)
    )
    assert desk.question() is None
