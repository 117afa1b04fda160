"""Which command lines are asked about, and which pass: a question about each of them would be answered unread."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.actions.danger_list import NAMES, built_in
from atp_tui.actions.dangers import dangers, dangers_of_push
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
        # what a hostile reader of this list has tried
        ("rm \\\n -rf \\\n /", "rm \\\n -rf \\\n /"),
        ("re\\\nboot", "re\\\nboot"),
        ("true \\\n; reboot", "reboot"),
        ("cd / && rm -rf *", "rm -rf *"),
        ("rm -rf .", "rm -rf ."),
        ("rm -rf ~", "rm -rf ~"),
        ('rm -rf "$HOME"', 'rm -rf "$HOME"'),
        ("rm -rf /./", "rm -rf /./"),
        ("rm -rf /..", "rm -rf /.."),
        ("rm -rf /{etc,usr}", "rm -rf /{etc,usr}"),
        ("rm --recurs /", "rm --recurs /"),
        ("find / -xdev -delete", "find / -xdev -delete"),
        ("find /etc -type f -exec rm -f {} +", "find /etc -type f -exec rm"),
        ("chmod -R 777 /", "chmod -R 777 /"),
        ("chown -R nobody: /usr", "chown -R nobody: /usr"),
        ("mv /etc /tmp/x", "mv /etc"),
        ("rsync -a --delete empty/ /", "rsync -a --delete empty/ /"),
        ("shred -u /dev/sda", "shred -u /dev/sda"),
        ("blkdiscard /dev/sda", "blkdiscard"),
        ("sgdisk -Z /dev/sda", "sgdisk -Z"),
        ("parted -s /dev/sda mklabel gpt", "parted -s /dev/sda mklabel"),
        ("cryptsetup luksFormat /dev/sda", "cryptsetup luksFormat"),
        ("lvremove -f vg0/root", "lvremove"),
        ("zfs destroy -r tank", "zfs destroy"),
        ("dd if=/dev/zero of=$DISK", "dd if=/dev/zero of=$DISK"),
        ("cat x | sudo tee /dev/sda", "tee /dev/sda"),
        ("echo b | sudo tee /proc/sysrq-trigger", "tee /proc/sysrq-trigger"),
        ("kill -9 -1", "kill -9 -1"),
        ("pkill -9 libvirtd", "pkill -9 libvirtd"),
        ("killall qemu-system-x86_64", "killall qemu-system-x86_64"),
        ("/etc/init.d/ssh stop", "ssh stop"),
        ("systemctl isolate rescue.target", "systemctl isolate"),
        ("kexec -e", "kexec -e"),
        ("apt-get -y purge openssh-server", "apt-get -y purge openssh-server"),
        ("dnf remove -y libvirt-daemon", "dnf remove -y libvirt-daemon"),
        ("passwd -l root", "passwd -l"),
        ("ifdown eth0", "ifdown"),
        ("ip link set eth0 down", "ip link set eth0 down"),
        ("ip -4 addr flush dev eth0", "ip -4 addr flush"),
        ("iptables -P INPUT DROP", "iptables -P INPUT DROP"),
        ("nft delete table inet filter", "nft delete table"),
        ("virsh vol-delete x --pool default", "virsh vol-delete"),
        ("virsh reset web1", "virsh reset"),
        ("echo 'rm -rf /' | bash", "rm -rf /'"),
        ("echo reboot | sudo sh", "reboot"),
        ("echo reboot | at now + 5 minutes", "reboot"),
        ("pkexec reboot", "reboot"),
        ("runuser -u root -- reboot", "reboot"),
        ("script -qc reboot /dev/null", "reboot"),
        ("$SHELL -c reboot", "reboot"),
        ("X='a b' reboot", "reboot"),
        ("2>/dev/null reboot", "reboot"),
        ("reboot>log", "reboot"),
        ("ssh other -- reboot", "reboot"),
        ("coproc reboot", "reboot"),
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
        "ls; echo poweroff", "rm -rf *.tmp", "rm -f *", "rm -rf ./build", "rm -rf ~/build", "find / -name x",
        "find /tmp/x -delete", "find . -name '*.o' -delete",
        "chmod 644 /etc/motd", "chmod -R go-w /etc/foo", "chown -R ada: /home/ada",
        "mv /etc/motd /tmp", "mv x /etc/", "rsync -a /etc/ x/", "rsync -a --delete x/ /srv/x/", "tee /tmp/x",
        "truncate -s 0 /var/log/x", "sgdisk -p /dev/sda", "parted -l", "cryptsetup status x", "zpool status",
        "lvs", "kill -9 1234", "kill -1 1234", "pkill -HUP rsyslogd", "killall -0 chronyd", "systemctl isolated",
        "apt-get install openssh-server", "apt-get remove vim", "rpm -qa", "rpm -e vim", "dpkg -l openssh-server",
        "passwd -S root", "usermod -aG kvm ada", "ip link show", "ip a", "ip route get 192.0.2.1",
        "ip link set eth0 up", "iptables -P INPUT ACCEPT", "iptables-save", "nft list table inet filter",
        "nmcli con show",
        "ufw status",
        "virsh vol-list default", "virsh snapshot-list web1", "echo reboot | grep x", "echo rm -rf / >> notes",
        "runuser -u ada -- id", "script --version", "echo a \\\n reboot", "ssh -V",
        "uname -r", "true", "", "sudo -n true", "for i in a b; do echo halt; done", "df -h /boot",
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
    text = text.rstrip("\\")  # which would make another word of the command: `0\` and a new line before `reboot`
    found = dangers(f"{text}\n{command}", GUARD)
    assert found and all(0 <= begin < end <= len(text) + 1 + len(command) for begin, end in found)
    assert list(found) == sorted(found) and all(one[1] <= other[0] for one, other in pairwise(found))


@pytest.mark.parametrize(
    "piece",
    [
        "sudo -a b ",
        "rm -r x ",
        "rm -r /./",
        "find /",
        "mv /",
        'X="a" ',
        ">x ",
        "echo reboot|",
        "\\\n",
        "systemctl stop x ",
        "/a",
        "a=b ",
        "sudo ",
        "sh -",
        ";rm ",
        "(",
        "x",
        " ",
        "virsh ",
    ],
)
def test_a_long_line_is_looked_through_all_the_same(piece: str) -> None:
    """Repetitions within repetitions would take minutes."""
    dangers(piece * (20_000 // len(piece)), GUARD)


WHOLE = built_in(f"echo > {' '.join(NAMES)}")
"""All of the list: those of a line that names each program."""

_PIECES = [
    "reboot", "rm -rf /", "mkfs", "ip link set x down", "ls", "sudo", "echo", "|", "sh", ";", "> /dev/sda", "-", "'",
    " ", "apt-get purge libvirt", "telinit 0", "ssh stop", "systemctl", "stop sshd", "kill", "-1", "/sbin/", "x",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join) | st.lists(st.sampled_from(_PIECES)).map("".join))
def test_what_is_left_out_for_a_line_would_find_nothing_there(line: str) -> None:
    def found(patterns: tuple[str, ...]) -> list[tuple[int, int]]:
        return sorted(
            match.span("part" if "part" in match.re.groupindex else 0)
            for each in patterns
            for match in re.finditer(each, line)
        )

    assert found(built_in(line)) == found(WHOLE)


def test_a_line_that_names_no_program_of_the_list_compiles_nothing() -> None:
    assert len(WHOLE) == 4
    assert built_in("true") == ()
    assert len(built_in("uname -a > /tmp/x")) == 2, "the two of redirections"
    assert max(map(len, built_in("virsh list"))) < len(WHOLE[0]) / 2


@pytest.mark.parametrize(
    ("far", "asks"),
    [
        ("/etc/ssh/sshd_config", True),
        ("//etc/ssh/sshd_config", True),
        ("/./etc//ssh/", True),
        ("/srv/../boot/x", True),
        ("~/x/../.ssh/authorized_keys", True),
        ("/dev/shm/", False),
        ("/srv/etc/ssh/x", False),
        ("/etc/app.conf", False),
    ],
)
def test_a_system_path_is_known_however_it_is_written(far: str, asks: bool) -> None:
    assert tuple(dangers_of_push("x", far, GUARD)) == ((far,) if asks else ())
