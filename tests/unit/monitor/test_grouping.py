"""By what hosts are grouped: the names of their groups, and the keys of the lines over these."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.grouping import fields_of, key_of, pather
from atp_tui.monitor.query import BY_TAG, STATE, TAG, Fields, group_above, group_key
from tests.ui.rows import NOW, host_row

ROW = host_row("a", tags=("prod", "rack2", "rack3"), metadata=(("Site", "par"), ("empty", "")))


def test_the_name_of_a_group_is_what_the_host_has_there() -> None:
    assert pather((TAG,))(ROW) == ("prod",)
    assert pather((f"{BY_TAG}rack", "site"))(ROW) == ("rack2", "par")
    assert pather(("empty", "nowhere"))(ROW) == (None, None)
    assert pather(())(ROW) == ()
    assert pather((STATE,))(host_row("a", silent_since=NOW)) == ("silent",)
    assert pather((STATE, TAG))(host_row("a", state=ConnectionState.FAILED)) == ("failed", None)


NAMES = st.none() | st.text("a\\\n:n", min_size=1, max_size=4)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=2, unique=True))
def test_two_groups_never_have_one_key(paths: list[tuple[str | None, str | None]]) -> None:
    one, other = paths
    group = ("site", "rack")
    assert key_of(one, group) != key_of(other, group)
    assert group_above(key_of(one, group)) == key_of(one[:1], group)
    assert group_above(key_of(one[:1], group)) is None


def test_groups_by_tag_and_by_another_field_have_keys_of_their_own() -> None:
    assert len({group_key("par"), group_key("par", "site"), group_key("par", "rack")}) == 3


def test_the_fields_are_those_that_any_host_has_each_once() -> None:
    rows = [ROW, host_row("b", tags=("rack10", "prod"), metadata=(("site", "lon"), ("rack", "1")))]
    assert fields_of(rows) == Fields(("empty", "rack", "Site"), ("prod", "rack2", "rack3", "rack10"))
