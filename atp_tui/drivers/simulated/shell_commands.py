"""What the demo's hosts answer to a small set of commands: text made from a simulated node, and nothing else.

No function here touches the machine that the program runs on: no file, no process, no environment. Arguments are
only compared with what is known.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping, Sequence

from ...model.node import DomainState
from .node import SimulatedNode
from .shell_filters import FILTERS
from .shell_journal import journalctl
from .shell_reply import Answer, Reply, Visit, usage

RUNNING_STATES = frozenset({DomainState.RUNNING, DomainState.PAUSED})
_KIB = {"-k": 0, "-m": 10, "-g": 20}


def answer(visit: Visit, command: Sequence[str], piped: str) -> Reply:
    """The reply of the command of that name; status 127 for one that the demo does not know."""
    name, *arguments = command
    known = COMMANDS.get(name)
    if known is None:
        return Reply(stderr=f"sh: {name}: command not found\n", status=127)
    return known(visit, arguments, piped)


def _kernel(node: SimulatedNode) -> tuple[str, str]:
    """(release, version): two generations of hosts, so that a fleet's answers fold into two groups."""
    if node.modern:
        return "6.12.57+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1 (2025-11-05)"
    return "6.1.0-41-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1 (2025-11-09)"


def _hostname(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    name = visit.node.name
    known = {"": name, "-s": name, "-f": f"{name}.example.org"}
    asked = " ".join(arguments)
    return Reply(known[asked] + "\n") if asked in known else usage("hostname", asked)


def _uname(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    release, version = _kernel(visit.node)
    parts = {"s": "Linux", "n": visit.node.name, "r": release, "v": version, "m": "x86_64", "o": "GNU/Linux"}
    letters = "".join(argument.removeprefix("-") for argument in arguments) or "s"
    if letters == "a":
        letters = "snrvmo"
    if any(not argument.startswith("-") for argument in arguments) or not set(letters) <= set(parts):
        return usage("uname", " ".join(arguments))
    return Reply(" ".join(part for letter, part in parts.items() if letter in letters) + "\n")


def _load(visit: Visit) -> tuple[float, float, float]:
    """Busy processors, on average over the last 1, 5 and 15 minutes, as far back as the simulation goes."""

    def busy(moment: float) -> float:
        return visit.node.cpu(moment, visit.node.figures(moment))[0] / 1e9

    def average(seconds: float) -> float:
        begin = max(0.0, visit.moment - seconds)
        end = max(visit.moment, begin + 1.0)
        return (busy(end) - busy(begin)) / (end - begin)

    return average(60), average(300), average(900)


def _uptime(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    if arguments:
        return usage("uptime", arguments[0])
    minutes = int(visit.node.uptime + visit.moment) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    now = time.strftime("%H:%M:%S", time.gmtime(visit.wall))
    load = ", ".join(f"{value:.2f}" for value in _load(visit))
    return Reply(f" {now} up {days} days, {hours:2}:{minutes:02},  1 user,  load average: {load}\n")


def _memory(visit: Visit) -> tuple[int, int, int, int]:
    return visit.node.memory(visit.moment, visit.node.figures(visit.moment))


def _free(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    unit = arguments[0] if arguments else "-k"
    if len(arguments) > 1 or unit not in {*_KIB, "-h"}:
        return usage("free", " ".join(arguments))
    total, free, buffers, cached = _memory(visit)
    cache = buffers + cached
    figures = (total, total - free - cache, free, 2048, cache, free + cache)
    shown = [human(figure) if unit == "-h" else str(figure >> _KIB[unit]) for figure in figures]
    titles = ("total", "used", "free", "shared", "buff/cache", "available")
    swap = "".join(f"{each:>12}" for each in ("0B" if unit == "-h" else "0",) * 3)
    return Reply(
        " " * 7
        + "".join(f"{title:>12}" for title in titles)
        + "\nMem:   "
        + "".join(f"{each:>12}" for each in shown)
        + f"\nSwap:  {swap}\n"
    )


def human(kib: int) -> str:
    """A size as `free -h` and `df -h` write it: 512K, 3.1G, 17G."""
    size, unit = float(kib), "K"
    for larger in "MGT":
        if size < 1000:
            break
        size, unit = size / 1024, larger
    return f"{size:.1f}{unit}" if size < 10 else f"{size:.0f}{unit}"


def _df(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    if list(arguments) not in ([], ["-h"], ["-k"]):
        return usage("df", " ".join(arguments))
    rng = random.Random(f"disks/{visit.node.name}/{visit.node.uptime}")
    images = sum(domain.memory_kib for domain in visit.node.domains) * 8 + (200 << 20)
    disks = [
        ("/dev/vg0/root", (40 << 20), rng.uniform(0.2, 0.7), "/"),
        ("tmpfs", visit.node.memory_kib // 10, 0.001, "/run"),
        ("/dev/sda1", 512 << 10, 0.012, "/boot/efi"),
        ("/dev/vg0/images", images, rng.uniform(0.35, 0.96), "/var/lib/libvirt/images"),
    ]
    show = human if "-h" in arguments else str
    title = ("Filesystem", "Size" if "-h" in arguments else "1K-blocks", "Used", "Avail", "Use%", "Mounted on")
    rows = [title]
    for device, size, share, where in disks:
        used = int(size * share)
        rows.append((device, show(size), show(used), show(size - used), f"{math.ceil(share * 100)}%", where))
    return Reply("".join("{:<16} {:>10} {:>10} {:>10} {:>4} {}\n".format(*row) for row in rows))


def _files(visit: Visit) -> Mapping[str, str]:
    """The files that `cat` knows: their text is made here, none is ever opened."""
    release, version = _kernel(visit.node)
    number, name = ("13", "trixie") if visit.node.modern else ("12", "bookworm")
    load = " ".join(f"{value:.2f}" for value in _load(visit))
    return {
        "/etc/hostname": f"{visit.node.name}\n",
        "/etc/debian_version": f"{number}.2\n" if visit.node.modern else f"{number}.12\n",
        "/etc/os-release": (
            f'PRETTY_NAME="Debian GNU/Linux {number} ({name})"\nNAME="Debian GNU/Linux"\nVERSION_ID="{number}"\n'
            f'VERSION="{number} ({name})"\nVERSION_CODENAME={name}\nID=debian\nHOME_URL="https://www.debian.org/"\n'
        ),
        "/proc/loadavg": f"{load} {len(visit.node.domains)}/{600 + visit.node.cpus * 9} {10_000 + int(visit.moment)}\n",
        "/proc/uptime": f"{visit.node.uptime + visit.moment:.2f} {(visit.node.uptime + visit.moment) * 0.6:.2f}\n",
        "/proc/version": f"Linux version {release} (debian-kernel@lists.debian.org) {version}\n",
    }


def _cat(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    if not arguments:
        return Reply(piped)
    files = _files(visit)
    missing = [name for name in arguments if name not in files]
    return Reply(
        "".join(files[name] for name in arguments if name in files),
        "".join(f"cat: {name}: No such file or directory\n" for name in missing),
        1 if missing else 0,
    )


def _echo(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    bare = list(arguments[:1]) == ["-n"]
    return Reply(" ".join(arguments[1:] if bare else arguments) + ("" if bare else "\n"))


def _sleep(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    try:
        delay = sum(float(argument) for argument in arguments)
    except ValueError:
        delay = math.nan
    if not arguments or math.isnan(delay) or delay < 0:
        return Reply(stderr="sleep: give it a number of seconds\n", status=1)
    return Reply(delay=delay)


def _date(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    formats = {"": "%a %b %e %H:%M:%S UTC %Y", "-u": "%a %b %e %H:%M:%S UTC %Y", "+%F": "%F", "+%T": "%T"}
    asked = " ".join(arguments)
    if asked == "+%s":
        return Reply(f"{int(visit.wall)}\n")
    if asked not in formats:
        return usage("date", asked)
    return Reply(time.strftime(formats[asked], time.gmtime(visit.wall)) + "\n")


def _virsh(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    verb, *options = arguments or [""]
    if verb == "version":
        return Reply("Using library: libvirt " + _dotted(visit.node.libvirt_version) + "\n")
    if verb != "list" or not set(options) <= {"--all", "--name"}:
        return Reply(
            stderr=f"error: {' '.join(arguments)!r} is not known in the demo; try virsh list --all\n", status=1
        )
    figures = visit.node.figures(visit.moment)
    shown = [each for each in figures if "--all" in options or each.state in RUNNING_STATES]
    if "--name" in options:
        return Reply("".join(f"{each.domain.name}\n" for each in shown))
    rows = [
        f" {number if each.state in RUNNING_STATES else '-':<5} {each.domain.name:<16} {each.state}\n"
        for number, each in enumerate(shown, 1)
    ]
    return Reply(f" {'Id':<5} {'Name':<16} State\n" + "-" * 36 + "\n" + "".join(rows))


def _dotted(version: int) -> str:
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"


def _help(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    return Reply("The demo's hosts know: " + " ".join(sorted(COMMANDS)) + "\nand ; && || | between them.\n")


def _exit(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    status = arguments[0] if arguments else "0"
    return Reply(status=int(status) & 255) if status.isdecimal() and len(status) < 10 else usage("exit", status)


def _fixed(text: str = "", status: int = 0) -> Answer:
    return lambda _visit, _arguments, _piped: Reply(text, status=status)


COMMANDS: Mapping[str, Answer] = {
    "cat": _cat,
    "date": _date,
    "df": _df,
    "echo": _echo,
    "exit": _exit,
    "false": _fixed(status=1),
    "free": _free,
    "help": _help,
    "hostname": _hostname,
    "id": _fixed("uid=0(root) gid=0(root) groups=0(root)\n"),
    "journalctl": journalctl,
    "ls": _fixed("backup.sh\niso\nsnapshots\n"),
    "nproc": lambda visit, _arguments, _piped: Reply(f"{visit.node.cpus}\n"),
    "pwd": _fixed("/root\n"),
    "sleep": _sleep,
    "true": _fixed(),
    "uname": _uname,
    "uptime": _uptime,
    "virsh": _virsh,
    "whoami": _fixed("root\n"),
    **FILTERS,
}
