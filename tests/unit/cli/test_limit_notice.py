"""What the screen says as it starts where this machine allows too few open files for all hosts."""

from __future__ import annotations

import resource

import pytest

from atp_tui.cli.tui import _above_the_limit
from atp_tui.model.host import HostInfo


@pytest.mark.parametrize(("hosts", "said"), [(26, ""), (28, ""), (29, "28 libvirt hosts fit, and there are 29")])
def test_it_is_said_for_more_libvirt_hosts_than_fit(monkeypatch: pytest.MonkeyPatch, hosts: int, said: str) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (110, 110))
    libvirt = [HostInfo(f"h{number}", "127.0.0.1").with_uri("qemu+tcp://h/system") for number in range(hosts)]
    ssh = [HostInfo(f"s{number}", "127.0.0.1", uri=None) for number in range(50)]
    notice = _above_the_limit([*libvirt, *ssh])
    assert notice.endswith(said) and bool(notice) == bool(said)
    assert not notice or notice.startswith("this machine's limit of 110 open files (ulimit -n): ")
