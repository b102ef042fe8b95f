"""One connection to one camera stream, for as long as the camera is ours: connect, read, fail, wait, again.

A thread a session: it connects, and sleeps while the process's :class:`.reader.Reader` reads the stream (or reads
it itself, where the media library can only be waited for). What is read goes to the recorder first and then to
whoever watches. A session ends because the stream does, or because somebody interrupts it: the watchdog, a change
of the camera, the end of the process.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from cctv.base.clock import US_PER_S, Clock
from cctv.base.errors import CctvError
from cctv.base.faults import FAULTS, CameraState, Cause, Fault
from cctv.base.ids import CameraId
from cctv.infra.telemetry import log
from cctv.media.errors import StreamError
from cctv.media.intake.demux import Interruption, Stream, open_stream
from cctv.media.model import ParamsChanged, Sample, TrackParams
from cctv.recording.capture.sessions.backoff import Backoff
from cctv.recording.capture.sessions.gate import Gate
from cctv.recording.capture.sessions.reader import Items, Reader, ReadyStream
from cctv.recording.capture.sessions.refusals import Refusals
from cctv.recording.capture.sessions.turns import Turn
from cctv.recording.capture.sessions.watchdog import Watchdog
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.capture.subject import Source

_ROWS = {row.fault: row for row in FAULTS}
_TURN_S = 0.05
_start_guard = threading.Lock()


class Sink(Protocol):
    """Who gets what the camera sends, on the session's thread: quickly, and never blocking."""

    def begin(self, params: TrackParams, camera_time: Callable[[], int | None]) -> None: ...

    def push(self, sample: Sample) -> None: ...

    def end(self, cause: Cause, *, lasting: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a try to get video ended: ``at_once`` when the next one need not wait."""

    cause: Cause
    state: CameraState
    fault: Fault | None = None
    words: str | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a session reads; with a ``turn``, only while no other process of the machine does."""

    camera: CameraId
    stream: str
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What all sessions of a process share."""

    clock: Clock
    gate: Gate
    reader: Reader
    refusals: Refusals[Ending]
    settings: CaptureSettings


class Listener(Protocol):
    """Who wants to know how a session is doing. Called on its thread."""

    def flowing(self, params: TrackParams) -> None:
        """Video comes."""
        ...

    def failed(self, ending: Ending, *, attempts: int, retry_s: float) -> None:
        """Nothing comes; the next try is in ``retry_s``."""
        ...


class Session:
    """``frames``, ``keys`` and ``bytes`` count since the start; others read them without a lock."""

    def __init__(
        self, target: Target, *, source: Source, sinks: tuple[Sink, ...], listener: Listener, frame: Frame
    ) -> None:
        self._target = target
        self._source = source
        self._sinks = sinks
        self._listener = listener
        self._frame = frame
        self._backoff = backoff_of(frame.settings)
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._interruption: Interruption | None = None
        self._why: Ending | None = None
        self._stopping = False
        self._watchdog: Watchdog | None = None
        self._stream: Stream
        self._params: TrackParams
        self._flowing = False
        self.frames = self.keys = self.bytes = 0
        self._lost_before = 0
        self._open: Stream | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"{str(target.camera)[:8]}-{target.stream}", daemon=True
        )

    def start(self) -> None:
        """Begin, on a thread with a small stack: there are hundreds."""
        with _start_guard:
            before = threading.stack_size(self._frame.settings.stack_bytes)
            try:
                self._thread.start()
            finally:
                threading.stack_size(before)

    @property
    def lost(self) -> int:
        """Video packets that never came, since the start."""
        stream = self._open
        return self._lost_before + (stream.lost_packets if stream is not None else 0)

    def change(self, source: Source) -> None:
        """Another address, password or wish: connect anew at once, forgetting failures."""
        self._source = source
        self._backoff.reset()
        self._interrupt(
            Ending(Cause.RESTART, CameraState.CONNECTING, words="the camera was changed", at_once=True)
        )

    def look(self) -> None:
        """Bark if no video came for too long; called about once a second by one thread of the process."""
        watchdog = self._watchdog
        fault = watchdog.look(self.frames, self.keys) if watchdog is not None else None
        if fault is not None:
            self.renew(fault)

    def renew(self, fault: Fault) -> None:
        """End this connection for what was found wrong with it, and open another."""
        row = _ROWS[fault]
        self._interrupt(Ending(row.cause or Cause.CAMERA, row.state or CameraState.NO_VIDEO, fault))

    def stop(self) -> None:
        """End soon: a blocked read returns within 0.1 s."""
        self._stopping = True
        self._interrupt(Ending(Cause.RESTART, CameraState.OFF))

    def join(self, limit_s: float) -> bool:
        """Wait for the end; whether it came."""
        if self._thread.ident is not None:
            self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _interrupt(self, why: Ending) -> None:
        with self._guard:
            if self._why is None:
                self._why = why
            if self._interruption is not None:
                self._interruption.set()
        self._wake.set()

    def _run(self) -> None:
        turn = self._target.turn
        while turn is not None and not self._stopping and not turn.come():
            self._pause(_TURN_S)
        try:
            self._try_again_and_again()
        finally:
            if turn is not None:
                turn.over()

    def _try_again_and_again(self) -> None:
        while not self._stopping:
            if self._target.turn is not None:
                self._target.turn.hold()
            self._pause(self._frame.gate.delay_s())
            before, began_us = self.frames, 0
            try:
                began_us = self._frame.clock.monotonic_us()
                ending = self._try()
            except Exception as fault:  # noqa: BLE001 - a thread's frame: one camera's trouble stays its own
                log.exception("session_failed")
                ending = Ending(Cause.CAMERA, CameraState.CONNECTING, words=type(fault).__name__)
            for sink in self._sinks:
                sink.end(ending.cause, lasting=not self._stopping)
            if not self._stopping:
                lasted_us = self._frame.clock.monotonic_us() - began_us if self.frames > before else 0
                self._rest(ending, lasted_us / US_PER_S)

    def _rest(self, ending: Ending, lasted_s: float) -> None:
        """Tell what happened, and wait for the next try."""
        retry_s = 0.0 if ending.at_once else self._backoff.failed(ending.cause, lasted_s=lasted_s)
        self._listener.failed(ending, attempts=self._backoff.failures, retry_s=retry_s)
        self._pause(retry_s)

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and not self._stopping:
            self._wake.wait(seconds)
        self._wake.clear()

    def _try(self) -> Ending:
        """Connect and read until it ends."""
        interruption, settings, source = Interruption(), self._frame.settings, self._source
        with self._guard:
            if self._stopping:
                return Ending(Cause.RESTART, CameraState.OFF)
            self._interruption, self._why = interruption, None
        refused = self._frame.refusals.last(self._target.camera, source)
        if refused is not None:
            return refused
        try:
            stream = open_stream(
                source.url,
                transport=source.transport,
                open_s=settings.open_s,
                read_s=settings.silence_s,
                audio=source.audio,
                interruption=interruption,
            )
            with contextlib.closing(stream):
                self._open = stream
                self._read(stream)
        except StreamError as fault:
            ending = self._why or Ending(fault.cause, fault.state, _fault_of(fault), fault.message)
            if ending.cause is Cause.AUTH:
                self._frame.refusals.note(self._target.camera, source, ending)
            return ending
        except CctvError as fault:
            return Ending(Cause.CAMERA, CameraState.REFUSED, Fault.STREAM_REFUSED, fault.message)
        finally:
            self._watchdog = None
            self._lost_before, self._open = self.lost, None
            with self._guard:
                self._interruption = None

    def _read(self, stream: Stream) -> NoReturn:
        """Whatever comes goes to the sinks, until the stream raises."""
        settings = self._frame.settings
        self._stream, self._flowing = stream, False
        self._begin(stream.params)
        self._watchdog = Watchdog(
            clock=self._frame.clock,
            silence_us=int(settings.silence_s * US_PER_S),
            no_key_us=int(settings.key_frame_s * US_PER_S),
        )
        if isinstance(stream, ReadyStream) and stream.fileno() is not None:
            self._frame.reader.follow(stream, self._take)
        while True:
            self._take((stream.read(),))

    def _begin(self, params: TrackParams) -> None:
        self._params = params
        for sink in self._sinks:
            sink.begin(params, self._stream.camera_time_us)

    def _take(self, items: Items) -> None:
        """The hot path: on the reader's thread, or our own."""
        sinks = self._sinks
        for item in items:
            if isinstance(item, ParamsChanged):
                self._flowing = False
                self._begin(item.params)
                continue
            if item.track == "video":
                self.frames += 1
                self.bytes += len(item.data)
                if item.key:
                    self._key()
            for sink in sinks:
                sink.push(item)

    def _key(self) -> None:
        self.keys += 1
        if not self._flowing:
            self._flowing = True
            self._listener.flowing(self._params)


def backoff_of(settings: CaptureSettings) -> Backoff:
    """The waits that the settings ask for."""
    return Backoff(
        first_s=settings.retry_first_s,
        most_s=settings.retry_most_s,
        auth_s=settings.retry_auth_s,
        good_s=settings.good_s,
    )


def _fault_of(fault: StreamError) -> Fault | None:
    """The row of the table of faults that the error stands for."""
    pairs = ((row.cause, row.state, row.fault) for row in FAULTS)
    return next((name for cause, state, name in pairs if (cause, state) == (fault.cause, fault.state)), None)
