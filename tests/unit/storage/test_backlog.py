"""What may wait for a disk, under hypothesis."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.storage.backlog import Backlog, Rank

LIMIT = 1000


@given(st.lists(st.tuples(st.sampled_from(Rank), st.integers(0, 900)) | st.just(None), max_size=60))
def test_each_rank_stays_below_its_share_and_every_loss_is_counted(steps: list[tuple[Rank, int] | None]) -> None:
    backlog, lost = Backlog(LIMIT), 0
    waiting: list[int] = []
    for step in steps:
        if step is None:
            if waiting:
                backlog.written(waiting.pop())
            continue
        rank, size = step
        before = sum(waiting)
        taken = backlog.take(rank, size)
        assert taken == (before + size <= LIMIT * {"TEXT": 1, "ENDINGS": 1.5, "RECORD": 2}[rank.name])
        waiting += [size] if taken else []
        lost += not taken
        assert backlog.waiting == sum(waiting) <= 2 * LIMIT
    numbers = [int(word) for word in backlog.losses().split() if word.isdigit()]
    assert sum(numbers) == lost
    assert backlog.losses() == ""


def test_what_matters_less_leaves_room_for_what_matters_more() -> None:
    backlog = Backlog(LIMIT)
    while backlog.take(Rank.TEXT, 100):
        pass
    assert backlog.take(Rank.ENDINGS, 500, count=7)
    assert not backlog.take(Rank.ENDINGS, 1, count=7)
    assert backlog.take(Rank.RECORD, 500)
    assert not backlog.take(Rank.RECORD, 1)
    assert backlog.losses() == "1 outputs and 7 results of hosts and 1 whole jobs"
