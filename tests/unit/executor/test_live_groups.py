"""Hosts at work in groups, against the plain way: all of them put together anew each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.live_groups import LiveGroups

HOSTS = 5

steps = st.lists(
    st.tuples(
        st.sampled_from(["begin", "stop", "end", "stdout", "stderr", "look"]),
        st.integers(0, HOSTS - 1),
        st.sampled_from([b"a", b"b", b"ab"]),
    ),
    max_size=30,
)


@given(steps)
def test_the_groups_are_those_of_the_same_state_that_have_said_the_same(done: list[tuple[str, int, bytes]]) -> None:
    groups = LiveGroups(HOSTS)
    words = dict.fromkeys(range(HOSTS), "waiting")
    said = {host: {"stdout": b"", "stderr": b""} for host in range(HOSTS)}
    for what, host, data in done:
        if what == "look":
            groups.groups()
        elif host not in words:
            continue
        elif what == "begin":
            groups.begin(host)
            words[host], said[host] = "running", {"stdout": b"", "stderr": b""}
        elif what == "stop":
            groups.stop(host)
            words[host] = "cancelling"
        elif what == "end":
            groups.end(host)
            del words[host]
        else:
            groups.take(host, what, data)
            said[host][what] += data
    plain: dict[tuple[str, bytes, bytes], list[int]] = {}
    for host, word in words.items():
        plain.setdefault((word, said[host]["stdout"], said[host]["stderr"]), []).append(host)
    found = groups.groups()
    assert [(group.word, list(group.hosts)) for group in found] == sorted(
        ((word, hosts) for (word, _, _), hosts in plain.items()), key=lambda each: each[1]
    )
    assert groups.groups() == found, "looking changes nothing"


def test_a_group_that_did_not_change_is_the_same_object() -> None:
    groups = LiveGroups(4)
    groups.begin(0)
    before = groups.groups()
    groups.take(3, "stdout", b"x")
    assert groups.groups()[0] is before[0]
