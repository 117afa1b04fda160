"""A command line of the demo from its text to its exit status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...model.outcome import Stream
from .shell_commands import answer
from .shell_reply import Visit
from .shell_syntax import Pipeline, SyntaxNotKnown, parse


async def run_line(
    line: str,
    visit: Callable[[], Visit],
    write: Callable[[Stream, str], None],
    sleep: Callable[[float], Awaitable[None]],
    stdin: str = "",
) -> int:
    """Answer a command line, whose first command gets `stdin`; the exit status, 2 where it is not understood."""
    try:
        pipelines = parse(line)
    except SyntaxNotKnown as unknown:
        write("stderr", f"sh: syntax not known in the demo: {unknown}\n")
        return 2
    status = 0
    for pipeline in pipelines:
        if pipeline.joint != ";" and (status == 0) != (pipeline.joint == "&&"):
            continue
        status = await _run_pipeline(pipeline, visit, write, sleep, stdin)
        stdin = ""
        if pipeline.commands[0][0] == "exit":
            break
    return status


async def _run_pipeline(
    pipeline: Pipeline,
    visit: Callable[[], Visit],
    write: Callable[[Stream, str], None],
    sleep: Callable[[float], Awaitable[None]],
    text: str,
) -> int:
    status, goes_on = 0, None
    for command in pipeline.commands:
        reply = answer(visit(), command, text)
        if reply.delay:
            await sleep(reply.delay)
        if reply.stderr:
            write("stderr", reply.stderr)
        text, status, goes_on = reply.stdout, reply.status, reply.goes_on
    if text:
        write("stdout", text)
    while goes_on is not None:  # until its channel closes
        wait, text = goes_on(visit())
        await sleep(wait)
        write("stdout", text)
    return status
