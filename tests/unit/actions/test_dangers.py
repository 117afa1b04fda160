"""Which command lines are asked about, and which pass: a question about each of them would be answered unread."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.actions.dangers import BUILT_IN, dangers
from atp_tui.model.guard import GuardSettings

GUARD = GuardSettings()


def parts(line: str, guard: GuardSettings = GUARD) -> list[str]:
    return [line[begin:end] for begin, end in dangers(line, guard)]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("rm -rf /", "rm -rf /"),
        ("rm -rf /*", "rm -rf /*"),
        ("rm -fr --one-file-system //", "rm -fr --one-file-system //"),
        ("rm / -rf", "rm /"),
        ("rm -r -f /tmp/x /etc", "rm -r -f /tmp/x /etc"),
        ("rm --recursive --force '/usr/'", "rm --recursive --force '/usr/'"),
        ("rm -Rf /var/* && true", "rm -Rf /var/*"),
        ("cd /tmp; rm -rf /boot; ls", "rm -rf /boot"),
        ("rm -rf --no-preserve-root x", "rm -rf --no-preserve-root"),
        ('rm -rf "$DIR"/*', 'rm -rf "$DIR"/*'),
        ("rm -rf ${DIR}/", "rm -rf ${DIR}/"),
        ("rm -rf /var/lib/libvirt/images", "rm -rf /var/lib/libvirt/images"),
        ("mkfs.ext4 /dev/vdb", "mkfs.ext4"),
        ("mkfs -t xfs /dev/vdb", "mkfs"),
        ("wipefs -a /dev/vdb", "wipefs -a"),
        ("dd if=/dev/zero of=/dev/sda bs=1M", "dd if=/dev/zero of=/dev/sda"),
        ("cat image > /dev/sda", "> /dev/sda"),
        ("cat image >/dev/nvme0n1p1", ">/dev/nvme0n1p1"),
        ("echo b > /proc/sysrq-trigger", "> /proc/sysrq-trigger"),
        ("reboot", "reboot"),
        ("  reboot -f", "reboot"),
        ("/sbin/reboot", "reboot"),
        (r"\reboot", "reboot"),
        ("sudo reboot", "reboot"),
        ("sudo -n -u root /usr/sbin/reboot", "reboot"),
        ("sudo -- reboot", "reboot"),
        ("sudo sh -c 'reboot'", "reboot"),
        ('bash -lc "sleep 5 && reboot"', "reboot"),
        ("su - root -c reboot", "reboot"),
        ("nohup sh -c 'sleep 2; reboot' &", "reboot"),
        ("timeout -k 5 10 reboot", "reboot"),
        ("LANG=C reboot", "reboot"),
        ("env A=b reboot", "reboot"),
        ("if true; then reboot; fi", "reboot"),
        ("test -f /x && reboot || true", "reboot"),
        ("ls | xargs -n1 reboot", "reboot"),
        ("ssh other reboot", "reboot"),
        ("chroot /mnt reboot", "reboot"),
        ("$(reboot)", "reboot"),
        ("uptime\nreboot", "reboot"),
        ("nsenter -t 1 -m -- reboot", "reboot"),
        ("shutdown -h now", "shutdown"),
        ("poweroff", "poweroff"),
        ("halt", "halt"),
        ("systemctl reboot", "systemctl reboot"),
        ("systemctl --no-block poweroff", "systemctl --no-block poweroff"),
        ("init 6", "init 6"),
        ("telinit 0", "telinit 0"),
        ("systemctl stop sshd", "systemctl stop sshd"),
        ("systemctl disable --now libvirtd.service", "systemctl disable --now libvirtd.service"),
        ("sudo systemctl mask virtqemud.socket", "systemctl mask virtqemud.socket"),
        ("systemctl stop nginx ssh", "systemctl stop nginx ssh"),
        ("systemctl stop NetworkManager", "systemctl stop NetworkManager"),
        ("service ssh stop", "service ssh stop"),
        ("userdel -r ada", "userdel"),
        ("iptables -F", "iptables -F"),
        ("ip6tables -t nat --flush", "ip6tables -t nat --flush"),
        ("nft flush ruleset", "nft flush"),
        ("virsh destroy web1", "virsh destroy"),
        ("virsh -c qemu:///system undefine web1 --nvram", "virsh -c qemu:///system undefine"),
        ("virsh list --name | xargs -n1 virsh destroy", "virsh destroy"),
        ("virsh net-destroy default", "virsh net-destroy"),
        ('echo "now; reboot"', "reboot"),
    ],
)
def test_what_is_asked_about_and_the_part_that_is_shown(line: str, part: str) -> None:
    assert parts(line) == [part]


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /tmp/x", "rm -rf /var/tmp/x", "rm -rf /etc/foo.d", "rm -rf build/", "rm -f /etc/motd", "rm -rf ./etc",
        "rm /", "rm -rf $HOME/build", "rm -rf x; ls /", "ls -R /etc", "echo rm -rf /",
        "echo reboot", "last reboot", "who -b | grep reboot", "grep -c reboot /var/log/messages", "cat /var/log/reboot",
        "journalctl -u sshd", "systemctl status sshd libvirtd", "systemctl restart sshd", "systemctl stop nginx",
        "systemctl is-enabled reboot.target", "systemctl stop sshd-exporter-x", "shutdown -c", "shutdown --help",
        "needrestart --reboot",
        "reboot-notifier --status", "halt=1", "touch reboot", "man shutdown", "apt-get install reboot",
        "which mkfs", "ls /sbin/mkfs.ext4", "wipefs /dev/sda", "dd if=/dev/sda of=/dev/null", "dd if=a of=b",
        "uptime > /dev/null", "uptime 2> /dev/stderr", "git init 0", "init", "id userdel", "iptables -L -n",
        "iptables -S",
        "nft list ruleset", "virsh list --all", "virsh shutdown web1", "virsh reboot web1",
        "virsh dumpxml web1 | grep destroy",
        "ls; echo poweroff", "uname -r", "true", "", "sudo -n true", "for i in a b; do echo halt; done", "df -h /boot",
    ],
)  # fmt: skip
def test_what_passes(line: str) -> None:
    assert parts(line) == []


def test_the_own_list_adds_to_the_built_in_one_or_replaces_it() -> None:
    own = GuardSettings(danger=("zpool destroy", r"\bx*"))
    assert parts("zpool destroy tank; reboot", own) == ["zpool destroy", "reboot"]
    alone = GuardSettings(danger=("zpool destroy",), danger_builtin=False)
    assert parts("zpool destroy tank; reboot", alone) == ["zpool destroy"]
    assert parts("reboot", GuardSettings(danger=("reboot -*f*",))) == ["reboot"], "two that meet are told once"


@settings(max_examples=60)
@given(st.text(), st.sampled_from(["reboot", "rm -rf /", "mkfs.xfs /dev/sdb", "virsh destroy x"]))
def test_no_text_hides_a_command_behind_it(text: str, command: str) -> None:
    found = dangers(f"{text}\n{command}", GUARD)
    assert found and all(0 <= begin < end <= len(text) + 1 + len(command) for begin, end in found)
    assert list(found) == sorted(found) and all(one[1] <= other[0] for one, other in pairwise(found))


@pytest.mark.parametrize(
    "piece",
    ["sudo -a b ", "rm -r x ", "systemctl stop x ", "/a", "a=b ", "sudo ", "sh -", ";rm ", "(", "x", " ", "virsh "],
)
def test_a_long_line_is_looked_through_all_the_same(piece: str) -> None:
    """Repetitions within repetitions would take minutes."""
    dangers(piece * (20_000 // len(piece)), GUARD)


def test_each_pattern_is_one() -> None:
    for pattern in BUILT_IN:
        re.compile(pattern)
