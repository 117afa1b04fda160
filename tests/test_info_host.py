"""`atp-tui info HOST`: the way to a host, and what of ssh_config does not hold there. Nothing is contacted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atp_tui.cli.arguments import parse
from atp_tui.cli.info import info
from atp_tui.model.errors import ConfigError

from .drivers.test_ssh_certificates import keygen

SECRET = "hunter2"

CONFIG = f"""\
Host box
  HostName 192.0.2.9
  Port 2222
  User ann
  ProxyJump gate
  RequestTTY force
  RemoteCommand tmux --pass {SECRET}
  LocalCommand notify {SECRET}
  ServerAliveInterval 30
  ForwardAgent no
  Ciphers aes128-ctr
  KexAlgorithms curve25519-sha256,sntrup761x25519-sha512@openssh.com
  SetEnv TOKEN={SECRET}
  UserKnownHostsFile @DIR@/known
Host gate
  HostName 192.0.2.1
  StrictHostKeyChecking no
  ProxyCommand relay --pass={SECRET} %h %p
Host bad
  Frobnicate yes
"""
KNOWN = (
    "x ssh-ed25519 AAA\n# a comment\n\n \t\n@strange y ssh-ed25519 AAAA\n|1|salt|hash ssh-ed25519 @KEY@\n"
    "z ssh-ed25519 @KEY@ root@z\r\n"
)
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "known").write_text(KNOWN.replace("@KEY@", KEY))
    (tmp_path / "config").write_text(CONFIG.replace("@DIR@", str(tmp_path)))
    file = tmp_path / "hosts.toml"
    file.write_text(
        f'[ssh]\nconfig_file = "{tmp_path}/config"\n'
        + "".join(f'[[hosts]]\nid = "{name}"\nhost = "{name}"\ntags = ["t"]\n' for name in ("box", "bad"))
    )
    return file


def test_a_host_with_all_that_does_not_hold(hosts: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert info(parse(["info", "box", "--config", str(hosts), "--json"])) == 0
    said = capsysbinary.readouterr().out.decode()
    assert SECRET not in said
    (host,) = json.loads(said)["hosts"]
    gate, box = host["way"]
    assert (gate["where"], box["where"]) == ("192.0.2.1 port 22", "192.0.2.9 port 2222")
    assert box["facts"]["key filed under"] == "[192.0.2.9]:2222"
    assert [(each["keyword"], each["holds"]) for each in gate["not_honoured"]] == [("StrictHostKeyChecking", "partly")]
    unmet = {each["keyword"]: each for each in box["not_honoured"]}
    assert unmet.keys() == {"RequestTTY", "RemoteCommand", "LocalCommand", "ServerAliveInterval", "KexAlgorithms"}
    assert unmet["KexAlgorithms"]["value"] == "curve25519-sha256,sntrup761x25519-sha512@openssh.com"
    assert unmet["KexAlgorithms"]["why"] == "not known to asyncssh: sntrup761x25519-sha512@openssh.com"
    assert all(each["why"] for each in unmet.values())
    assert box["passed_over"] == [
        f"{hosts.parent}/known line 1 and 2 more: not understood, and passed over, as ssh does"
    ]


def test_a_host_without_a_way_stops_no_other(hosts: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert info(parse(["info", "@t", "--config", str(hosts)])) == 1
    said = capsysbinary.readouterr().out.decode()
    assert f"bad: {hosts.parent}/config" in said
    assert "Bad configuration option: frobnicate" in said
    assert "box: 192.0.2.1 port 22, a jump host\n" in said
    assert "keepalive_interval" in said
    assert SECRET not in said
    with pytest.raises(ConfigError, match="no such host: nobody"):
        info(parse(["info", "nobody", "--config", str(hosts)]))


def test_until_when_a_certificate_counts_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    for name in ("key", "other", "ca"):
        keygen("-t", "ed25519", "-N", "", "-f", tmp_path / name)
    term = "20200101000000:20480101000000"
    keygen("-s", tmp_path / "ca", "-I", "test", "-V", term, tmp_path / "key.pub", tmp_path / "other.pub")
    (tmp_path / "config").write_text("IdentityAgent none\n")
    file = tmp_path / "hosts.toml"
    ssh = f'[ssh]\nconfig_file = "{tmp_path}/config"\nidentity_files = ["{tmp_path}/key", "{tmp_path}/other"]\n'
    file.write_text(f'{ssh}[[hosts]]\nid = "box"\nhost = "192.0.2.9"\n')
    assert info(parse(["info", "box", "--config", str(file)])) == 0
    said = [f"{tmp_path}/{name}-cert.pub, until 2047-12-31 23:59:59 UTC" for name in ("key", "other")]
    shown = capsysbinary.readouterr().out.decode()
    assert all(each in shown for each in said)
    assert info(parse(["info", "box", "--config", str(file), "--json"])) == 0
    assert json.loads(capsysbinary.readouterr().out)["hosts"][0]["way"][0]["facts"]["certificate"] == "\n".join(said)
