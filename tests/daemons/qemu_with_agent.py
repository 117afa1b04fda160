"""An emulator for libvirt that is QEMU with an agent in its guest: `make` writes it, a domain's <emulator> names it.

libvirt talks to an agent once QEMU has told that the guest opened the agent's port. No system is needed for that: this
program stands between libvirt and QEMU's monitor, tells it when the guest begins, and answers on the agent's socket
itself, which libvirt has made and would have handed to QEMU. So all of libvirt's own part is real.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ANSWERS = {
    "guest-get-osinfo": {"id": "debian", "name": "Debian GNU/Linux", "pretty-name": "Debian \x1b[31mGNU/Linux 12",
                         "version": "12", "kernel-release": "6.1.0-25-amd64", "machine": "x86_64"},
    "guest-get-host-name": {"host-name": "shop1"},
    "guest-get-timezone": {"zone": "CET", "offset": 3600},
    "guest-get-users": [{"user": "ada", "login-time": 1_790_000_000.5}],
    "guest-get-fsinfo": [
        {"name": "a", "mountpoint": "/", "type": "ext4", "total-bytes": 40 << 30, "used-bytes": 30 << 30, "disk": []},
        {"name": "b", "mountpoint": "/srv", "type": "xfs", "total-bytes": 100, "used-bytes": 95, "disk": []},
        {"name": "c", "mountpoint": "/odd", "type": "fuse", "disk": []},
    ],
    "guest-network-get-interfaces": [
        {"name": "lo", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8}]},
        {"name": "eth0", "hardware-address": "52:54:00:00:00:01", "ip-addresses": [
            {"ip-address-type": "ipv4", "ip-address": "192.0.2.7", "prefix": 24},
            {"ip-address-type": "ipv6", "ip-address": "2001:db8::7", "prefix": 64},
        ]},
    ],
}  # fmt: skip
"""What the agent says; of other commands that there are none such."""

MUTE = "agent-is-mute"
"""A file of this name in the emulator's folder: the agent answers nothing as long as it is there."""


EMULATOR = "qemu-with-agent"
"""The emulator's name in that folder."""


def make(folder: Path, qemu: str) -> None:
    """Write the emulator, which runs the program `qemu`, into a folder that the daemon's user can read."""
    emulator = folder / EMULATOR
    program = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable  # another user runs it
    here = Path(__file__).read_text()
    emulator.write_text(f"#!{program}\n{here}\n\nif __name__ == '__main__':\n    main({qemu!r})\n")
    emulator.chmod(0o755)


def main(qemu: str) -> None:
    """Be that emulator."""
    arguments = sys.argv[1:]
    monitor = _take(arguments, "charmonitor", f"socket,id=charmonitor,path=monitor-{os.getpid()},server=on,wait=off")
    if monitor is None:  # libvirt asks what it can do
        os.execv(qemu, [qemu, *arguments])
    agent = _take(arguments, "charchannel0", "null,id=charchannel0")
    os.chdir(Path(__file__).parent)
    child = subprocess.Popen([qemu, *arguments], close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    if agent is not None:
        threading.Thread(target=_be_agent, args=(agent,), daemon=True).start()
    threading.Thread(target=_carry, args=(monitor, f"monitor-{os.getpid()}", agent is not None), daemon=True).start()
    sys.exit(child.wait())


def _take(arguments: list[str], name: str, instead: str) -> socket.socket | None:
    """The listening socket that libvirt has made for a character device, which becomes another one."""
    for number, argument in enumerate(arguments):
        if f"id={name}," in argument and ",fd=" in argument:
            arguments[number] = instead
            return socket.socket(fileno=int(argument.partition(",fd=")[2].partition(",")[0]))
    return None


def _carry(listening: socket.socket, path: str, has_agent: bool) -> None:
    """Carry the monitor's lines both ways; the agent's port opens when the guest begins."""
    libvirt, _ = listening.accept()
    qemu = socket.socket(socket.AF_UNIX)
    while True:
        try:
            qemu.connect(path)
            break
        except OSError:
            time.sleep(0.01)
    threading.Thread(target=_pour, args=(libvirt, qemu), daemon=True).start()
    opened = {"event": "VSERPORT_CHANGE", "data": {"open": True, "id": "channel0"},
              "timestamp": {"seconds": 0, "microseconds": 0}}  # fmt: skip
    for line in qemu.makefile("rb"):
        libvirt.sendall(line)
        if has_agent and b'"RESUME"' in line:
            libvirt.sendall(json.dumps(opened).encode() + b"\r\n")


def _pour(one: socket.socket, other: socket.socket) -> None:
    while data := one.recv(65536):
        other.sendall(data)


def _be_agent(listening: socket.socket) -> None:
    while True:
        peer, _ = listening.accept()
        for line in peer.makefile("rb"):
            while Path(MUTE).exists():
                time.sleep(0.02)
            asked = json.loads(line.lstrip(b"\xff"))
            command = asked["execute"]
            if command == "guest-sync":
                said: dict[str, object] = {"return": asked["arguments"]["id"]}
            elif command in ANSWERS:
                said = {"return": ANSWERS[command]}
            else:
                said = {"error": {"class": "CommandNotFound", "desc": f"{command} is not found"}}
            peer.sendall(json.dumps(said).encode() + b"\n")
