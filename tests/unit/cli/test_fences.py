"""What one host makes go wrong in a verb costs that host its answer; JSON stays JSON whatever came."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atp_tui.cli import ask_hosts, encode
from atp_tui.cli.arguments import Arguments
from atp_tui.cli.ask_hosts import domains, stats
from atp_tui.cli.encode import encode_domain, encode_host, encode_listed, valid
from atp_tui.cli.lines import HostLines
from atp_tui.cli.output import emit_json
from atp_tui.cli.showing import entry as json_entry
from atp_tui.cli.tables import domain_table, stats_table
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.fleet import Answer, Detail
from atp_tui.executor.fold import Fold
from atp_tui.model.errors import CallFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text
from atp_tui.model.node import DomainReading, DomainState, NodeReading, Oddity, SystemReading
from atp_tui.model.outcome import Command, CommandResult, ExitStatus, Outcome, OutputSink
from atp_tui.model.problem import Problem
from atp_tui.monitor import record
from tests.fakes.loopback import LoopbackDriver
from tests.ui.rows import connection, host_row, pool
from tests.ui.rows import detail as detail_of
from tests.unit.monitor.test_border import anything
from tests.unit.monitor.test_fences import broken

from .test_ask_hosts import HOSTS, Virt, no_constant
from .test_run import OneDriver, run_on


def fleet(odd: dict[str, Any] | None = None) -> FileSource:
    source = FileSource(FleetConfig(hosts=HOSTS))
    source.drivers = OneDriver(LoopbackDriver(virt=lambda host: Virt((odd or {}) if host == "odd" else {})))
    return source


def breaks(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, is_odd: Any) -> None:
    """The first call of a function of `owner` for the odd host raises, and every other of its first kind."""
    real = getattr(owner, name)
    left = [1]

    def breaking(*arguments: Any, **named: Any) -> Any:
        if left[0] and is_odd(*arguments):
            left[0] -= 1
            raise ZeroDivisionError(name)
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, breaking)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("place", ["record", "encode", "table"])
@pytest.mark.parametrize("verb", [stats, domains])
async def test_a_defect_on_one_host_leaves_the_answer_of_the_other(
    verb: Any,
    place: str,
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if place == "record":
        breaks(monkeypatch, record.HostRecord, "sampled", lambda self, sample: self.id == "odd")
    elif place == "encode" and verb is stats:
        breaks(monkeypatch, ask_hosts, "encode_host", lambda answer: answer.detail.host.row.id == "odd")
    elif place == "encode":
        breaks(monkeypatch, ask_hosts, "encode_domain", lambda host, *_: host == "odd")
    elif as_json:
        return
    else:
        entry = "encode_host" if verb is stats else "encode_domain"
        whole = getattr(encode, entry)

        def spoilt(*arguments: Any) -> dict[str, Any]:
            made: dict[str, Any] = whole(*arguments)
            if made["host"] == "odd":
                made["pool"] = made["memory_kib"] = "text"
            return made

        monkeypatch.setattr(ask_hosts, entry, spoilt)
    name = "stats" if verb is stats else "domains"
    async with asyncio.timeout(30):
        status = await verb(Arguments(name, json=as_json), fleet())
    out, err = capsys.readouterr()
    assert status == (3 if place != "table" else 0)
    assert "Traceback" not in out + err
    assert "cannot be read (" in out + err
    if as_json:
        told = json.loads(out, parse_constant=no_constant)
        good = next(entry for entry in told["hosts" if verb is stats else "domains"] if entry["host"] == "good")
        assert good["node"]["cpus"] == 2 if verb is stats else good["vcpus"] == 1
    else:
        assert any(line.startswith("good ") and ("connected" in line or "running" in line) for line in out.splitlines())
    assert len(caplog.records) == 1 and caplog.records[0].exc_info is not None


async def test_nonsense_is_told_by_both_verbs_with_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"stats": {"cpu.time": "\x1b[31m", "net.count": 1, "net.0.rx.bytes": math.nan}}
    told = {"count": 2, "what": "cpu.time is a text"}
    words = "answers nonsense: cpu.time is a text (2)"
    assert await stats(Arguments("stats", json=True), fleet(odd)) == 0
    good, bad = json.loads(capsys.readouterr().out)["hosts"]
    assert (good["nonsense"], bad["nonsense"]) == (None, told)
    assert await domains(Arguments("domains", json=True), fleet(odd)) == 0
    assert json.loads(capsys.readouterr().out)["nonsense"] == [{"host": "odd", **told}]
    assert await stats(Arguments("stats"), fleet(odd)) == 0
    assert capsys.readouterr().out.splitlines()[2].endswith(words)
    assert await domains(Arguments("domains"), fleet(odd)) == 0
    assert capsys.readouterr().err == f"atp-tui: odd: {words}\n"
    assert await stats(Arguments("stats", json=True), fleet({"stats": {"vcpu.current": "2"}})) == 3


async def test_one_host_whose_figures_cannot_be_had_at_all_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    class NoMemory(Virt):
        def getInfo(self) -> list[Any]:
            return ["x", "\x1b[31m", 2, 0, 1, 1, 1, 1]

    source = fleet()
    source.drivers = OneDriver(LoopbackDriver(virt=lambda host: NoMemory({}) if host == "odd" else Virt({})))
    assert await stats(Arguments("stats", json=True), source) == 3
    good, bad = json.loads(capsys.readouterr().out)["hosts"]
    assert good["error"] is None
    assert bad["error"] == "answers nonsense: the memory's size is a text"
    assert bad["nonsense"] == {"count": 1, "what": "the memory's size is a text"}


@pytest.mark.parametrize("verb", [stats, domains])
async def test_words_of_an_error_that_are_no_utf_8_are_json_all_the_same(
    verb: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    class Refuses(Virt):
        def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> Any:
            raise CallFailed("monitor\udcff\x1b[2J")

    source = fleet()
    source.drivers = OneDriver(LoopbackDriver(virt=lambda host: Refuses({}) if host == "odd" else Virt({})))
    for as_json in (True, False):
        assert await verb(Arguments("stats" if verb is stats else "domains", json=as_json), source) == 3
    out, err = capsys.readouterr()
    told, end = json.JSONDecoder(parse_constant=no_constant).raw_decode(out)
    errors = [entry["error"] for entry in told["hosts" if verb is stats else "errors"]]
    assert errors[-1] == "monitor?\x1b[2J"
    assert "monitor?␛[2J" in out[end:] + err


async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
    output("stdout", f"{host_id} says\n".encode())
    return ExitStatus(0)


@pytest.mark.parametrize("as_json", [True, False])
async def test_run_with_one_answer_that_breaks_each_step(
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if as_json:
        breaks(monkeypatch, json_entry, "encode", lambda result: result.host == "a")
    else:
        breaks(monkeypatch, HostLines, "add", lambda self, host, data: host == "a")
    assert await run_on(LoopbackDriver(shell=shell), "@t", as_json=as_json) == 0
    out, err = capfd.readouterr()
    assert "b says" in out and "a says" not in out
    assert "its answer cannot be read (ZeroDivisionError, see the log)" in out + err
    assert [record.getMessage() for record in caplog.records] == ["what a has said cannot be told"]


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_fold_that_breaks_ends_the_job_of_that_host_alone(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    breaks(monkeypatch, Fold, "take", lambda self, target, result, text: target.host == "a")
    assert await run_on(LoopbackDriver(shell=shell), "@t", as_json=as_json) == 3
    out, err = capfd.readouterr()
    assert "b says" in out
    assert "its answer cannot be read (ZeroDivisionError, see the log)" in out + err


# Strict JSON

words = st.one_of(st.text(), st.sampled_from(["\udcff", "\ud83d", "\x1b]0;x\x07", "\x7f\x9b", "\u2028", "NaN"]))
value = st.one_of(anything, words)
answers = st.builds(
    lambda row, node, system, domains, pools, problem: Answer(
        Detail(0.0, replace(detail_of(row), node=node, system=system, domains=domains), pools, None), problem
    ),
    row=st.builds(
        lambda rtt, cause, since, odd: host_row("kvm", rtt=rtt, cause=cause, since=since, odd=odd),
        rtt=st.none() | st.floats(),
        cause=st.none() | words,
        since=st.floats(),
        odd=st.none() | st.builds(Oddity, st.integers(1), words),
    ),
    node=st.none() | broken(NodeReading),
    system=st.none() | broken(SystemReading),
    domains=st.just(()),
    pools=st.builds(
        lambda bytes_in, last_error, active: (
            pool(connection(1, bytes_in=bytes_in, last_error=last_error, last_active=active)),
        ),
        value,
        st.none() | words.map(text),
        st.floats(),
    ),
    problem=st.none() | st.builds(Problem, words.map(text)),
)
readings = st.builds(
    DomainReading, words, words, st.sampled_from(DomainState), value, value, value, value, value, value, value
)
results = st.builds(
    CommandResult,
    host=words,
    outcome=st.sampled_from(Outcome),
    exit_status=st.none() | st.integers(),
    stdout=st.binary(),
    stderr=st.binary(),
    duration=st.floats(),
    error=st.none() | words.map(text),
    signal=st.none() | words,
)


def printed(value: object, capsys: pytest.CaptureFixture[str]) -> Any:
    """What comes of it on standard output, read by a reader that takes nothing but JSON in UTF-8."""
    emit_json(value)
    told = json.loads(capsys.readouterr().out, parse_constant=no_constant)
    json.dumps(told, ensure_ascii=False).encode()  # raises for a lone surrogate
    return told


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(answer=answers, reading=readings, result=results)
def test_json_is_json_whatever_came(
    answer: Answer, reading: DomainReading, result: CommandResult, capsys: pytest.CaptureFixture[str]
) -> None:
    host, domain = encode_host(answer), encode_domain("kvm", reading)
    told = printed({"hosts": [host], "domains": [domain], "results": [json_entry.encode(result)]}, capsys)
    for entry in (*told["hosts"], *told["domains"]):
        assert entry["nonsense"] is None or entry["nonsense"]["count"] >= 1
    assert "\x1b" not in stats_table([host]) + domain_table([domain])


def test_a_number_that_is_none_is_null_and_says_so() -> None:
    bare = Answer(Detail(0.0, detail_of(host_row("kvm", rtt=math.nan)), (pool(),), None))
    entry = encode_host(bare)
    assert entry["rtt"] is None and entry["nonsense"] == {"count": 1, "what": "rtt is no finite number"}
    domain = DomainReading("d", "u", DomainState.RUNNING, 1, 1, 1, math.inf, b"x", None)  # type: ignore[arg-type]
    shown = encode_domain("kvm", domain)
    assert (shown["cpu_time"], shown["rx_bytes"]) == (None, None)
    assert shown["nonsense"] == {"count": 2, "what": "cpu_time is no finite number"}


def test_what_a_person_wrote_is_json_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    host = HostInfo("a", "192.0.2.1", metadata={"site": "north\udcff"})
    assert printed(encode_listed(host), capsys)["metadata"] == {"site": "north?"}
    assert valid({"a": math.nan, "b": {1: (b"x", "y")}}) == {"a": None, "b": {"1": [None, "y"]}}
