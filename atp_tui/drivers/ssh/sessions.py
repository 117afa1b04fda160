"""What asyncssh tells of one channel: a command's output and end, or a stream's bytes.

An exception out of one of these methods would make asyncssh end the whole connection, so what a caller's sink or
receiver raises ends its own channel alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.packet import SSHPacket

from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.message import Message, told
from ...model.outcome import ExitStatus, OutputSink, Stream
from ...model.say import Say
from ...transport.driver import StreamReceiver
from .window import grant_what_is_taken

SILENCE = 1.0
"""Seconds without output after a command's end, while its channel stays open: somebody it left behind holds it."""

_MOST_COMPLAINT = 2048


def _nobody(_stream: Stream, _data: bytes) -> None:
    """Takes the output of a command that was cut short."""
    return


class CommandSession(asyncssh.SSHClientSession[bytes]):
    """One command. `ended` is set at the channel's end, or after SILENCE when the command itself has ended.

    While `output` asks for a pause the channel is not read: the far side can send what SSH's window allows (asyncssh
    offers 2 MiB), and then the command blocks in its write. The connection goes on, heartbeats and other commands too.
    """

    def __init__(self, output: OutputSink) -> None:
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._silence: asyncio.TimerHandle | None = None
        self.ended: asyncio.Event = asyncio.Event()
        self.room = asyncio.Event()
        """Set while there is room for more of the command's input."""
        self.room.set()
        self.asked = False
        """Whether the command was asked for, as far as it is known here: it was not before there was a channel."""
        self.closed = False
        self.closed_there = False
        """Whether the far side has closed the channel: neither we, nor the connection's end."""
        self._on_close: Callable[[], None] | None = None
        self._left = False
        self.received = 0
        self.status: ExitStatus | None = None
        self.failure: Exception | None = None
        self.loss: Exception | None = None
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._held = False
        self._whole_status: int | None = None

    @property
    def has_ended_there(self) -> bool:
        """Whether the far side has told of the command's end, and nobody holds its output any more."""
        return self.status is not None and self.closed_there

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self.asked = True
        grant_what_is_taken(chan)
        chan._process_exit_status_request = self._exit_status_came  # type: ignore[method-assign]

    def _exit_status_came(self, packet: SSHPacket) -> bool:
        """asyncssh hands on the lowest 8 bits alone: 256, which Windows hosts can end with, would be told as 0."""
        assert self._channel is not None
        self._whole_status = int.from_bytes(packet.get_remaining_payload()[:4], "big")
        return asyncssh.SSHClientChannel._process_exit_status_request(self._channel, packet)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self.received += len(data)
        if self.failure is not None:
            return
        try:
            room = self._output("stderr" if datatype else "stdout", data)
            if room is not None and not room.done():
                self._hold(room)
        except Exception as error:  # noqa: BLE001 - the sink is the caller's: run() raises it, see the module's page
            self.failure = error
            self.ended.set()

    def pause_writing(self) -> None:
        self.room.clear()

    def resume_writing(self) -> None:
        self.room.set()

    def eof_received(self) -> bool:
        return True  # False would end our side too, and with it the command, which may only have closed its output

    def exit_status_received(self, status: int) -> None:
        self.status = ExitStatus(status if self._whole_status is None else self._whole_status)
        self.watch_silence()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.status = ExitStatus(None, signal)
        self.watch_silence()

    def connection_lost(self, exc: Exception | None) -> None:
        self.loss = exc
        self.closed = True
        self.closed_there = self._channel is not None and self._channel._recv_state == "closed"
        self._channel = None  # each has the other until here, and nobody waits for the collector of cycles
        self.stop_watching()
        self.ended.set()
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            on_close()

    def when_closed(self, call: Callable[[], None]) -> None:
        """Have `call` called once the channel is closed, at once where it is."""
        if self.closed:
            call()
        else:
            self._on_close = call

    def watch_silence(self) -> None:
        """Set `ended` once nothing has come for SILENCE seconds."""
        if self._left:
            return
        self.stop_watching()
        self.ended.clear()
        if self.closed:
            self.ended.set()
        else:
            self._silence = self._loop.call_later(SILENCE, self._if_silent_since, self.received)

    def leave(self) -> None:
        """Nobody is there any more for what still comes."""
        self.stop_watching()
        self._left = True
        self._output = _nobody
        self._resume()

    def stop_watching(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _hold(self, room: asyncio.Future[None]) -> None:
        if self._channel is not None and not self._held:
            self._held = True
            self._channel.pause_reading()
            room.add_done_callback(lambda _: self._resume())

    def _resume(self) -> None:
        if self._held and self._channel is not None:
            self._held = False
            self._channel.resume_reading()

    def _if_silent_since(self, received: int) -> None:
        if received == self.received and not self._held:  # silence that we cause ourselves is none
            self.ended.set()
        else:
            self._silence = self._loop.call_later(SILENCE, self._if_silent_since, self.received)


def send_signal(channel: asyncssh.SSHClientChannel[bytes], name: str) -> None:
    """Send a signal (`TERM`) to what runs on a channel, unless that has ended."""
    with suppress(OSError):
        channel.send_signal(name)


class _Relay:
    """The part that both kinds of stream share: bytes to a receiver, and one end."""

    def __init__(self, receiver: StreamReceiver) -> None:
        self._receiver = receiver
        self._told = False
        self.channel: SSHChannel[bytes] | None = None

    def opened(self, channel: SSHChannel[bytes]) -> None:
        self.channel = channel

    def data(self, data: bytes) -> None:
        try:
            self._receiver.data(data)
        except Exception as error:  # noqa: BLE001 - the receiver is the caller's, see the module's page
            self.end(error)

    def end(self, error: Exception | None) -> None:
        if self._told:
            return
        self._told = True
        if error is not None and self.channel is not None:
            self.channel.abort()
        self._receiver.ended(error)

    def pause(self) -> None:
        if not self._told:
            self._receiver.pause_writing()

    def resume(self) -> None:
        if not self._told:
            self._receiver.resume_writing()


class SocketSession(asyncssh.SSHUNIXSession[bytes]):
    """A socket on the far side."""

    def __init__(self, receiver: StreamReceiver) -> None:
        self._relay = _Relay(receiver)

    def connection_made(self, chan: asyncssh.SSHUNIXChannel[bytes]) -> None:
        grant_what_is_taken(chan)
        self._relay.opened(chan)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._relay.data(data)

    def eof_received(self) -> bool:
        self._relay.end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._relay.end(exc)

    def pause_writing(self) -> None:
        self._relay.pause()

    def resume_writing(self) -> None:
        self._relay.resume()


class PipeSession(asyncssh.SSHClientSession[bytes]):
    """A command whose stdin and stdout are a stream. What it complains of on stderr becomes the reason of its end."""

    def __init__(self, receiver: StreamReceiver, line: str) -> None:
        self._relay = _Relay(receiver)
        self._line = line
        self._complaint = b""
        self._failed: Message | None = None
        self._closed = False
        self._on_end: Callable[[], None] | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        grant_what_is_taken(chan)
        self._relay.opened(chan)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype:
            self._complaint = (self._complaint + data)[:_MOST_COMPLAINT]
        else:
            self._relay.data(data)

    def when_closed(self, call: Callable[[], None]) -> None:
        """Have `call` called once the channel is closed: at once where a quick command has closed it already."""
        if self._closed:
            call()
        else:
            self._on_end = call

    def end(self, error: Exception) -> None:
        """The pipe's end by our own decision."""
        self._relay.end(error)

    def eof_received(self) -> bool:
        return True  # the exit status comes after it, and tells an end from a failure

    def exit_status_received(self, status: int) -> None:
        if status:
            self._failed = told(Say.EXIT_STATUS, status=status)

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._failed = told(Say.SIGNAL, signal=signal)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._failed is not None:
            said = " ".join(self._complaint.decode("utf-8", "replace").split()) or told(Say.SAID_NOTHING)
            exc = ConnectFailed(
                told(Say.COMMAND_ENDED, line=self._line, end=self._failed, said=said), kind=Cause.NO_SOCKET
            )
        self._closed = True
        if self._on_end is not None:
            self._on_end()
        self._relay.end(exc)

    def pause_writing(self) -> None:
        self._relay.pause()

    def resume_writing(self) -> None:
        self._relay.resume()
