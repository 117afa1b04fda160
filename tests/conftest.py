"""What every test gets: the real daemons as fixtures, and none of the developer's own configuration."""

from __future__ import annotations

import gc
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Time that one example takes tells how busy the machine is: several workers share it, and branches are counted.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

pytest_plugins = ["tests.daemons.libvirtd", "tests.daemons.sshd", "tests.drivers.ssh_config_place"]

COLLECT = 10_000, 20
"""As gc.set_threshold takes them; Python's own are 700 and 10. A start of the application makes some 60,000 objects
that stay until it ends. A worker of tests/ui becomes 24 MB larger by this: 197 in place of 173."""

LONGEST = (
    "drivers/test_far_sides", "drivers/test_told_ends", "ui/test_focus", "drivers/test_other_systems",
    "drivers/test_ssh_guard", "ui/test_bursts_usual", "ui/test_bursts_small", "drivers/test_host_keys_as_ssh",
    "ui/test_jobs", "ui/test_screens", "ui/test_command_pane", "drivers/test_ssh_config_effects",
    "drivers/test_ssh_config_matrix", "ui/test_terminal", "test_headless_streams", "test_headless_environment",
    "drivers/test_ssh_run", "ui/test_bursts_and_focus", "ui/test_bursts_elsewhere", "ui/test_real_keys",
    "ui/test_type_ahead", "drivers/test_dropbear", "drivers/test_ssh_config_logins", "ui/test_app",
    "ui/test_domains", "ui/test_newcomer", "ui/test_frame",
    "unit/monitor/test_lives", "unit/config/imports/test_bounds", "unit/model/test_crossing",
    "unit/engine/test_fleet_port", "unit/model/test_messages", "unit/engine/test_reload",
    "unit/transport/test_spec_manager", "unit/monitor/test_arrangement", "unit/transport/test_core_properties",
)  # fmt: skip
"""Files that take longest, of tests/unit 5 s and else 10 s of processor, or 30 s of waiting. They begin first, so that
none is left at the end. xdist keeps to that with --no-loadscope-reorder: else the files with most tests come first."""

gc.disable()  # until the tests are collected: all that is made before then stays


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of LONGEST first."""
    places = {f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.location[0].removeprefix("tests/"), len(places)))


def pytest_collection_finish() -> None:
    """Let Python's collector of cycles leave the collected tests alone: it took 30 % of the time in tests/ui.

    A test that asks for a collection gets one of all that has been made since.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    gc.enable()


def pytest_sessionfinish() -> None:
    """Collect once: pytest does so five times as it ends, 1 s of a worker that had opened the application."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_is_collected_once() -> None:
    """Let it also leave alone what the files before have left for good: caches, modules, daemons that go on.

    Tests that look whether something is left collect dozens of times, which took 40 ms each in a worker that had opened
    the application before, in place of 1.
    """
    gc.collect()
    gc.freeze()


_numbers = itertools.count()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of their own: for each new one pytest's factory looks through all that are there, for a free number."""
    return tmp_path_factory.mktemp("h")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh home directory: no test reads the person's hosts.toml, keys, agent or known hosts, or writes there."""
    home = _homes / str(next(_numbers))
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ATP_TUI_CONFIG", "SSH_AUTH_SOCK", "LIBVIRT_DEFAULT_URI", "NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
