"""Which configuration is found, and directories that only their user can enter."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import platformdirs
import pytest

from atp_tui.config import paths
from atp_tui.model.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it, so that the developer's own configuration is never read."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "ATP_TUI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def written(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_search_order(home: Path) -> None:
    assert paths.find_config(None, {}) is None
    own = written(home / ".config/atp_tui/hosts.toml")
    assert paths.find_config(None, {}) == own == paths.default_config()
    variable = written(home / "variable.toml")
    environ = {"ATP_TUI_CONFIG": str(variable)}
    assert paths.find_config(None, environ) == variable
    explicit = written(home / "explicit.toml")
    assert paths.find_config(explicit, environ) == explicit


def test_an_empty_variable_is_none_and_a_tilde_is_the_home(home: Path) -> None:
    assert paths.find_config(None, {"ATP_TUI_CONFIG": ""}) is None
    fleet = written(home / "fleet.toml")
    assert paths.find_config(None, {"ATP_TUI_CONFIG": "~/fleet.toml"}) == fleet


def test_the_xdg_directory_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "elsewhere"))
    own = written(home / "elsewhere/atp_tui/hosts.toml")
    assert paths.find_config(None, {}) == own


@pytest.mark.parametrize("name", ["gone.toml", "file/below.toml", "~no-such-user/x.toml"])
def test_a_named_file_has_to_exist(home: Path, name: str) -> None:
    written(home / "file")
    written(paths.default_config())
    missing = home / name if name[0] != "~" else Path(name)
    with pytest.raises(ConfigError) as caught:
        paths.find_config(missing, {})
    assert "--config" in (caught.value.hint or "")
    with pytest.raises(ConfigError) as caught:
        paths.find_config(None, {"ATP_TUI_CONFIG": str(missing)})
    assert "ATP_TUI_CONFIG" in (caught.value.hint or "")


def test_a_path_that_cannot_be_looked_at(home: Path) -> None:
    loop = home / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError) as caught:
        paths.find_config(loop, {})
    assert "cannot be looked at" in caught.value.message


def test_private_dir_closes_what_it_makes_and_leaves_what_is_there(home: Path) -> None:
    there = home / "there"
    there.mkdir(mode=0o755)
    made = paths.private_dir(there / "a" / "b")
    assert (mode_of(made), mode_of(made.parent), mode_of(there)) == (0o700, 0o700, 0o755)
    assert paths.private_dir(made) == made


def test_the_runtime_directory_is_the_users_where_that_can_be_used(home: Path) -> None:
    # not below tmp_path, whose own length may be more than a socket's path can take
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        assert paths.runtime_base({"XDG_RUNTIME_DIR": base}) == Path(base)
        too_long = Path(base, "x" * 90)
        too_long.mkdir()
        for unusable in (str(too_long), f"{base}/gone", "", "."):
            assert paths.runtime_base({"XDG_RUNTIME_DIR": unusable}) == Path(tempfile.gettempdir())


def test_a_long_directory_for_temporary_files_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = home / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert paths.runtime_base({"XDG_RUNTIME_DIR": str(long)}) == Path("/tmp")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of another user")
def test_the_runtime_directory_of_another_user_is_not_used(home: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        os.chown(base, 12345, 12345)
        assert paths.runtime_base({"XDG_RUNTIME_DIR": base}) != Path(base)


def test_jobs_are_kept_in_the_state_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.jobs_file() == home / ".local/state/atp_tui/jobs.sqlite3"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    assert paths.jobs_file() == home / "elsewhere/atp_tui/jobs.sqlite3"


def test_every_path_is_told(home: Path) -> None:
    told = dict(paths.describe_paths(None, {}))
    assert told == {
        "configuration": f"none (looked for {home}/.config/atp_tui/hosts.toml)",
        "themes": f"{home}/.config/atp_tui/themes",
        "histories": f"{home}/.local/state/atp_tui/histories",
        "screen": f"{home}/.local/state/atp_tui/screen.json",
        "jobs": f"{home}/.local/state/atp_tui/jobs.sqlite3",
        "spilled": f"{home}/.local/state/atp_tui/spilled",
        "versions": f"{home}/.local/state/atp_tui/versions",
        "sources": f"{home}/.local/state/atp_tui/sources",
        "log": f"{home}/.local/state/atp_tui/log/atp_tui.log",
        "reports": f"{home}/.local/state/atp_tui/failure-*.txt",
        "runtime": f"{paths.runtime_base({})}/atp-tui-*",
        "ssh_config": f"{home}/.ssh/config",
    }
    own = written(paths.default_config())
    assert dict(paths.describe_paths(None, {}))["configuration"] == str(own)


@pytest.mark.parametrize("answer", ["~/.config", None])
def test_without_a_home_it_is_said_and_no_tilde_is_made(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    """platformdirs raises RuntimeError; older ones leave the tilde, and a directory of that name would be made."""

    def unknown(*_: object, **__: object) -> Path:
        if answer is None:
            raise RuntimeError("could not determine the home directory")
        return Path(answer)

    for name in ("user_config_path", "user_state_path", "user_log_path"):
        monkeypatch.setattr(platformdirs, name, unknown)
    for path in (paths.default_config, paths.history_file, paths.log_file, paths.reports, paths.jobs_file):
        with pytest.raises(ConfigError, match=f"HOME is not set, and user {os.getuid()} has no name"):
            path()
    assert paths.theme_folders() == ()
    told = dict(paths.describe_paths(None, {}))
    assert told["log"].startswith("none: there is no home directory")
    assert told["configuration"].startswith("none: there is no home directory")
