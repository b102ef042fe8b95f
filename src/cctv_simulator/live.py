"""The live kind: pictures with the time in them, coded while they are sent, once for all cameras of the kind.

One picture is taken at every whole multiple of the picture time since 1970, so that the time codes of a whole
recording are known beforehand: one missing is one picture lost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from cctv_simulator import clockface
from cctv_simulator.kinds import Kind
from cctv_simulator.tracks import Frame, Track, frame_of, sets_of

if TYPE_CHECKING:
    import av
    from av.video.frame import VideoFrame

    from cctv_simulator.sender import Sender

_BACKGROUND_PICTURES = 25  # kept uncoded, 350 kB each


class LiveTrack:
    """Encodes in a thread of its own and hands each frame to the senders in the event loop."""

    def __init__(self, kind: Kind, encoder: av.VideoCodecContext, backgrounds: Iterator[VideoFrame]) -> None:
        self._kind = kind
        self._encoder = encoder
        self._backgrounds = backgrounds
        self._senders: list[Sender] = []
        self._stopped = threading.Event()
        self._key_wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._count = 0
        first = frame_of(kind.codec, self._encode(0), dts=0, pts=0, key=True)
        self.track = Track(
            codec=kind.codec,
            clock_rate=90_000,
            duration=0,
            frames=[],
            width=kind.width,
            height=kind.height,
            fps=kind.fps,
            live=True,
            sets=sets_of(kind.codec, first.data),
        )

    @classmethod
    def open(cls, film: Path, kind: Kind) -> LiveTrack:
        """Load the background out of the film and open the encoder."""
        from cctv_simulator import encode  # noqa: PLC0415  PyAV only where something is encoded

        backgrounds = list(encode.pictures(film, kind, _BACKGROUND_PICTURES))
        to_and_fro = backgrounds + backgrounds[-2:0:-1]
        return cls(kind, encode.video_encoder(kind, low_delay=True), cycle(to_and_fro))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to take pictures while anybody watches."""
        self._thread = threading.Thread(target=self._run, args=(loop,), name="timecode", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2)

    def watch(self, sender: Sender) -> None:
        """Hand frames to `sender` too, from a key frame on that is made at once."""
        if sender not in self._senders:
            self._senders.append(sender)
        self._key_wanted.set()

    def unwatch(self, sender: Sender) -> None:
        """No more frames for `sender`."""
        if sender in self._senders:
            self._senders.remove(sender)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        step_ms = 1000 // self._kind.fps
        at_ms = int(time.time() * 1000) // step_ms * step_ms
        while not self._stopped.is_set():
            now_ms = time.time() * 1000
            at_ms = at_ms + step_ms if abs(now_ms - at_ms) < 2000 else int(now_ms) // step_ms * step_ms
            self._stopped.wait(max(0.0, at_ms - now_ms) / 1000)
            if self._senders:
                frame = self._take(at_ms)
                if not self._stopped.is_set():
                    loop.call_soon_threadsafe(self._publish, frame, at_ms)

    def _take(self, wall_ms: int) -> Frame:
        data = self._encode(wall_ms)
        key = bool(sets_of(self._kind.codec, data))
        return frame_of(self._kind.codec, data, dts=0, pts=0, key=key)

    def _encode(self, wall_ms: int) -> bytes:
        from av.video.frame import PictureType, VideoFrame  # noqa: PLC0415

        background = next(self._backgrounds)
        picture = VideoFrame(self._kind.width, self._kind.height, "yuv420p")
        for number, (plane, source) in enumerate(zip(picture.planes, background.planes, strict=True)):
            content = bytearray(bytes(source))
            if number == 0:
                clockface.draw(content, plane.width, plane.height, source.line_size, wall_ms)
            plane.update(_restrided(content, source.line_size, plane.line_size, plane.height))
        picture.pts = self._count
        self._count += 1
        picture.pict_type = PictureType.NONE
        if self._key_wanted.is_set():
            self._key_wanted.clear()
            picture.pict_type = PictureType.I
        return b"".join(bytes(packet) for packet in self._encoder.encode(picture))

    def _publish(self, frame: Frame, wall_ms: int) -> None:
        for sender in list(self._senders):
            sender.emit_live(frame, wall_ms)


def _restrided(content: bytearray, had: int, wanted: int, lines: int) -> bytes:
    if had == wanted:
        return bytes(content)
    width = min(had, wanted)
    return b"".join(bytes(content[y * had : y * had + width]).ljust(wanted, b"\0") for y in range(lines))
