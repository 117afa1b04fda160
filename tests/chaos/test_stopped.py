"""The program itself stands still for a while (SIGSTOP, a debugger, a machine that swaps), and goes on.

What it missed is not made up for: each host is asked once, at once. A connection is given up only where the peer has.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from atp_tui.transport.clock import instant

from ..daemons.hosts_toml import host_table, ssh_table
from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, running_sshd
from .watched import Told, Watched

pytestmark = pytest.mark.daemons

SECONDS = float(os.environ.get("ATP_CHAOS_STOPPED", "4"))
"""How long it stands still; ATP_CHAOS_STOPPED sets another number."""
INTERVAL = 0.25
HOSTS = 4

HEAD = f"""
[monitor]
interval = {INTERVAL}
[transport]
heartbeat_timeout = 1
keepalive_interval = 1
keepalive_count = 3
"""


def hosts_of(directory: Path, libvirtd: PrivateLibvirtd, sshd: PrivateSshd) -> Path:
    file = directory / "hosts.toml"
    uris = {
        "virt": libvirtd.uri("tcp"),
        "over": f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}",
        "ssh": None,
    }
    hosts = [
        host_table(f"{kind}{number}", uri, ssh_table(sshd)) for number in range(HOSTS) for kind, uri in uris.items()
    ]
    file.write_text(HEAD + "".join(hosts))
    return file


def gained(before: Told, after: Told, what: str) -> dict[str, int]:
    return {host: after[host][what] - before[host][what] for host in after}


@pytest.mark.parametrize("patient", [True, False], ids=["peers that wait", "peers that give up"])
def test_a_program_that_stood_still_asks_each_host_at_once_and_once(tmp_path: Path, patient: bool) -> None:
    keepalive = "keepalive_interval = 1\nkeepalive_count = 1\n" if not patient else "keepalive_interval = -1\n"
    options = [] if patient else ["ClientAliveInterval 1", "ClientAliveCountMax 1"]
    with (
        PrivateLibvirtd(keepalive) as libvirtd,
        running_sshd(tmp_path / "sshd", options=options) as sshd,
        closing(Watched(hosts_of(tmp_path, libvirtd, sshd))) as program,
    ):
        program.until(sampled_since=0.0)
        begun, start = program.last, instant()
        while instant() < start + 8 * INTERVAL:
            program.next()
        calm = program.last
        each = max(gained(begun, calm, "requests").values()) / 8
        program.stand_still(SECONDS)
        woken = instant()
        after = program.until(sampled_since=woken)
    asked = gained(calm, after, "requests")
    anew = Counter(gained(calm, after, "opened")) + Counter(gained(calm, after, "reconnects"))
    print(f"{each:.1f} requests a sample; asked {asked}; opened anew {anew}; all known {instant() - woken:.2f} s later")
    missed = SECONDS / INTERVAL
    assert max(asked.values()) < each * missed * 0.75
    if patient:
        assert not anew, "no peer had given up"
    else:
        assert set(anew.values()) <= {1, 2}
