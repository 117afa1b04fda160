"""Node sets over ids and tags."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atp_tui.executor.folding import fold_names
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.order import natural


def host(name: str, *tags: str) -> HostInfo:
    return HostInfo(name, "192.0.2.1", tags=tags)


FLEET = Targets(
    [
        *(host(f"kvm{n:02}", "prod", "rack1" if n < 5 else "rack2") for n in range(1, 11)),
        host("web-a.example.org", "prod"),
        host("kvm9", "old.ones"),
    ]
)

KVM = tuple(f"kvm{n:02}" for n in range(1, 11))


@pytest.mark.parametrize(
    ("expression", "hosts"),
    [
        ("kvm01", ("kvm01",)),
        (" kvm03 , kvm01 ", ("kvm01", "kvm03")),
        ("kvm[01-03,05]", ("kvm01", "kvm02", "kvm03", "kvm05")),
        ("kvm[01-09/4]", ("kvm01", "kvm05", "kvm09")),
        ("@rack1", KVM[:4]),
        ("@rack[1-2]", KVM),
        ("@prod!@rack2", (*KVM[:4], "web-a.example.org")),
        ("@prod&@rack1!kvm01", KVM[1:4]),
        ("@rack1&!kvm01", KVM[1:4]),
        ("@rack1 & ! kvm[01-02] & !@rack2", KVM[2:4]),
        ("@rack1^kvm[04-06]", ("kvm01", "kvm02", "kvm03", "kvm05", "kvm06")),
        ("web*", ("web-a.example.org",)),
        ("kvm?", ("kvm9",)),
        ("@rack*", KVM),
        ("@all", (*KVM[:8], "kvm9", *KVM[8:], "web-a.example.org")),
        ("@*!kvm*", ("web-a.example.org",)),
        ("@old.ones", ("kvm9",)),
        ("kvm9,kvm09", ("kvm9", "kvm09")),
    ],
)
def test_expressions(expression: str, hosts: tuple[str, ...]) -> None:
    assert set(FLEET.resolve(expression)) == set(hosts)
    assert list(FLEET.resolve(expression)) == sorted(hosts, key=natural)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("kvm1", "no such host: kvm1; did you mean kvm"),
        ("@rak1", "no such tag: @rak1; did you mean @rack"),
        ("kvm01,nothing&@prod", "no such host: nothing"),
        ("kvm[08-12]", "no such host: kvm11, kvm12"),
        ("kvm[1000-9999]", "and 8995 more"),
        ("", "no hosts are named"),
        ("kvm01,", "a name is missing"),
        ("!kvm01", "a name is missing"),
        ("kvm01,@", "a name is missing"),
        ("kvm[01", "bracket"),
        ("kvm01]", "bracket"),
        ("kvm[]", "cannot be read"),
        ("kvm[x]", "cannot be read"),
        ("kvm[1-999999999]", "too many names"),
        ("a[1-999]b[1-999]", "too many names"),
        ("kvm[1-" + "9" * 5000 + "]", "too many names"),
        ("9" * 5000, "no such host"),
        ("%s%d", "no such host"),
        ("kvm01&web*", "no host is left"),
    ],
)
def test_what_cannot_be_meant_is_named(expression: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert said in str(caught.value)
    assert caught.value.key == "targets"


@pytest.mark.parametrize(
    ("expression", "said", "hint"),
    [
        ("kvm[18-01]", "the range 18-01 runs backwards", "write kvm[01-18]"),
        ("@rack[2-1]", "the range 2-1 runs backwards", "write @rack[1-2]"),
        ("kvm01 kvm02", "no comma between the names", "kvm01,kvm02"),
        ("kvm01|kvm02", "no comma between the names", "kvm01,kvm02"),
        ("kvm01; kvm02", "no comma between the names", "kvm01,kvm02"),
        ("kvm01 and kvm02", "no comma between the names", "kvm01,kvm02"),
        ("@prod kvm9", "no comma between the names", "@prod,kvm9"),
        ("kvm{01,02}", "braces", "write kvm[01,02]"),
        ("kvm{1..3}", "braces", "write kvm[1-3]"),
        ("kvm(01|02)", "braces", "write kvm[01,02]"),
        ("kvm01:22", "a port", "write kvm01: the port is in hosts.toml ([hosts.ssh] port) or in ssh_config"),
        ("root@kvm01", "a user", "write kvm01: the user is in hosts.toml ([hosts.ssh] user) or in ssh_config"),
        ("kvm01,root@kvm02:22", "a user", "write kvm02"),
        ("kvm[01–03]", "'–' (EN DASH)", "write kvm[01-03]"),
        ("kvm０１", "(FULLWIDTH DIGIT ZERO)", "write kvm01"),
        ("kvm[０１-03]", "(FULLWIDTH DIGIT ZERO)", "write kvm[01-03]"),
        ("kvm01，kvm02", "(FULLWIDTH COMMA)", "write kvm01,kvm02"),
        ("kvm01、kvm02", "(IDEOGRAPHIC COMMA)", "write kvm01,kvm02"),
        ("＠rack1", "(FULLWIDTH COMMERCIAL AT)", "write @rack1"),
        ("'kvm01'", "(APOSTROPHE)", "write kvm01"),
        ("kvm[1_0]", "'1_0' is no range", "kvm[01-18,20]"),
        ("kvm[01..03]", "'01..03' is no range", "write kvm[01-03]"),
        ("kvm[01:03]", "'01:03' is no range", "write kvm[01-03]"),
        ("kvm[01 - 03]", "a blank inside the brackets", "write kvm[01-03]"),
        ("kvm[01 02]", "a blank inside the brackets", "write kvm[01,02]"),
        ("kvm[8-010]", "not the same number of digits", "write kvm[008-010]"),
        ("kvm[01-09/0]", "the step of 01-09/0 is 0", "1 or more"),
        ("kvm01-03", "no such host", "did you mean kvm[01-03]?"),
        ("kvm01-kvm03", "no such host", "did you mean kvm[01-03]?"),
        ("rack1", "no such host: rack1", "did you mean @rack1?"),
        ("@kvm01", "no such tag: @kvm01", "did you mean kvm01?"),
        ("KVM01", "no such host: KVM01", "did you mean kvm01?"),
        ("192.0.2.1", "no such host: 192.0.2.1", "did you mean kvm01 or kvm02?"),
        ("all", "no such host: all", "did you mean @all?"),
        ("@rak1", "no such tag: @rak1", "@rack1"),
        ("@rack1@rack2", "a second @", "@rack1,@rack2 for both"),
        ("@@rack1", "a second @", "write @rack1"),
        ("kvm01=kvm02", "no comparison", "cpu>80"),
        ("@prod,!kvm01", "a name is missing", "write ! alone in place of ,!"),
        ("@prod&!", "a name is missing", "write a name behind &!"),
        ("@prod&!!kvm01", "a name is missing", "write a name behind &!"),
        ("qemu+ssh://root@kvm01/system", "a URI", "ids of hosts.toml"),
        ("@rack1&@rack2", "no host is left", "hosts list"),
        ("!kvm01", "a name is missing", "@all!kvm01"),
        ("@prod&&@rack1", "a name is missing", "write & once"),
        (",kvm01", "a name is missing", "take the first ',' away"),
        ("&kvm01", "a name is missing", "take the first '&' away"),
        ("@prod and @rack1", "a word", "write @prod,@rack1 for both, @prod&@rack1 for what is in both"),
        ("@rack1 @rack2", "no comma", "put one there: @rack1,@rack2"),
        ("@rack1 | @rack2", "no comma", "put one there: @rack1,@rack2"),
        ("not kvm01", "a word", "write @all!kvm01"),
        ("@prod but not kvm01 kvm02", "a word", "write @prod!kvm01!kvm02"),
        ("!kvm01,kvm[02,03]", "a name is missing", "write @all!kvm01!kvm[02,03] for all but those"),
        ("kvm[001-2]", "not the same number of digits", "write kvm[001-002]"),
        ("kvm[1-3]", "no names without zeros", "write kvm[01-03]"),
        ("kvm[1-9/4],kvm9", "no names without zeros", "write kvm[01-09/4],kvm9"),
        ("kvm01–kvm03", "'–' (EN DASH)", "write kvm[01-03]"),
        ("kvm[01-03", "a bracket without its partner", "write kvm[01-03]"),
        ("kvm[[01-03]]", "a bracket without its partner", "write kvm[01-03]"),
        ("kvm01]", "a bracket without its partner", "write kvm01"),
        ("$(id)", "braces", "write ranges as in"),
        ("kvm01 # the first", "no comma", "write names with commas between them"),
        ("@all@", "a second @", "write @all"),
        ("ALL", "no such host", "did you mean @all?"),
        ("PROD", "no such host", "did you mean @prod?"),
        ("host:kvm01", "a colon", "write kvm01"),
        ("kvm01.example.org", "no such host", "did you mean kvm01?"),
        ("kvm01,", "a name is missing", "take the last ',' away"),
        ("^/tmp/names", "a name is missing", "--hosts-file reads a file of names"),
        ("kvm[1-90000],kvm[1-90000]", "too many names", "100,000"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(expression: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


def test_odd_signs_in_a_tag_are_the_tags_own() -> None:
    targets = Targets([host("a", "x|y"), host("b", "{z}"), host("c", "生产"), host("d", "it's"), host("e", "１")])
    for tag, name in (("x|y", "a"), ("{z}", "b"), ("生产", "c"), ("it's", "d"), ("１", "e")):
        assert targets.resolve(f"@{tag}") == (name,)
    with pytest.raises(ConfigError, match="no such host: f"):
        targets.resolve("@x|y,f")


@pytest.mark.parametrize(
    "expression",
    [
        "root:SECRET@kvm01",
        "root:SECRET",
        "kvm[root:SECRET]",
        "kvm01,root:a,SECRET@kvm02",
        "tag:SECRET:x@y",
        "qemu+ssh://root:SECRET@h/system",
        "root\uff1aSECRET\uff20kvm01",
        "{root:SECRET}",
        "root:SECRET@kvm[3-1]",
    ],
)
def test_no_message_shows_a_password(expression: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert "SECRET" not in f"{caught.value} {caught.value.__cause__}"


def test_a_million_names_are_refused_before_they_are_made() -> None:
    tracemalloc.start()
    for expression in (
        "kvm[1-1000000]",
        "@rack[0-9][0-99999]",
        "kvm[1-1000000/500000]",
        ",".join(["kvm[1-99999]"] * 9),
    ):
        with pytest.raises(ConfigError, match="too many names"):
            FLEET.resolve(expression)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000, "the names were made"


SIGNS = st.sampled_from([*"kvm019@,!&^[]-/*?:{}|.;+<>= '\"_%–０，＠［］٣", "kvm01", "@rack1", "@all", "rack"])


@settings(max_examples=500, deadline=None)
@given(st.lists(SIGNS, max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_is_a_set_of_hosts_or_a_message_with_a_hint(expression: str) -> None:
    try:
        found = FLEET.resolve(expression)
    except ConfigError as error:
        assert error.hint
        assert error.message.isprintable() or not expression.isprintable()
        return
    assert found
    assert set(found) <= set(FLEET.resolve("@all"))
    assert all(sign.isascii() for sign in expression), "an odd sign is never passed over"


RANGES = st.builds(
    lambda low, span, step, width: f"{low:0{width}}-{low + span:0{width}}" + (f"/{step}" if step > 1 else ""),
    st.integers(0, 99),
    st.integers(0, 40),
    st.integers(1, 5),
    st.integers(1, 4),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(RANGES, min_size=1, max_size=3), st.sampled_from(["n[{}]", "n[{}]x", "n[{}]-[0-1]"]))
def test_ranges_stand_for_what_clustershell_says(parts: list[str], shape: str) -> None:
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet

    expression = shape.format(",".join(parts))
    try:
        expected = set(NodeSet(expression, resolver=RESOLVER_NOGROUP))
    except Exception:  # noqa: BLE001 - what the oracle refuses is not valid: mixed widths in one bracket
        return
    assert set(Targets(map(host, expected)).resolve(expression)) == expected


def test_no_group_file_of_the_system_is_read(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    upcalls = "".join(f"{name}: touch {trap}\n" for name in ("map", "all", "list", "reverse"))
    (tmp_path / "groups.conf").write_text(f"[Main]\ndefault: trap\n[trap]\n{upcalls}")
    program = (
        "from atp_tui.executor.targets import Targets; from atp_tui.model.host import HostInfo\n"
        "targets = Targets([HostInfo('kvm01', '192.0.2.1', tags=('prod',)), HostInfo('kvm02', '192.0.2.1')])\n"
        "print(targets.resolve('kvm[01-02]&@prod,kvm*'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"CLUSTERSHELL_CFGDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "('kvm01', 'kvm02')\n", done.stderr
    assert not trap.exists()


IDS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,12}[A-Za-z0-9])?", fullmatch=True)
NUMBERED = st.builds(
    lambda stem, number, width, tail: f"{stem}{number:0{width}}{tail}",
    st.sampled_from(["n", "a-", "x.y", "0", "k1-"]),
    st.integers(0, 120),
    st.integers(1, 4),
    st.sampled_from(["", "-ilo", ".example.org", "0"]),
).filter(lambda name: name[-1].isalnum())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(IDS, NUMBERED), min_size=1, max_size=30, unique=True), st.data())
def test_each_id_can_be_named_and_folded(ids: list[str], data: st.DataObject) -> None:
    targets = Targets(host(name, "t") for name in ids)
    for name in ids:
        assert targets.resolve(name) == (name,)
    assert set(targets.resolve("@t")) == set(ids)
    some = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    assert set(targets.resolve(fold_names(some))) == set(some)


SERIALS = st.builds(
    lambda first, number, row, unit: f"{first + number}-r{row}-u{unit:02}",
    st.sampled_from([0, 9, 999_998, 10**12, 10**17, 10**30]),
    st.integers(0, 4),
    st.integers(8, 11),
    st.integers(0, 3),
)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.one_of(SERIALS, NUMBERED, IDS), min_size=1, max_size=40))
@example({"srv1234567", "srv1234568"})
def test_folded_names_mean_the_same_hosts(ids: set[str]) -> None:
    folded = fold_names(ids)
    strangers = (host(name) for name in ("kvm01", "web", "0-r8-u9"))
    every = {each.id: each for each in (*strangers, *map(host, ids))}
    assert set(Targets(every.values()).resolve(folded)) == ids


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["kvm01", "kvm[02-05]", "@rack1", "@rack2", "kvm*", "@all"]), min_size=1), st.data())
def test_set_operations_agree_with_clustershell(operands: list[str], data: st.DataObject) -> None:
    from ClusterShell.NodeSet import NodeSet
    from ClusterShell.NodeUtils import GroupResolver, GroupSource

    every = FLEET.resolve("@all")
    groups = {"rack1": ",".join(KVM[:4]), "rack2": ",".join(KVM[4:]), "all": ",".join(every)}
    resolver = GroupResolver(GroupSource("tags", groups, ",".join(every)))
    expression = operands[0]
    for operand in operands[1:]:
        expression += data.draw(st.sampled_from(",&!^")) + operand
    expected = set(NodeSet(expression, resolver=resolver))
    if expected:
        assert set(FLEET.resolve(expression)) == expected
    else:
        with pytest.raises(ConfigError, match="no host is left"):
            FLEET.resolve(expression)


def test_a_number_that_clustershell_refuses_still_folds() -> None:
    odd = "n" + "7" * 150
    targets = Targets([host(odd), host("n1")])
    assert set(targets.resolve(fold_names([odd, "n1"]))) == {odd, "n1"}
    assert targets.resolve(odd) == (odd,)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sign", ["[", "[1-", "{1..", "@", "!", " ", "]", "a b ", "[a]-", "x:", "é"])
def test_an_absurd_expression_is_refused_in_no_time(sign: str) -> None:
    with pytest.raises(ConfigError) as refused:
        FLEET.resolve(sign * (100_000 // len(sign)))
    assert len(str(refused.value)) < 1_000
