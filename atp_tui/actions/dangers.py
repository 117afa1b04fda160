r"""Command lines about which a person is asked: what could cost a host, its data, or the way to it. Pure.

A line is looked at as text: nothing takes a shell's place. A program counts where a command begins: at the start,
behind `;`, `&&`, `|` or an opening bracket, behind `sudo` and its like, behind `sh -c`. So `echo reboot` and `last
reboot` pass, and `echo "now; reboot"` is asked about. This holds back a slip, and no person who means it: what a
script, a variable or `r\eboot` comes to is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..model.guard import GuardSettings

Span = tuple[int, int]
"""Where a part of a text begins and ends, in characters."""

MOST = 20
"""Parts of a command line that are told."""

# Each repetition has a limit: without it a line of 100,000 characters takes seconds.
_PATH = r"(?:/[\w/.-]{1,80}/|/)?"
_OPTION = r"(?:-[^\s;&|]{1,200}(?:\s+[^\s;&|-][^\s;&|]{0,200})?|\d[^\s;&|]{0,20}|\w{1,80}=[^\s;&|]{0,200})"
_OPTIONS = rf"(?:\s+{_OPTION}){{0,6}}?"
_WRAPPERS = (
    r"(?:sudo|doas|env|nice|ionice|nohup|setsid|exec|eval|command|builtin|time|timeout|stdbuf|nsenter|unshare|xargs|parallel|"
    r"systemd-run|watch|strace|busybox|trap|then|do|else|if|while|until|-exec(?:dir)?)(?=\s)"
)
_BEFORE = (
    r"(?:^|[;&|({`!\n]|<<<|"
    rf"(?<![\w./-]){_PATH}(?:{_WRAPPERS}{_OPTIONS}(?:\s+--)?|"
    rf"(?:ssh|chroot|flock)(?=\s){_OPTIONS}\s+[^\s;&|-][^\s;&|]{{0,200}}|"
    r"(?:ba|da|z|k)?sh(?=\s)[^;&|\n]{0,100}?\s-\w{0,8}c|su(?:do)?(?=\s)[^;&|\n]{0,100}?\s-\w{0,8}c|runuser(?=\s)[^;&|\n]{0,100}?\s-c)"
    rf")\s{{0,20}}['\"]?(?:\w{{1,80}}=[^\s;&|]{{0,200}}\s+){{0,6}}\\?{_PATH}"
)
"""What stands before a program that is run."""

_END = r"(?=[\s;&|)`'\"]|$)"
_REST = r"[^;&|\n]{0,2000}?"
_TREES = r"(?:etc|usr|var|boot|bin|sbin|lib|lib64|root|home|var/lib|var/lib/libvirt|var/lib/libvirt/images)"
_ROOT = rf"(?:/{{1,3}}(?:{_TREES}/{{0,3}})?(?:\*|\.\*?)?|[\"']?\$\{{?\w{{1,80}}\}}?[\"']?/{{1,3}}\*?)"
"""A root, a tree of the system, or a variable that may be empty before a slash."""
_UNITS = (
    r"(?:sshd?|libvirtd|libvirt-guests|virt\w{1,20}d|network(?:ing|-manager)?|NetworkManager|systemd-networkd)"
    r"(?:[.@*][\w.@*-]{0,80})?"
)
_DISKS = r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper/|dm-|md|disk/|nbd|rbd|zd|loop)[\w/.:-]{0,100}"

_PROGRAMS = (
    rf"rm(?=\s)(?={_REST}\s(?:-[A-Za-z]{{0,10}}[rR]|--recursive)){_REST}\s(?:[\"']?{_ROOT}[\"']?{_END}|--no-preserve-root)",
    rf"(?:mkfs(?:\.\w{{1,20}})?|mke2fs){_END}",
    rf"wipefs(?=\s){_REST}\s(?:-\w{{0,10}}[ao]|--all|--offset)",
    rf"dd(?=\s){_REST}\sof=['\"]?/dev/(?!(?:null|zero|full|stdout|stderr|tty)\b|fd/|shm/)[^\s;&|]{{1,200}}",
    rf"(?:reboot|poweroff|halt|shutdown(?!\s+(?:-c|--help|--show)\b)){_END}",
    rf"systemctl(?=\s){_OPTIONS}\s+(?:reboot|poweroff|halt|kexec|rescue|emergency){_END}",
    r"(?:tel)?init\s{1,20}[06](?!\w)",
    rf"systemctl(?=\s){_OPTIONS}\s+(?:stop|disable|mask|kill)(?=\s){_REST}\s['\"]?{_UNITS}{_END}",
    rf"service\s{{1,20}}{_UNITS}\s{{1,20}}stop{_END}",
    rf"(?:userdel|deluser){_END}",
    rf"(?:ip6?tables|ebtables|arptables)(?:-\w{{1,10}})?(?=\s){_REST}\s(?:-\w{{0,5}}F\w{{0,5}}|--flush){_END}",
    rf"nft(?=\s){_REST}\s['\"]?flush{_END}",
    rf"virsh(?=\s){_REST}[\s'\"](?:\w{{1,20}}-)?(?:destroy|undefine){_END}",
)
BUILT_IN = (
    f"{_BEFORE}(?P<part>{'|'.join(_PROGRAMS)})",
    rf">{{1,2}}\|?\s{{0,20}}['\"]?{_DISKS}",
    r">{1,2}\|?\s{0,20}['\"]?/proc/sysrq-trigger",
)
"""The program's own. The group `part` is what is shown."""


def dangers(line: str, guard: GuardSettings) -> tuple[Span, ...]:
    """The parts of a command line that are on the list, in their order, none of them empty or over another one."""
    patterns = (*(BUILT_IN if guard.danger_builtin else ()), *guard.danger)
    found: list[Span] = []
    for begin, end in sorted(span for pattern in patterns for span in _found(pattern, line)):
        if found and begin < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif begin < end:
            found.append((begin, end))
    return tuple(found[:MOST])


def _found(pattern: str, line: str) -> Iterable[Span]:
    compiled = re.compile(pattern)
    group = "part" if "part" in compiled.groupindex else 0
    return (match.span(group) for match in compiled.finditer(line))
