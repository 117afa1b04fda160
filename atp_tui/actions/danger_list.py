r"""The program's own list of what is dangerous in a command line, as regular expressions. Pure.

A program counts where a command begins: at the start, behind `;`, `&&`, `|` or an opening bracket, behind `sudo` and
its like, behind `sh -c`. Each repetition has a limit: without it a line of 100,000 characters takes seconds.
"""

from __future__ import annotations

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

_FILES = (
    rf"rm(?=\s)(?={_REST}\s(?:-[A-Za-z]{{0,10}}[rR]|--r(?:e(?:c(?:u(?:r\w{{0,5}})?)?)?)?{_END})){_REST}\s"
    rf"(?:[\"']?(?:{_ROOT}|{_WHERE_ONE_IS})[\"']?{_END}|--no-preserve-root)",
    rf"find\s{{1,20}}[\"']?{_ROOT}[\"']?(?=\s){_REST}\s(?:-delete{_END}|-exec(?:dir)?\s{{1,20}}{_PATH}rm{_END})",
    rf"(?:chmod|chown|chgrp)(?=\s){_RECURSIVE}{_REST}\s[\"']?{_ROOT}[\"']?{_END}",
    rf"mv(?=\s){_REST}\s[\"']?{_ROOT}[\"']?(?=\s)",
    rf"rsync(?=\s)(?={_REST}\s--del){_REST}\s[\"']?{_ROOT}[\"']?\s{{0,20}}{_END}",
)
_OF_DISKS = (
    rf"(?:mkfs(?:\.\w{{1,20}})?|mke2fs|mkswap|blkdiscard|pvremove|vgremove|lvremove){_END}",
    rf"wipefs(?=\s){_REST}\s(?:-\w{{0,10}}[ao]|--all|--offset)",
    rf"dd(?=\s){_REST}\sof=['\"]?(?:\$|/dev/(?!(?:null|zero|full|stdout|stderr|tty)\b|fd/|shm/))[^\s;&|]{{1,200}}",
    rf"(?:shred|truncate|tee|sfdisk|cp)(?=\s){_REST}\s['\"]?(?:{_DISKS}|/proc/sysrq-trigger){_END}",
    rf"sgdisk(?=\s){_REST}\s(?:-\w{{0,10}}[ZozdD]|--(?:zap|clear|delete))",
    rf"parted(?=\s){_REST}\s(?:mklabel|mktable|rm){_END}",
    rf"cryptsetup(?=\s){_REST}\s(?:luksFormat|luksErase|erase|reencrypt){_END}",
    rf"(?:zpool|zfs)(?=\s){_REST}\s(?:destroy|labelclear){_END}",
)
_OF_POWER = (
    rf"(?:reboot|poweroff|halt|shutdown(?!\s+(?:-c|--help|--show)\b)){_END}",
    rf"(?:systemctl|loginctl)(?=\s){_OPTIONS}\s+"
    rf"(?:reboot|poweroff|halt|kexec|rescue|emergency|suspend|hibernate|isolate){_END}",
    r"(?:tel)?init\s{1,20}[06](?!\w)",
    rf"kexec(?=\s){_REST}\s(?:-\w{{0,10}}e|--exec){_END}",
    r"kill(?:\s{1,20}-\S{1,20}){0,3}?\s{1,20}-?1(?=\s{0,20}(?:[;&|)`'\"\n]|$))",
)
_OF_SERVICES = (
    rf"systemctl(?=\s){_OPTIONS}\s+(?:stop|disable|mask|kill)(?=\s){_REST}\s['\"]?{_UNITS}{_END}",
    rf"(?:service|invoke-rc\.d|rc-service)\s{{1,20}}{_UNITS}\s{{1,20}}stop{_END}",
    rf"(?:sshd?|libvirtd|networking)\s{{1,20}}stop{_END}",  # /etc/init.d/ssh, whose folder is a path of the program
    rf"(?:killall|pkill)(?=\s){_REST}\s['\"]?(?:sshd|libvirtd|virt\w{{1,20}}d|qemu[\w-]{{0,40}}|systemd){_END}",
    rf"(?:apt|apt-get|aptitude|dnf|yum|zypper|rpm|dpkg)(?=\s){_REST}\s(?:remove|purge|autoremove|erase|rm|-\w{{0,5}}[erP])"
    rf"(?=\s){_REST}\s?{_PACKAGES}{_END}",
    rf"(?:userdel|deluser|groupdel|delgroup){_END}",
    rf"(?:passwd(?=\s){_REST}\s-\w{{0,5}}[ld]|usermod(?=\s){_REST}\s(?:-\w{{0,5}}L|--lock)){_END}",
)
_OF_NETWORK = (
    rf"(?:ip6?tables|ebtables|arptables)(?:-\w{{1,10}})?(?=\s){_REST}\s"
    rf"(?:-\w{{0,5}}F\w{{0,5}}|--flush|(?:-P|--policy)\s{{1,20}}\w{{1,20}}\s{{1,20}}(?:DROP|REJECT)){_END}",
    rf"nft(?=\s){_REST}\s['\"]?(?:flush|delete\s{{1,20}}(?:table|chain)){_END}",
    rf"ifdown{_END}",
    rf"ip(?=\s){_OPTIONS}\s+(?:link|l|li|addr|a|address|route|r|ro)\s{_REST}\b(?:down|del|delete|flush){_END}",
    rf"nmcli(?=\s){_REST}\s(?:networking\s{{1,20}}off|down|delete){_END}",
    rf"(?:ufw\s{{1,20}}enable|firewall-cmd(?=\s){_REST}\s--panic-on|brctl\s{{1,20}}delbr){_END}",
)
_OF_DOMAINS = (
    rf"virsh(?=\s){_REST}[\s'\"](?:(?:\w{{1,20}}-)?(?:destroy|undefine)|reset|"
    rf"(?:vol|pool|snapshot|checkpoint)-(?:delete|wipe)|managedsave-remove){_END}",
)
_PROGRAMS = "|".join((*_FILES, *_OF_DISKS, *_OF_POWER, *_OF_SERVICES, *_OF_NETWORK, *_OF_DOMAINS))

BUILT_IN = (
    f"{_BEFORE}(?P<part>{_PROGRAMS})",
    rf"(?:echo|printf)(?=\s){_OPTIONS}\s+['\"]?(?P<part>{_PROGRAMS})(?=[^\n]{{0,2000}}?\|\s{{0,20}}(?:\w{{1,20}}\s+)?"
    rf"{_PATH}(?:{_SHELL}|at|batch){_END})",
    rf">{{1,2}}\|?\s{{0,20}}['\"]?{_DISKS}",
    r">{1,2}\|?\s{0,20}['\"]?/proc/sysrq-trigger",
)
"""The group `part` is what is shown."""
