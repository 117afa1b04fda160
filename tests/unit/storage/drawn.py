"""Jobs and endings to keep, drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st

from atp_tui.executor.log import Ending
from atp_tui.executor.spec import CommandWork, JobOptions, JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import TargetId

texts = st.text(st.characters(), max_size=12)  # lone surrogates and zero characters too: names come from far away
times = st.floats(0, 4e9)
seconds = st.floats(0, 1e9)

targets = st.builds(
    TargetId,
    texts.filter(lambda text: text != "" and "/" not in text),
    st.none() | texts.filter(lambda text: text != ""),
)

options = st.builds(
    JobOptions,
    timeout=st.none() | seconds,
    deadline=st.none() | seconds,
    fanout=st.integers(1, 1000),
    retries=st.integers(0, 9),
    retry_any=st.booleans(),
    streamed=st.booleans(),
)

specs = st.builds(
    JobSpec,
    targets=st.lists(targets, min_size=1, max_size=5, unique=True).map(tuple),
    work=texts.map(lambda line: CommandWork(Command(line))),
    who=texts,
    asked_at=times,
    options=options,
)

endings = st.builds(
    Ending,
    target=targets,
    outcome=st.sampled_from(Outcome),
    exit_status=st.none() | st.integers(0, 2**32 - 1),
    signal=st.none() | texts,
    error=st.none() | texts,
    at=times,
    duration=seconds,
    digest=st.binary(min_size=32, max_size=32),
    truncated=st.booleans(),
    may_still_run=st.booleans(),
)
