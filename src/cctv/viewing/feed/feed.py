"""One watched camera stream: a task that reads the origin, the GOP at hand, and the viewers."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

from cctv.base.ids import CameraId
from cctv.base.tasks import end
from cctv.infra.telemetry import log
from cctv.media.live_wire import LiveParams, WireBroken, read_params, read_sample
from cctv.media.mp4.fragmenter import Fragmenter
from cctv.viewing.feed.errors import FeedUnavailable
from cctv.viewing.feed.metrics import upstreams
from cctv.viewing.feed.model import Announced, FeedState, Frame, Message, Stream
from cctv.viewing.feed.origin import Origins
from cctv.viewing.feed.settings import FeedSettings
from cctv.viewing.feed.viewer import Viewer

_LONGEST_RETRY_S = 5.0


class Feed:
    """Reads one upstream and hands each message to every viewer. Lives in one event loop."""

    def __init__(self, camera: CameraId, stream: Stream, *, origins: Origins, settings: FeedSettings) -> None:
        self.camera = camera
        self.stream: Stream = stream
        self._origins = origins
        self._settings = settings
        self._viewers: set[Viewer] = set()
        self._params: LiveParams | None = None
        self._state: FeedState | None = None
        self._gop: list[Frame] = []
        self._gop_bytes = 0
        self._fragments: Fragmenter | None = None
        self._wall_us = 0
        self._task = asyncio.create_task(self._run(), name=f"feed {camera} {stream}")

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Viewer]:
        """A viewer who first gets what is ready: state, parameters, and the GOP at hand."""
        viewer = Viewer(limit_bytes=self._settings.viewer_queue_bytes)
        viewer.begin(self._ready())
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    async def close(self) -> None:
        await end([self._task])

    def _ready(self) -> Iterator[Message]:
        if self._state is not None:
            yield self._state
        if self._params is not None:
            yield Announced(self._params)
            yield from self._gop

    async def _run(self) -> None:
        wait_s = self._settings.feed_retry_s
        with upstreams.track_inprogress():
            while True:
                try:
                    await self._read_origin()
                    wait_s = self._settings.feed_retry_s
                except (FeedUnavailable, WireBroken) as fault:
                    log.info("feed_interrupted", camera=str(self.camera), stream=self.stream, reason=fault.message)
                    self._say(FeedState("connecting", "restart", fault.message))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_RETRY_S)

    async def _read_origin(self) -> None:
        origin = await self._origins(self.camera)
        if origin is None:
            raise FeedUnavailable
        async for message in origin.messages(self.camera, self.stream):
            if isinstance(message, str):
                self._heard(json.loads(message))
            else:
                self._received(message)
        raise FeedUnavailable("the recorder ended the feed")

    def _heard(self, message: dict[str, object]) -> None:
        match message.get("type"):
            case "params":
                self._params = read_params(message)
                self._fragments = None
                self._gop, self._gop_bytes = [], 0
                self._tell(Announced(self._params))
            case "state":
                words = {name: str(message[name]) for name in ("cause", "words") if message.get(name)}
                self._say(FeedState(str(message.get("state")), **words))

    def _received(self, message: bytes) -> None:
        sample, self._wall_us = read_sample(message)
        if self._params is None:
            return
        if self._fragments is None:
            self._fragments = Fragmenter(self._params.tracks(), wall_us=lambda _dts: self._wall_us, max_90k=0)
        for fragment in self._fragments.push(sample):
            frame = Frame(fragment.data, fragment.key_bytes > 0, sample.pts_90k, fragment.wall_us)
            self._keep(frame)
            self._tell(frame)

    def _keep(self, frame: Frame) -> None:
        if frame.key:
            self._gop, self._gop_bytes = [], 0
        elif not self._gop:
            return
        self._gop.append(frame)
        self._gop_bytes += len(frame.data)
        if self._gop_bytes > self._settings.feed_gop_bytes:
            self._gop, self._gop_bytes = [], 0  # a viewer who comes now waits for the next key frame

    def _say(self, state: FeedState) -> None:
        if state != self._state:
            self._state = state
            self._tell(state)

    def _tell(self, message: Message) -> None:
        for viewer in self._viewers:
            viewer.put(message)
