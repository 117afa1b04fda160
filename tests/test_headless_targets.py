"""Conditions behind `-w`, as a person writes them: real hosts are asked before the command runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.daemons.sshd import PrivateSshd, free_port

from .daemons.hosts_toml import host_table, ssh_table
from .test_headless import atp, results_of, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def fleet(tmp_path: Path, sshd: PrivateSshd) -> str:
    """Two hosts that are well, one whose sshd alone answers, one that nobody reaches, and one without a hypervisor."""
    nowhere = f"test+tcp://127.0.0.1:{free_port()}/default"
    metadata = 'metadata = { site = "north" }\n'
    return written(
        tmp_path / "hosts.toml",
        host_table("web1", "test:///default", metadata + ssh_table(sshd), ("prod",)),
        host_table("web2", "test:///default", 'metadata = { site = "south" }\n' + ssh_table(sshd), ("prod",)),
        host_table("sick", nowhere, metadata + ssh_table(sshd), ("prod",)),
        host_table("gone", nowhere, ssh_table(sshd, port=free_port())),
        host_table("bare", None, ssh_table(sshd), ("shell",)),
    )


@pytest.mark.parametrize(
    ("expression", "hosts"),
    [
        ("site:north", "sick web1"),
        ("@prod!site:north", "web2"),
        ("@prod&state:connected", "web1 web2"),
        ("@prod!state:connected", "sick"),
        ("vms>0&site:south", "web2"),
        ("@shell&cpu>=0", "bare"),
        ("@shell&load>=0", "bare"),
        ("site:south,tag:pro&id:web", "web1 web2"),
    ],
)
def test_a_command_runs_where_the_condition_holds(fleet: str, expression: str, hosts: str) -> None:
    done = atp("--config", fleet, "run", "-w", expression, "--json", "--", "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(results_of(done)) == hosts.split()


NODE = """<node><domain type='test'><name>{name}</name><title>Shop front</title>
<description>Ask Ada &amp; Bob</description>
<metadata><i:libosinfo xmlns:i='http://libosinfo.org/xmlns/libvirt/domain/1.0'><i:os id='http://debian.org/debian/12'/>
</i:libosinfo><atp:tags xmlns:atp='urn:atp-tui:tags'>{tag} prod</atp:tags></metadata>
<memory>1024</memory><os><type>hvm</type></os></domain></node>"""


@pytest.fixture
def fleet_with_vms(fleet: str, tmp_path: Path, sshd: PrivateSshd) -> str:
    """The fleet, and two hosts of which each has one VM that says what it is."""
    tables = []
    for host, name, tag in (("shop1", "front", "web"), ("shop2", "back", "db")):
        (tmp_path / f"{host}.xml").write_text(NODE.format(name=name, tag=tag))
        tables.append(host_table(host, f"test://{tmp_path}/{host}.xml", ssh_table(sshd), ("shops",)))
    with Path(fleet).open("a") as file:
        file.writelines(tables)
    return fleet


@pytest.mark.parametrize(
    ("expression", "hosts"),
    [
        ("@shops&vm.tag:web", "shop1"),
        ("@shops!vm.tag:web", "shop2"),
        ("@shops&vm.title:shop,web1", "shop1 shop2 web1"),
        ("@shops&vm.name:fr*&vm.os:debian&vm.state:up", "shop1"),
        ("@shell!vm.name:*,shop1", "bare shop1"),
    ],
)
def test_vms_choose_their_hosts(fleet_with_vms: str, expression: str, hosts: str) -> None:
    done = atp("--config", fleet_with_vms, "run", "-w", expression, "--json", "--", "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(results_of(done)) == hosts.split()


def test_a_host_whose_vms_cannot_be_asked_is_told_and_a_slip_is_answered(fleet_with_vms: str) -> None:
    done = atp("--config", fleet_with_vms, "run", "-w", "vm.tag:web", "--json", "--", "true")
    assert (done.returncode, list(results_of(done))) == (3, ["shop1"])
    assert [line.partition(": left out: ")[0] for line in done.stderr.splitlines()] == [
        "atp-tui: gone",
        "atp-tui: sick",
    ]
    done = atp("--config", fleet_with_vms, "run", "-w", "vm.tag:wbe", "--", "true")
    assert done.returncode == 2 and "did you mean vm.tag:web? not known, and so left out: gone, sick" in done.stderr
    done = atp("--config", fleet_with_vms, "run", "-w", "shop1,vm.tga:web", "--", "true")
    assert done.returncode == 2 and "vm.tga (column 7); did you mean vm.tag?" in done.stderr


def test_what_vms_say_is_listed(fleet_with_vms: str) -> None:
    done = atp("--config", fleet_with_vms, "domains", "--json")
    said = {each["name"]: each for each in json.loads(done.stdout)["domains"]}
    keys = ("title", "description", "os", "addresses", "tags")
    assert [said["front"][key] for key in keys] == ["Shop front", "Ask Ada & Bob", "debian12", None, ["web", "prod"]]
    assert [said["test"][key] for key in keys if key != "addresses"] == [None] * 4
    assert [each[:8] for each in said["test"]["addresses"]] == ["192.168."], "libvirt's test driver makes a lease up"
    table = atp("--config", fleet_with_vms, "domains").stdout
    assert "TITLE" in table and "web prod" in table and "Shop front" in table


@pytest.mark.parametrize("expression", ["@prod&vms>0", "@prod!vms>90"])
def test_a_host_that_cannot_be_asked_is_told_and_left_out(fleet: str, expression: str) -> None:
    done = atp("--config", fleet, "run", "-w", expression, "--json", "--", "true")
    assert done.returncode == 3
    assert list(results_of(done)) == ["web1", "web2"]
    (line,) = done.stderr.splitlines()
    assert line.startswith("atp-tui: sick: left out: ")
    assert "connection refused" in line


def test_hosts_on_which_nothing_depends_are_not_asked(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "vms>0&@prod!sick", "--json", "--", "true")
    assert list(results_of(done)) == ["web1", "web2"]
    assert done.stderr == "", "neither the host that is taken away nor the one without the tag"


def test_several_targets_add_up(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "bare", "-w", "@prod&site:south", "--json", "--", "true")
    assert list(results_of(done)) == ["bare", "web2"]


def test_where_no_host_is_left_nothing_runs(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "sick,gone&vms>0", "--", "true")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no host is left by 'sick,gone&vms>0'; not known, and so left out: gone, sick" in done.stderr


def test_a_mistake_has_its_column_and_nobody_is_asked(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "@prod!stat:failed", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown field stat (column 7); did you mean state?" in done.stderr


def test_the_other_verbs_on_hosts_take_conditions_too(fleet: str) -> None:
    done = atp("--config", fleet, "connect", "-w", "@prod&vms>0")
    assert done.returncode == 3
    assert done.stdout == "web1: connect: done\nweb2: connect: done\n"
    assert done.stderr.startswith("atp-tui: sick: left out: ")
