"""Named sets in the language of targets: what they mean, what is said of their mistakes, and how much they may be."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.executor.earlier import Earlier, EarlierJob
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Outcome
from atp_tui.model.sets import Moving, NamedSet, Sets, moving_in, named_in, reached
from atp_tui.monitor.file_facts import FileFacts

HOSTS = [
    *(
        HostInfo(
            f"kvm{n:02}",
            "192.0.2.1",
            tags=("prod", "rack1" if n < 5 else "rack2"),
            metadata={"site": "north" if n % 2 else "south"},
        )
        for n in range(1, 11)
    ),
    HostInfo("web1", "192.0.2.9", tags=("web",)),
]
KVM = tuple(f"kvm{n:02}" for n in range(1, 11))


def sets_of(**texts: str) -> Sets:
    return tuple(NamedSet(name, text) for name, text in texts.items())


def fleet(sets: Sets, earlier: Earlier | None = None) -> Targets:
    return Targets(HOSTS, FileFacts(HOSTS), earlier, sets)


SETS = sets_of(
    edge="@rack1&!kvm01",
    core="@all!@edge",
    north="site:north",
    edge2="kvm09",
    busy="@rack1&cpu>80",
    calm="@prod!@busy",
    bad="@rack1,kvm99",
    worse="@bad!kvm01",
    odd="kvm01 kvm02",
    last_ones="@last.failed",
    none="@rack1&@rack2",
)


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("@edge", KVM[1:4]),
        ("@edge,web1", (*KVM[1:4], "web1")),
        ("@rack1!@edge", KVM[:1]),
        ("@rack1&!@edge", KVM[:1]),
        ("@core&@rack1", KVM[:1]),
        ("@core!@rack2", ("kvm01", "web1")),
        ("@north&@edge", ("kvm03",)),
        ("@edge^@rack1", ("kvm01",)),
        ("@edge[2-2],@edge", (*KVM[1:4], "kvm09")),
        ("@edge[2]", ("kvm09",)),
        ("@none,kvm01", ("kvm01",)),
        ("@last_ones", ("kvm07",)),
    ],
)
def test_a_set_means_what_its_expression_means(expression: str, ids: tuple[str, ...]) -> None:
    earlier = Earlier({"last": EarlierJob(3, (("kvm07", Outcome.FAILED, 1),))}, newest=3)
    assert fleet(SETS, earlier).resolve(expression) == ids


@pytest.mark.parametrize(
    ("expression", "column", "message", "hint"),
    [
        ("@egde", 1, "no such tag or set: @egde", "did you mean @edge"),
        ("edge", 1, "no such host: edge", "did you mean @edge?"),
        ("@e*", 1, "no such tag or set: @e*", "@edge"),
        ("kvm01,@bad", 7, "in the set @bad: no such host: kvm99", "did you mean kvm"),
        ("kvm01,@worse", 7, "in the set @worse: in the set @bad: no such host: kvm99", "did you mean kvm"),
        ("@odd", 1, "in the set @odd: no comma between the names in 'kvm01 kvm02'", "kvm01,kvm02"),
        ("@edge[2-3]", 1, "no such tag or set: @edge3", "@edge"),
        ("@none", None, "no host is left by '@none'", "hosts list"),
        ("@edge@core", 1, "a second @", "@edge,@core for both"),
    ],
)
def test_mistakes_are_told_with_the_set(expression: str, column: int | None, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fleet(SETS).resolve(expression)
    assert caught.value.column == column and caught.value.message.startswith(message), str(caught.value)
    assert hint in (caught.value.hint or "")


def test_what_is_not_known_of_a_condition_in_a_set_is_not_known_of_the_set() -> None:
    targets = fleet(SETS)
    assert targets.decide("@busy") == ((), KVM[:4])
    assert targets.decide("@calm") == (KVM[4:], KVM[:4]), "nothing is in it by a guess"
    assert targets.moving == Moving("cpu>80", "busy") and str(targets.moving) == "cpu>80 of the set @busy"
    other = targets.knowing(FileFacts(HOSTS))
    assert other.moving is None, "it goes with the facts"
    assert other.decide("kvm01&cpu>80").undecided == ("kvm01",) and str(other.moving) == "cpu>80"


def test_a_tag_of_a_program_that_is_called_as_a_set_counts_behind_it() -> None:
    hosts = [*HOSTS, HostInfo("new", "192.0.2.10", tags=("edge",))]
    assert Targets(hosts, sets=SETS).resolve("@edge") == KVM[1:4]


def test_of_some_hosts_a_set_may_name_others() -> None:
    some = [host for host in HOSTS if host.id in ("kvm02", "kvm09")]
    sets = sets_of(pair="kvm01,kvm02", far="site:west,kvm09")
    targets = Targets(some, FileFacts(some), sets=sets, some=True)
    assert targets.resolve("@pair") == ("kvm02",) and targets.resolve("@far") == ("kvm09",)
    with pytest.raises(ConfigError, match="no such host: kvm01"):
        targets.resolve("kvm01")


def test_a_rule_that_stays_passes_over_what_has_gone() -> None:
    sets = sets_of(rule="@rack1,@gone!kvm02!kvm98", site="site:west,kvm05")
    targets = fleet(sets)
    assert targets.standing("@rule") == {"kvm01", "kvm03", "kvm04"}
    assert targets.standing("@site,@nothing") == {"kvm05"}
    with pytest.raises(ConfigError):
        targets.standing("@rule,,")
    with pytest.raises(ConfigError, match="no such"):
        targets.resolve("@rule")


@pytest.mark.parametrize("sets", [sets_of(a="@b", b="@a"), sets_of(a="kvm01,@a"), sets_of(a1="@a[1-2]", a2="kvm01")])
def test_a_circle_that_a_library_gives_has_an_end(sets: Sets) -> None:
    with pytest.raises(ConfigError, match="names itself"):
        fleet(sets).resolve(f"@{sets[0].name}")


def test_more_sets_in_each_other_than_anybody_writes_are_refused() -> None:
    chain = tuple(NamedSet(f"s{n}", f"@s{n + 1}") for n in range(16))
    deep = (*chain, NamedSet("s16", "kvm01"))
    assert fleet(deep).resolve("@s1") == ("kvm01",)
    with pytest.raises(ConfigError, match="more than 16 sets deep"):
        fleet(deep).resolve("@s0")


def test_a_set_of_too_many_names_is_refused_before_it_is_made() -> None:
    tens = tuple(NamedSet(f"t{n}", ",".join([f"@t{n + 1}"] * 10)) for n in range(8))
    sets = (
        *tens,
        NamedSet("t8", "kvm[01-10]"),
        NamedSet("many", "kvm[1-60000]"),
        NamedSet("more", "x[1-60000]"),
        NamedSet("m1", "y[1-60000]"),
        NamedSet("m2", "z[1-60000]"),
    )
    targets = fleet(sets)
    begun = time.process_time()
    tracemalloc.start()
    try:
        for expression in ("@t0", "@many,@more", "@m[1-2]", "@many,x[1-60000]"):
            with pytest.raises(ConfigError, match="too many names"):
                targets.resolve(expression)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000, "no name was made"
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 5, "ten million names take far longer"
    assert targets.resolve("@t5") == KVM


NAMES = ("s0", "s1", "s2", "s3")
OPERANDS = st.sampled_from(["kvm01", "kvm[02-05]", "@rack1", "@rack2", "kvm*", "@all", "@web"])


@st.composite
def expressions(draw: st.DrawFn, inner: tuple[str, ...]) -> str:
    operand = st.one_of(OPERANDS, st.sampled_from([f"@{name}" for name in inner])) if inner else OPERANDS
    text = draw(operand)
    for other in draw(st.lists(operand, max_size=4)):
        text += draw(st.sampled_from(",&!^")) + other
    return text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_sets_in_sets_agree_with_clustershell(data: st.DataObject) -> None:
    """Its own groups are made of the node sets that it reckons with itself, from the innermost on."""
    from ClusterShell.NodeSet import NodeSet
    from ClusterShell.NodeUtils import GroupResolver, GroupSource

    every = [host.id for host in HOSTS]
    groups = {"rack1": ",".join(KVM[:4]), "rack2": ",".join(KVM[4:]), "web": "web1", "all": ",".join(every)}
    sets: list[NamedSet] = []
    for place, name in enumerate(NAMES):
        text = data.draw(expressions(NAMES[:place]))
        found = NodeSet(text, resolver=GroupResolver(GroupSource("tags", groups, ",".join(every))))
        groups[name] = ",".join(found) or "nobody&everybody"
        sets.append(NamedSet(name, text))
    written = data.draw(expressions(NAMES))
    expected = set(NodeSet(written, resolver=GroupResolver(GroupSource("tags", groups, ",".join(every)))))
    assert set(fleet(tuple(sets)).decide(written).ids) == expected


def test_which_sets_an_expression_names() -> None:
    names = ["edge", "edge1", "edge2", "edge07", "edge7", "core.x"]
    assert named_in("@edge,kvm01!@core.x", names) == ("edge", "core.x")
    assert named_in("@edge[1-3]", names) == ("edge1", "edge2")
    assert named_in("@edge[05-09]", names) == ("edge07",)
    assert named_in("@edge[1-9/2]&!@edge[2]", names) == ("edge1", "edge7", "edge2")
    assert named_in("edge,@edges,@edge*", names) == ()
    assert reached(["@calm,kvm01"], SETS) == ("@calm,kvm01", "@prod!@busy", "@rack1&cpu>80")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("@calm", "cpu>80 of the set @busy"),
        ("kvm01&state:failed", "state:failed"),
        ("vm.tag:web", "vm.tag:web"),
        ("@last_ones", "@last.failed of the set @last_ones"),
        ("@job.17.exit=3", "@job.17.exit=3"),
        ("@edge,@north,id:kvm,tag:rack", "None"),
    ],
)
def test_what_moves_is_found(expression: str, found: str) -> None:
    assert str(moving_in(expression, SETS)) == found
    assert moving_in("@last", SETS, {"last"}) is None, "a tag of that name goes before"
