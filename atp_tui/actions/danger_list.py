r"""The program's own list of what is dangerous in a command line, as regular expressions. Pure.

A program counts where a command begins: at the start, behind `;`, `&&`, `|` or an opening bracket, behind `sudo` and
its like, behind `sh -c`. Each repetition has a limit: without it a line of 100,000 characters takes seconds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PATH = r"(?:/[\w/.-]{1,80}/|/)?"
_OPTION = r"(?:-[^\s;&|]{1,200}(?:\s+[^\s;&|-][^\s;&|]{0,200})?|\d[^\s;&|]{0,20}|\w{1,80}=[^\s;&|]{0,200})"
_OPTIONS = rf"(?:\s+{_OPTION}){{0,6}}?"
_WRAPPERS = (
    r"(?:sudo|doas|pkexec|runuser|env|nice|ionice|chrt|taskset|nohup|setsid|setpriv|exec|eval|command|builtin|coproc|time|"
    r"timeout|stdbuf|nsenter|unshare|xargs|parallel|systemd-run|watch|strace|busybox|toybox|trap|then|do|else|if|while|"
    r"until|-exec(?:dir)?)(?=\s)"
)
_SHELL = r"(?:(?:ba|da|z|k)?sh|\$\{?(?:SHELL|BASH|0)\}?\"?)"
_GIVEN = (
    r"(?:\w{1,80}=(?:\"[^\"]{0,200}\"|'[^']{0,200}'|[^\s;&|\"']{0,200})|\d?(?:>{1,2}|<)&?\s?[^\s;&|<>]{1,200})\s{1,20}"
)
"""What stands before a program and changes nothing of it: a variable, a redirection."""

_BEFORE = (
    r"(?:^|[;&|({`!\n]|<<<|"
    rf"(?<![\w./-]){_PATH}(?:{_WRAPPERS}{_OPTIONS}(?:\s+--)?|"
    rf"(?:ssh|chroot|flock)(?=\s){_OPTIONS}\s+[^\s;&|-][^\s;&|]{{0,200}}(?:\s+--)?|"
    rf"(?:{_SHELL}|flock|script|su(?:do)?)(?=\s)[^;&|\n]{{0,100}}?\s-\w{{0,8}}c|runuser(?=\s)[^;&|\n]{{0,100}}?\s-c)"
    rf")\s{{0,20}}['\"]?(?:{_GIVEN}){{0,6}}\\?['\"]?{_PATH}"
)
"""What stands before a program that is run."""

_END = r"(?=[\s;&|)`'\"<>]|$)"
_REST = r"[^;&|\n]{0,2000}?"
_TREES = (
    r"(?:etc|usr|usr/(?:bin|sbin|lib|lib64|local|share)|var|var/(?:log|lib)|var/lib/libvirt|var/lib/libvirt/images|boot|bin|"
    r"sbin|lib|lib64|root|home|opt|srv|dev|proc|sys|run|mnt)"
)
_ROOT = (
    rf"(?:/{{1,3}}(?:\.{{1,2}}/{{0,2}}){{0,3}}(?:{_TREES}/{{0,3}})?(?:\?{{0,3}}\*|\.\*?|\{{{_TREES}\S{{0,200}})?"
    rf"|[\"']?\$\{{?\w{{1,80}}\}}?[\"']?/{{1,3}}\*?)"
)
"""A root, a tree of the system, or a variable that may be empty before a slash."""
_WHERE_ONE_IS = r"(?:\.{1,2}/?|(?:\./)?\*|~\w{0,40}/?\*?|[\"']?\$\{?HOME\}?[\"']?)"
"""All of the folder in which the command begins, of the one above, or of a home."""

_UNITS = (
    r"(?:sshd?|libvirtd|libvirt-guests|virt\w{1,20}d|network(?:ing|-manager)?|NetworkManager|systemd-networkd)"
    r"(?:[.@*][\w.@*-]{0,80})?"
)
_DISKS = r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper/|dm-|md|disk/|nbd|rbd|zd|loop)[\w/.:-]{0,100}"
_PACKAGES = r"['\"]?(?:openssh|libvirt|qemu|systemd|network-manager|ifupdown)[\w.:*+-]{0,80}"
_RECURSIVE = rf"(?={_REST}\s(?:-[A-Za-z]{{0,10}}[rR]|--recursive))"


class _Part(NamedTuple):
    """A program with what is dangerous of its line. Where none of the names stands in a line, nothing there matches."""

    names: tuple[str, ...]
    behind: str

    @property
    def expression(self) -> str:
        return f"(?:{'|'.join(map(re.escape, self.names))}){self.behind}"


def _part(names: str, behind: str) -> _Part:
    return _Part(tuple(names.split()), behind)


_FILES = (
    _part(
        "rm",
        rf"(?=\s)(?={_REST}\s(?:-[A-Za-z]{{0,10}}[rR]|--r(?:e(?:c(?:u(?:r\w{{0,5}})?)?)?)?{_END})){_REST}\s"
        rf"(?:[\"']?(?:{_ROOT}|{_WHERE_ONE_IS})[\"']?{_END}|--no-preserve-root)",
    ),
    _part(
        "find",
        rf"\s{{1,20}}[\"']?{_ROOT}[\"']?(?=\s){_REST}\s(?:-delete{_END}|-exec(?:dir)?\s{{1,20}}{_PATH}rm{_END})",
    ),
    _part("chmod chown chgrp", rf"(?=\s){_RECURSIVE}{_REST}\s[\"']?{_ROOT}[\"']?{_END}"),
    _part("mv", rf"(?=\s){_REST}\s[\"']?{_ROOT}[\"']?(?=\s)"),
    _part("rsync", rf"(?=\s)(?={_REST}\s--del){_REST}\s[\"']?{_ROOT}[\"']?\s{{0,20}}{_END}"),
)
_OF_DISKS = (
    _part("mkfs", rf"(?:\.\w{{1,20}})?{_END}"),
    _part("mke2fs mkswap blkdiscard pvremove vgremove lvremove", _END),
    _part("wipefs", rf"(?=\s){_REST}\s(?:-\w{{0,10}}[ao]|--all|--offset)"),
    _part(
        "dd",
        rf"(?=\s){_REST}\sof=['\"]?(?:\$|/dev/(?!(?:null|zero|full|stdout|stderr|tty)\b|fd/|shm/))[^\s;&|]{{1,200}}",
    ),
    _part("shred truncate tee sfdisk cp", rf"(?=\s){_REST}\s['\"]?(?:{_DISKS}|/proc/sysrq-trigger){_END}"),
    _part("sgdisk", rf"(?=\s){_REST}\s(?:-\w{{0,10}}[ZozdD]|--(?:zap|clear|delete))"),
    _part("parted", rf"(?=\s){_REST}\s(?:mklabel|mktable|rm){_END}"),
    _part("cryptsetup", rf"(?=\s){_REST}\s(?:luksFormat|luksErase|erase|reencrypt){_END}"),
    _part("zpool zfs", rf"(?=\s){_REST}\s(?:destroy|labelclear){_END}"),
)
_OF_POWER = (
    _part("reboot poweroff halt", _END),
    _part("shutdown", rf"(?!\s+(?:-c|--help|--show)\b){_END}"),
    _part(
        "systemctl loginctl",
        rf"(?=\s){_OPTIONS}\s+(?:reboot|poweroff|halt|kexec|rescue|emergency|suspend|hibernate|isolate){_END}",
    ),
    _part("telinit init", r"\s{1,20}[06](?!\w)"),
    _part("kexec", rf"(?=\s){_REST}\s(?:-\w{{0,10}}e|--exec){_END}"),
    _part("kill", r"(?:\s{1,20}-\S{1,20}){0,3}?\s{1,20}-?1(?=\s{0,20}(?:[;&|)`'\"\n]|$))"),
)
_OF_SERVICES = (
    _part("systemctl", rf"(?=\s){_OPTIONS}\s+(?:stop|disable|mask|kill)(?=\s){_REST}\s['\"]?{_UNITS}{_END}"),
    _part("service invoke-rc.d rc-service", rf"\s{{1,20}}{_UNITS}\s{{1,20}}stop{_END}"),
    # /etc/init.d/ssh, whose folder is a path of the program
    _part("sshd ssh libvirtd networking", rf"\s{{1,20}}stop{_END}"),
    _part("killall pkill", rf"(?=\s){_REST}\s['\"]?(?:sshd|libvirtd|virt\w{{1,20}}d|qemu[\w-]{{0,40}}|systemd){_END}"),
    _part(
        "apt apt-get aptitude dnf yum zypper rpm dpkg",
        rf"(?=\s){_REST}\s(?:remove|purge|autoremove|erase|rm|-\w{{0,5}}[erP])(?=\s){_REST}\s?{_PACKAGES}{_END}",
    ),
    _part("userdel deluser groupdel delgroup", _END),
    _part("passwd", rf"(?=\s){_REST}\s-\w{{0,5}}[ld]{_END}"),
    _part("usermod", rf"(?=\s){_REST}\s(?:-\w{{0,5}}L|--lock){_END}"),
)
_OF_NETWORK = (
    _part(
        "iptables ip6tables ebtables arptables",
        rf"(?:-\w{{1,10}})?(?=\s){_REST}\s"
        rf"(?:-\w{{0,5}}F\w{{0,5}}|--flush|(?:-P|--policy)\s{{1,20}}\w{{1,20}}\s{{1,20}}(?:DROP|REJECT)){_END}",
    ),
    _part("nft", rf"(?=\s){_REST}\s['\"]?(?:flush|delete\s{{1,20}}(?:table|chain)){_END}"),
    _part("ifdown", _END),
    _part(
        "ip", rf"(?=\s){_OPTIONS}\s+(?:link|l|li|addr|a|address|route|r|ro)\s{_REST}\b(?:down|del|delete|flush){_END}"
    ),
    _part("nmcli", rf"(?=\s){_REST}\s(?:networking\s{{1,20}}off|down|delete){_END}"),
    _part("ufw", rf"\s{{1,20}}enable{_END}"),
    _part("firewall-cmd", rf"(?=\s){_REST}\s--panic-on{_END}"),
    _part("brctl", rf"\s{{1,20}}delbr{_END}"),
)
_OF_DOMAINS = (
    _part(
        "virsh",
        rf"(?=\s){_REST}[\s'\"](?:(?:\w{{1,20}}-)?(?:destroy|undefine)|reset|"
        rf"(?:vol|pool|snapshot|checkpoint)-(?:delete|wipe)|managedsave-remove){_END}",
    ),
)
_PARTS = (*_FILES, *_OF_DISKS, *_OF_POWER, *_OF_SERVICES, *_OF_NETWORK, *_OF_DOMAINS)

NAMES = frozenset(name for part in _PARTS for name in part.names)
"""The programs that the list knows."""


def built_in(line: str) -> tuple[str, ...]:
    """The list, for one line: without the parts whose programs it does not name. To compile all of it takes longer than
    anything else that is done before a command is sent. The group `part` is what is shown."""
    found = []
    if programs := "|".join(part.expression for part in _PARTS if any(name in line for name in part.names)):
        found.append(f"{_BEFORE}(?P<part>{programs})")
        if "echo" in line or "printf" in line:
            found.append(
                rf"(?:echo|printf)(?=\s){_OPTIONS}\s+['\"]?(?P<part>{programs})"
                rf"(?=[^\n]{{0,2000}}?\|\s{{0,20}}(?:\w{{1,20}}\s+)?{_PATH}(?:{_SHELL}|at|batch){_END})"
            )
    if ">" in line:
        found += [rf">{{1,2}}\|?\s{{0,20}}['\"]?{_DISKS}", r">{1,2}\|?\s{0,20}['\"]?/proc/sysrq-trigger"]
    return tuple(found)


SYSTEM_PATHS = (
    r"/{1,3}(?:etc/{0,2})?\Z|/etc/(?:passwd|shadow|group|gshadow|sudoers|fstab|crypttab)-?\Z|"
    r"/etc/(?:sudoers\.d|ssh|pam\.d|network|netplan|NetworkManager|security)(?:/|\Z)|"
    r"/(?:boot|dev(?!/shm/)|proc|sys)(?:/|\Z)|"
    r"/(?:usr/)?(?:s?bin|lib\d{0,2})(?:/|\Z)|.{0,4000}/\.ssh(?:/|\Z)"
)
"""Where a wrong file costs a host, its logins or the way to it."""
