"""What is written of a forward."""

from __future__ import annotations

import pytest

from atp_tui.model.forward import ForwardSpec, Place, parse_forward

LOCAL = Place("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("8080:db.example:5432", LOCAL, Place("db.example", 5432)),
        ("localhost:8080:[fe80::1%eth0]:80", LOCAL, Place("fe80::1%eth0", 80)),
        (":8080:x:80", LOCAL, Place("x", 80)),
        ("*:0:x:80", Place("0.0.0.0", 0), Place("x", 80)),
        ("[::1]:8080:[fd00::7]:80", Place("::1", 8080), Place("fd00::7", 80)),
        ("8080:/run/s", LOCAL, Place(path="/run/s")),
        ("192.0.2.1:8080:/run/a:b", None, None),
        ("./near:/run/s", Place(path="./near"), Place(path="/run/s")),
        ("~/near s:x:80", Place(path="~/near s"), Place("x", 80)),
    ],
)  # fmt: skip
def test_a_forward_is_read_as_of_ssh(text: str, near: Place | None, far: Place | None) -> None:
    if near is None or far is None:
        with pytest.raises(ValueError, match="not a"):
            parse_forward(text)
        return
    assert parse_forward(text) == ForwardSpec(near, far)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a forward"),
        ("8080", "such as 8080:localhost:80"),
        ("8080:80", "not a forward"),
        ("0:x:0", "not a port: '0'; ports are 1 to 65535"),
        ("65536:x:80", "not a port"),
        ("١:x:80", "not a port"),
        ("fe80::1:8080:x:80", "not a forward"),
        ("[::1:8080:x:80", r"a \[ without its \]"),
        ("example.org:8080:x:80", "BIND is an address of this machine in numbers"),
        ("8080::80", "not a name or address"),
        ("8080:a b:80", "not a name or address"),
        ("8080:run/s", "begins with /"),
        ("a/b:c:8080:x:80", "not a forward"),
        ("8" * 5000 + ":x:80", "not a port"),
    ],
)
def test_what_is_no_forward_says_what_would_be_one(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_forward(text)


def test_a_place_is_written_as_it_is_read_and_says_whether_others_come_to_it() -> None:
    for text in ("127.0.0.1:8080:x:80", "[::1]:8080:[fd00::7]:80", "/near:/far"):
        assert str(parse_forward(text)) == text
    exposed = {text: parse_forward(f"{text}:0:x:80").near.exposed for text in ("*", "[::]", "192.0.2.1", "127.9.9.9")}
    assert exposed == {"*": True, "[::]": True, "192.0.2.1": True, "127.9.9.9": False}
