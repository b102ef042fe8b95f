"""The cameras that are ours now: for each a recorder, its session, and the word about its state."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from cctv.base.clock import US_PER_S, from_us
from cctv.base.faults import CameraState, Cause, Fault
from cctv.base.ids import CameraId
from cctv.cameras.status import Details, Report, StreamFacts
from cctv.infra.telemetry import log
from cctv.media.model import Sample, TrackParams
from cctv.recording.capture import metrics
from cctv.recording.capture.kept import Kept
from cctv.recording.capture.live.fan import Fan
from cctv.recording.capture.proof import Proof, Turn
from cctv.recording.capture.roster import Wanted
from cctv.recording.capture.sessions.session import Ending, Frame, Session, Target
from cctv.recording.capture.sessions.turns import Turns
from cctv.recording.capture.statusboard import StatusBoard
from cctv.recording.capture.subject import Subject
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.camera_recorder import CameraRecorder
from cctv.recording.capture.writing.desk import VolumeDesk

_DEGRADED_US = 60 * US_PER_S
_TELL_AGAIN_US = 10 * US_PER_S
_JOIN_S = 5.0
_HINDRANCES = {Cause.DISK: Fault.DISK_FAILING, Cause.OVERLOAD: Fault.OVERLOADED}


class _Told(NamedTuple):
    """What is said of a camera's state."""

    state: CameraState
    cause: Cause | None = None
    fault: Fault | None = None
    recording: bool | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cameras of a process share."""

    frame: Frame
    turns: Turns
    desk: VolumeDesk
    books: Books
    board: StatusBoard


class Post:
    """One camera. As its session's listener it is called on the session's thread."""

    def __init__(self, wanted: Wanted, fence: int, shared: Shared) -> None:
        settings, self._shared = shared.frame.settings, shared
        self.wanted = wanted
        self.fence = fence
        self.recorder = CameraRecorder(self._subject(), shared.desk)
        self.fan = Fan(gop_bytes=settings.gop_bytes, now_us=shared.desk.clock.now_us)
        self.session: Session | None = None
        self._desk = shared.desk
        self._books = shared.books
        self._board = shared.board
        self._facts: StreamFacts | None = None
        self._losses = self._lost = 0
        self._lossy_us: int | None = None
        self._told: _Told | None = None
        self._told_us = 0
        self._kept = Kept()
        self._counted = (0, 0)
        self._guard = threading.Lock()
        self.proof = Proof(clock=shared.frame.clock, first_s=settings.prove_first_s, every_s=settings.prove_s)

    @property
    def camera(self) -> CameraId:
        return self.wanted.camera

    def flowing(self, params: TrackParams) -> None:
        video = params.video
        with self._guard:
            self._facts = StreamFacts(video.codec.value, video.width, video.height, video.fps)
            self._kept.begin(self._monotonic_us())
            self._told = None
            self._tell()
        self.proof.begin()

    def failed(self, ending: Ending, *, attempts: int, retry_s: float) -> None:
        now_us = self._desk.clock.now_us()
        self.proof.end()
        details = Details(
            words=ending.words,
            last_video_at=from_us(self.recorder.newest_us) if self.recorder.newest_us else None,
            next_try_at=from_us(now_us) + timedelta(seconds=retry_s),
            attempts=attempts,
        )
        with self._guard:
            self._facts = None
            self._say(_Told(ending.state, ending.cause, ending.fault), details)
        self._books.failing(self.camera, now_us, ending.cause, **({"words": ending.words} if ending.words else {}))

    def look(self) -> None:
        """About once a second: the watchdog, lost packets and jumps, whether what comes gets to the disk."""
        session = self.session
        if session is None:
            return
        session.look()
        now_us, lost = self._desk.clock.now_us(), session.lost
        fresh, self._lost = max(0, lost - self._lost), lost
        metrics.lost_packets.inc(fresh)
        losses = self.recorder.jumps + lost
        if losses > self._losses:
            self._lossy_us = now_us
        elif self._lossy_us is not None and now_us - self._lossy_us >= _DEGRADED_US:
            self._lossy_us = None
        self._losses = losses
        with self._guard:
            self._tell()

    def at_hand(self) -> tuple[TrackParams, list[Sample]] | None:
        """The newest GOP as far as it has come."""
        return self.fan.at_hand()

    def proved(self, turn: Turn, *, decodable: bool) -> None:
        """Whether that GOP could be decoded; what cannot be is recorded as it comes, and said."""
        news, session = self.proof.learnt(turn, decodable=decodable), self.session
        if news == "broken" and session is not None:
            log.warning("pictures_undecodable", camera=str(self.camera))
            session.renew(Fault.NO_KEY_FRAME)

    def measure(self) -> None:
        """Now and then: the numbers of what flows."""
        session, facts = self.session, self._facts
        if session is None or facts is None:
            return
        now_us = self._desk.clock.now_us()
        (before_us, before), self._counted = self._counted, (now_us, session.bytes)
        if not before_us or now_us <= before_us:
            return
        rate = (session.bytes - before) * 8 * US_PER_S // (now_us - before_us)
        with self._guard:
            if self._facts is facts and self._told is not None:
                self._facts = replace(facts, bit_rate=rate)
                self._say(self._told, Details(losses=self._losses or None))

    def say_off(self) -> None:
        self._say(_Told(CameraState.OFF))

    def _tell(self) -> None:
        """How the camera is while video comes, when that is another than was said."""
        if self._facts is None:
            return
        now_us, recorder, kept = self._desk.clock.now_us(), self.recorder, self._kept
        kept.look(
            self._monotonic_us(),
            written_us=recorder.written_us,
            handed_us=recorder.newest_us,
            hindrance=recorder.hindrance,
        )
        recording = kept.recording
        if self.proof.broken:
            told = _Told(CameraState.UNUSABLE, Cause.CODEC, Fault.NO_KEY_FRAME, recording)
        elif kept.cause is not None:
            told = _Told(CameraState.ONLINE, kept.cause, _HINDRANCES.get(kept.cause), recording)
        elif self._lossy_us is not None:
            told = _Told(CameraState.DEGRADED, Cause.CAMERA, Fault.TIMESTAMPS_JUMP, recording)
        else:
            told = _Told(CameraState.ONLINE, recording=recording)
        again = self._lossy_us is not None and now_us - self._told_us >= _TELL_AGAIN_US
        if told != self._told or again:
            self._told_us = now_us
            self._say(told, Details(losses=self._losses or None))

    def _monotonic_us(self) -> int:
        return self._shared.frame.clock.monotonic_us()

    def _say(self, told: _Told, details: Details | None = None) -> None:
        self._told = told
        facts = self._facts
        report = Report(
            camera_id=self.camera,
            state=told.state,
            since=from_us(self._desk.clock.now_us()),
            cause=told.cause,
            fault=told.fault,
            details=details or Details(),
            stream=None if facts is None else replace(facts, recording=told.recording),
            fence=self.fence,
        )
        self._board.say(report)

    def _subject(self) -> Subject:
        return Subject(self.wanted.camera, self.wanted.agency, self.fence)

    def update(self, wanted: Wanted, fence: int) -> None:
        """Take over what changed; a camera that is no longer to be recorded ends its session."""
        before, self.wanted, self.fence = self.wanted, wanted, fence
        self.recorder.readdress(self._subject())
        if wanted.recorded_since_us is None:
            if before.recorded_since_us is not None:
                self.stop()
                self._books.plan(self.camera, wanted.changed_us, on=False)
                self.say_off()
            return
        if before.recorded_since_us is None:
            self._books.plan(self.camera, wanted.recorded_since_us, on=True)
            self.start()
        elif self.session is not None and wanted.source != before.source:
            self.proof.end(forget=True)
            self.session.change(wanted.source)

    def start(self) -> None:
        """Connect and record, if the camera is to be recorded."""
        if self.wanted.recorded_since_us is None:
            self.say_off()
            return
        self._say(_Told(CameraState.CONNECTING))
        self.session = Session(
            Target(self.camera, "main", self._shared.turns.of(self.camera)),
            source=self.wanted.source,
            sinks=(self.recorder, self.fan),
            listener=self,
            frame=self._shared.frame,
        )
        self.session.start()

    def stop(self) -> None:
        """End the session and wait for it."""
        session, self.session = self.session, None
        if session is not None:
            session.stop()
            session.join(_JOIN_S)
        self.proof.end(forget=True)
        with self._guard:
            self._facts = None


class Posts:
    """All of them. Used by the event loop (through threads where it blocks) and the watching thread."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.all: dict[CameraId, Post] = {}

    def begin(self, wanted: Wanted, fence: int) -> None:
        """The camera is ours from now on."""
        self._shared.books.open(wanted.camera, planned_from_us=wanted.recorded_since_us)
        post = Post(wanted, fence, self._shared)
        self.all = {**self.all, wanted.camera: post}
        post.start()

    def update(self, wanted: Wanted, fence: int) -> None:
        """What is known of the camera now; blocks while a session ends."""
        post = self.all[wanted.camera]
        if post.wanted != wanted or post.fence != fence:
            post.update(wanted, fence)

    def end(self, cameras: Iterable[CameraId]) -> None:
        """These are ours no longer: end their runs. Blocks for about a tenth of a second."""
        going = [self.all[camera] for camera in cameras if camera in self.all]
        for post in going:
            if post.session is not None:
                post.session.stop()
        for post in going:
            post.stop()
        gone = {post.camera for post in going}
        self.all = {camera: post for camera, post in self.all.items() if camera not in gone}

    def each(self) -> list[Post]:
        """All that are ours at this moment."""
        return list(self.all.values())

    def look(self) -> None:
        for post in self.all.values():
            post.look()

    def count(self) -> None:
        """How many cameras are being recorded, for the metric."""
        metrics.active.set(sum(post.recorder.recording for post in self.all.values()))

    def ages(self) -> Iterator[tuple[str, float]]:
        """Each camera that is to be recorded, with the seconds since the newest moment on the disk."""
        now_us = self._shared.desk.clock.now_us()
        for post in self.all.values():
            since_us = post.wanted.recorded_since_us
            if since_us is not None:
                newest_us = max(post.recorder.newest_us, since_us)
                yield str(post.camera), max(0, now_us - newest_us) / US_PER_S

    def measure(self) -> None:
        for post in self.all.values():
            post.measure()
