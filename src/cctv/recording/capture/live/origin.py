"""What edges ask a recorder for: a tap on a camera's stream, over the connection there is or one opened for it.

A recorded camera's main stream has its connection anyway. A sub stream, or a camera that is not recorded, is
connected for its first watcher and let go a little after its last.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from cctv.base.clock import US_PER_S
from cctv.base.faults import CameraState, Cause
from cctv.base.ids import CameraId
from cctv.media.model import TrackParams
from cctv.recording.capture.errors import NotHeld
from cctv.recording.capture.live.fan import Fan
from cctv.recording.capture.live.tap import Tap
from cctv.recording.capture.posts import Post, Posts
from cctv.recording.capture.sessions.session import Ending, Frame, Session, Target
from cctv.recording.capture.statusboard import StatusBoard
from cctv.recording.capture.subject import Source
from cctv.recording.capture.timing.clock import NodeClock

Stream = Literal["main", "sub"]

_LINGER_US = 5 * US_PER_S
_JOIN_S = 0.5


@dataclass(frozen=True, slots=True)
class LiveState:
    """How a stream is, in the words of the table of faults."""

    state: CameraState
    cause: Cause | None = None
    words: str | None = None


class Ear:
    """Listens to a session that is open for watchers alone."""

    def __init__(self) -> None:
        self.state = LiveState(CameraState.CONNECTING)

    def flowing(self, _params: TrackParams) -> None:
        self.state = LiveState(CameraState.ONLINE)

    def failed(self, ending: Ending, *, attempts: int, retry_s: float) -> None:  # noqa: ARG002 - a listener's word
        self.state = LiveState(ending.state, ending.cause, ending.words)


@dataclass(slots=True)
class _Extra:
    """A connection that exists for watchers."""

    session: Session
    source: Source
    fan: Fan
    ear: Ear = field(default_factory=Ear)
    idle_since_us: int | None = None


class LiveOrigin:
    """One a recorder process. Methods are called from its event loop, :meth:`look` from the watching thread."""

    def __init__(self, *, posts: Posts, board: StatusBoard, frame: Frame, clock: NodeClock) -> None:
        self._posts = posts
        self._board = board
        self._frame = frame
        self._now_us = clock.now_us
        self._guard = threading.Lock()
        self._extras: dict[tuple[CameraId, Stream], _Extra] = {}

    @contextlib.contextmanager
    def watch(self, camera: CameraId, stream: Stream, *, wake: Callable[[], None]) -> Iterator[Tap]:
        """A tap on the stream; :class:`NotHeld` when the camera is another recorder's or has no such stream."""
        fan = self._fan(camera, stream)
        tap = Tap(limit_bytes=self._frame.settings.tap_bytes, wake=wake)
        fan.attach(tap)
        try:
            yield tap
        finally:
            fan.detach(tap)

    def state(self, camera: CameraId, stream: Stream) -> LiveState | None:
        """How the stream is now; ``None`` when it is not here any more, and its watchers must look elsewhere."""
        post = self._posts.all.get(camera)
        if post is None:
            return None
        if self._is_recorded(post, stream):
            last = self._board.last(camera)
            return LiveState(last.state, last.cause, last.details.words) if last else None
        with self._guard:
            extra = self._extras.get((camera, stream))
        if extra is None or extra.source != post.wanted.source_of(stream):
            return None
        return extra.ear.state

    def look(self) -> None:
        """About once a second: watchdogs of our own sessions; those that nobody needs any more end."""
        now_us = self._frame.clock.monotonic_us()
        with self._guard:
            for key, extra in list(self._extras.items()):
                extra.session.look()
                if extra.fan.watched and self._still_right(key, extra):
                    extra.idle_since_us = None
                elif extra.idle_since_us is None:
                    extra.idle_since_us = now_us
                elif now_us - extra.idle_since_us >= _LINGER_US:
                    extra.session.stop()
                    del self._extras[key]

    def stop(self) -> None:
        """End all sessions of our own."""
        with self._guard:
            going = list(self._extras.values())
            self._extras.clear()
        for extra in going:
            extra.session.stop()
        for extra in going:
            extra.session.join(_JOIN_S)

    def _fan(self, camera: CameraId, stream: Stream) -> Fan:
        post = self._posts.all.get(camera)
        source = post.wanted.source_of(stream) if post is not None else None
        if post is None or source is None:
            raise NotHeld(camera=str(camera), stream=stream)
        if self._is_recorded(post, stream):
            return post.fan
        with self._guard:
            extra = self._extras.get((camera, stream))
            if extra is None or extra.source != source:
                if extra is not None:
                    extra.session.stop()
                extra = self._extras[camera, stream] = self._open(camera, stream, source)
            return extra.fan

    def _open(self, camera: CameraId, stream: Stream, source: Source) -> _Extra:
        fan, ear = Fan(gop_bytes=self._frame.settings.gop_bytes, now_us=self._now_us), Ear()
        session = Session(Target(camera, stream), source=source, sinks=(fan,), listener=ear, frame=self._frame)
        session.start()
        return _Extra(session, source, fan, ear)

    def _still_right(self, key: tuple[CameraId, Stream], extra: _Extra) -> bool:
        post = self._posts.all.get(key[0])
        return (
            post is not None
            and not self._is_recorded(post, key[1])
            and post.wanted.source_of(key[1]) == extra.source
        )

    @staticmethod
    def _is_recorded(post: Post, stream: Stream) -> bool:
        return stream == "main" and post.session is not None
