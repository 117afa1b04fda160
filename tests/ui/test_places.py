"""The path of views: where Esc and `-` lead, whatever was opened."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.ui.places import MOST_DEEP, Place, Stack

FLEET, DOMAINS, EVENTS = Place("fleet"), Place("domains"), Place("events")
HOST = Place("host", "kvm01")


def test_what_is_opened_by_name_stands_above_the_first_view() -> None:
    stack = Stack((FLEET,)).opened(DOMAINS).opened(EVENTS)
    assert stack.path == (FLEET, EVENTS)
    assert stack.back().path == (FLEET,)
    assert stack.opened(FLEET).path == (FLEET,)


def test_enter_goes_deeper_and_esc_comes_back_the_same_way() -> None:
    stack = Stack((FLEET,)).opened(DOMAINS).deeper(HOST)
    assert stack.path == (FLEET, DOMAINS, HOST)
    assert stack.back().here == DOMAINS
    assert stack.back().back().here == stack.back().back().back().here == FLEET


def test_a_place_that_is_on_the_path_is_gone_back_to() -> None:
    stack = Stack((FLEET,)).opened(DOMAINS).deeper(HOST).deeper(DOMAINS)
    assert stack.path == (FLEET, DOMAINS), "no circle grows in the path"


def test_minus_leads_to_and_fro_with_the_whole_path() -> None:
    stack = Stack((FLEET,)).opened(DOMAINS).deeper(HOST).opened(EVENTS)
    assert stack.swapped().path == (FLEET, DOMAINS, HOST)
    assert stack.swapped().swapped().path == (FLEET, EVENTS)
    assert Stack((FLEET,)).swapped().path == (FLEET,), "nothing was open before"


PLACES = st.builds(Place, st.sampled_from(["fleet", "domains", "host", "events"]), st.sampled_from(["", "a", "b"]))
STEPS = st.one_of(
    PLACES.map(lambda place: lambda stack: stack.opened(place)),
    PLACES.map(lambda place: lambda stack: stack.deeper(place)),
    st.just(Stack.back),
    st.just(Stack.swapped),
)


@given(st.lists(STEPS, max_size=60))
def test_the_first_view_is_always_below_and_no_place_is_twice_on_the_path(
    steps: list[Callable[[Stack], Stack]],
) -> None:
    stack = Stack((FLEET,))
    for step in steps:
        stack = step(stack)
        assert stack.path[0] == FLEET
        assert len(set(stack.path)) == len(stack.path) <= MOST_DEEP


@given(st.lists(PLACES, min_size=MOST_DEEP, unique=True))
def test_a_path_that_is_too_long_forgets_the_places_next_to_the_first(places: list[Place]) -> None:
    stack = Stack((FLEET,))
    for place in places:
        stack = stack.deeper(place)
    if FLEET not in places:
        assert stack.path == (FLEET, *places[-MOST_DEEP + 1 :])
