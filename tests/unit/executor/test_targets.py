"""Node sets over ids and tags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.executor.targets import Targets, natural_order
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo


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
    assert list(FLEET.resolve(expression)) == sorted(hosts, key=natural_order)


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
        ("kvm[3-1]", "cannot be read"),
        ("kvm[1-999999999]", "too many names"),
        ("a[1-999]b[1-999]", "too many names"),
        ("kvm[1-" + "9" * 5000 + "]", "too many names"),
        ("9" * 5000, "no such host"),
        ("%s%d", "no such host"),
        ("kvm01&web*", "no host is left"),
        ("kvm01 kvm02", "no such host: kvm01 kvm02"),
    ],
)
def test_what_cannot_be_meant_is_named(expression: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert said in str(caught.value)
    assert caught.value.key == "targets"


def test_no_group_file_of_the_system_is_read(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    upcalls = "".join(f"{name}: touch {trap}\n" for name in ("map", "all", "list", "reverse"))
    (tmp_path / "groups.conf").write_text(f"[Main]\ndefault: trap\n[trap]\n{upcalls}")
    program = (
        "from atp_tui.executor.targets import Targets; from atp_tui.model.host import HostInfo\n"
        "targets = Targets([HostInfo('kvm01', '192.0.2.1', tags=('prod',)), HostInfo('kvm02', '192.0.2.1')])\n"
        "print(targets.resolve('kvm[01-02]&@prod,kvm*'), targets.fold(targets.resolve('@all')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"CLUSTERSHELL_CFGDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "('kvm01', 'kvm02') kvm[01-02]\n", done.stderr
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
    assert set(targets.resolve(targets.fold(some))) == set(some)


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
    assert set(targets.resolve(targets.fold([odd, "n1"]))) == {odd, "n1"}
    assert targets.resolve(odd) == (odd,)
