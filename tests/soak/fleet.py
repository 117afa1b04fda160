"""The soak's hosts and settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from atp_tui.api import HostInfo, PoolConfig, ReconnectConfig, SshSettings, TransportConfig

CONFIG = TransportConfig(
    connect_timeout=2,
    heartbeat_interval=1,
    heartbeat_timeout=1,
    call_timeout=2,
    keepalive_interval=1,
    keepalive_count=2,
    pool=PoolConfig(max_connections_per_host=4, idle_timeout=2, management_interval=1, max_lifetime=10),
    reconnect=ReconnectConfig(initial_delay=0.2, max_delay=2, max_attempts=0),
)
"""Short times: what happens to a fleet in a day happens here in minutes."""

GIVES_UP = replace(CONFIG, reconnect=replace(CONFIG.reconnect, max_attempts=2, slow_lane=2))
"""A third of the hosts give up, and live in the slow lane."""


def hosts_behind(daemons: dict[str, Any]) -> dict[HostInfo, tuple[str, ...]]:
    """The hosts, and the daemons that each needs: libvirt over TCP, unix and SSH, and commands over SSH."""
    found: dict[HostInfo, tuple[str, ...]] = {}
    for number in range(2):
        libvirtd, sshd = daemons[f"libvirtd{number}"], daemons[f"sshd{number}"]
        ssh = SshSettings(
            user=sshd["user"],
            port=sshd["port"],
            identity_files=(sshd["identity"],),
            known_hosts=(sshd["known_hosts"],),
            config_file=sshd["config_file"],
        )
        tcp, unix = f"test+tcp://127.0.0.1:{libvirtd['port']}/default", f"socket={libvirtd['socket']}"
        virt, both, commands = (f"libvirtd{number}",), (f"libvirtd{number}", f"sshd{number}"), (f"sshd{number}",)
        for turn, config in enumerate((CONFIG, CONFIG, GIVES_UP)):
            name = f"{number}-{turn}"
            for kind, uri, needs in (
                ("tcp", tcp, virt),
                ("unix", f"test+unix:///default?{unix}", virt),
                ("ssh", f"test+ssh://127.0.0.1/default?{unix}", both),
                ("cmd", None, commands),
            ):
                settings = ssh if needs != virt else None
                host = HostInfo(f"{kind}-{name}", "127.0.0.1", uri=uri, ssh=settings, transport=config)
                found[host] = needs
    return found
