"""What an import would do to hosts that are there: pure comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.imports.gathering import chosen
from atp_tui.config.imports.plan import Changed, Difference, planned
from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings
from tests.unit.config.imports.reading import read


def test_new_the_same_changed_and_gone() -> None:
    here = [
        HostInfo("same", "192.0.2.1", tags=("web", "mine"), ssh=SshSettings(user="root")),
        HostInfo("moved", "192.0.2.2"),
        HostInfo("gone", "192.0.2.3"),
    ]
    text = "[web]\nsame ansible_host=192.0.2.1 ansible_user=root\nmoved ansible_host=192.0.2.9 ansible_port=23\nnew\n"
    plan = planned(read("ansible", text), here)
    assert [host.id for host in plan.new] == ["new"]
    assert plan.same == ("same",)
    assert plan.changed == (
        Changed(
            "moved",
            (
                Difference("host", "192.0.2.2", "192.0.2.9"),
                Difference("tags", (), ("web",)),
                Difference("ssh.port", None, 23),
            ),
        ),
    )
    assert plan.gone == ("gone",)


def test_what_the_source_does_not_say_is_no_change() -> None:
    here = [HostInfo("kvm1", "kvm1", uri=None, tags=("x",), metadata={"a": "b"}, ssh=SshSettings(user="u", port=9))]
    assert planned(read("list", "kvm1"), here).same == ("kvm1",)


def test_what_a_host_has_from_the_file_or_a_tag_is_the_same() -> None:
    text = '[ssh]\nuser = "root"\n[tags.web.ssh]\nport = 2222\n[[hosts]]\nid = "a"\nhost = "a"\ntags = ["web"]\n'
    config = parse(text, Path("hosts.toml"))
    assert planned(read("csv", "id,user,port\na,root,2222\n"), config.hosts).same == ("a",)


def test_a_host_with_another_id_is_known_by_its_address() -> None:
    here = [
        HostInfo("web", "KVM1.example.org", ssh=SshSettings(port=22)),
        HostInfo("b", "kvm2", ssh=SshSettings(port=9)),
    ]
    plan = planned(read("list", "kvm1.example.org kvm2"), here)
    assert (plan.same, [host.id for host in plan.new], plan.gone) == (("web",), ["kvm2"], ("b",))


def test_two_hosts_with_one_address_are_not_taken_for_one_another() -> None:
    here = [HostInfo("a", "h", uri="qemu+tcp://h/system"), HostInfo("b", "h", uri="lxc+tcp://h/")]
    assert [host.id for host in planned(read("list", "h"), here).new] == ["h"]
    plan = planned(read("csv", "id,host,uri\nx,h,lxc+tcp://h/\ny,h,xen+tcp://h/\n"), here)
    assert (plan.same, [host.id for host in plan.new]) == (("b",), ["y"])


def test_metadata_is_compared_by_its_keys() -> None:
    here = [HostInfo("a", "a", metadata={"rack": "1", "mine": "x"})]
    plan = planned(read("csv", "id,rack,site\na,2,north\n"), here)
    assert plan.changed[0].differences == (
        Difference("metadata.rack", "1", "2"),
        Difference("metadata.site", None, "north"),
    )


def test_what_was_left_out_and_what_was_not_chosen_is_not_gone() -> None:
    here = [HostInfo("a", "a"), HostInfo("b", "b"), HostInfo("c", "c")]
    found = read("csv", "id,port\na,\nb,wrong\n")
    plan = planned(chosen(found, lambda host: False), here, all_found=found)
    assert (plan.new, plan.same, plan.gone) == ((), (), ("c",))


def test_tags_and_a_user_for_all() -> None:
    found = chosen(read("ansible", "[web]\na ansible_user=me\n"), tags=["lab", "web"], user="root")
    (host,) = found.hosts
    assert (host.info.tags, host.info.ssh_settings.user) == (("web", "lab"), "root")
    assert {"tags", "ssh.user"} <= host.said
    for wrong in ({"tags": ["a b"]}, {"user": "x;y"}, {"tags": ["all"]}):
        with pytest.raises(ConfigError):
            chosen(found, **wrong)


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_each_host_is_in_one_part_and_a_second_import_has_nothing_to_do(mine: list[str], theirs: list[str]) -> None:
    here = [HostInfo(name, name) for name in mine]
    found = read("list", " ".join(theirs))
    plan = planned(found, here)
    assert {host.id for host in plan.new} == set(theirs) - set(mine)
    assert set(plan.same) == set(theirs) & set(mine)
    assert set(plan.gone) == set(mine) - set(theirs)
    again = planned(found, [*here, *plan.new])
    assert (again.new, again.changed, set(again.same)) == ((), (), set(theirs))
