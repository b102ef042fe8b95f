"""All feeds of an edge: opened for the first viewer, kept a while after the last."""

import asyncio
import contextlib
from collections.abc import Iterator

from cctv.base.ids import CameraId
from cctv.viewing.feed.errors import TooManyFeeds
from cctv.viewing.feed.feed import Feed
from cctv.viewing.feed.model import Stream
from cctv.viewing.feed.origin import Origins
from cctv.viewing.feed.settings import FeedSettings
from cctv.viewing.feed.viewer import Viewer


class Feeds:
    """Feeds by camera and stream, in one event loop."""

    def __init__(self, *, origins: Origins, settings: FeedSettings) -> None:
        self._origins = origins
        self._settings = settings
        self._feeds: dict[tuple[CameraId, Stream], Feed] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def watch(self, camera: CameraId, stream: Stream) -> Iterator[Viewer]:
        """A viewer of the camera's stream; :class:`TooManyFeeds` when this edge holds all it may."""
        feed = self._feed(camera, stream)
        try:
            with feed.watched() as viewer:
                yield viewer
        finally:
            if not feed.viewers:
                self._close_later(feed)

    def watched(self) -> set[CameraId]:
        """Cameras that somebody watches now."""
        return {camera for (camera, _), feed in self._feeds.items() if feed.viewers}

    async def run(self) -> None:
        """Until cancelled; then all feeds end."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """End all feeds."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*(feed.close() for feed in self._feeds.values()))
        self._feeds.clear()

    def _feed(self, camera: CameraId, stream: Stream) -> Feed:
        feed = self._feeds.get((camera, stream))
        if feed is None:
            if len(self._feeds) >= self._settings.feed_most:
                raise TooManyFeeds(limit=self._settings.feed_most)
            feed = Feed(camera, stream, origins=self._origins, settings=self._settings)
            self._feeds[camera, stream] = feed
        return feed

    def _close_later(self, feed: Feed) -> None:
        task = asyncio.create_task(self._linger(feed))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _linger(self, feed: Feed) -> None:
        await asyncio.sleep(self._settings.feed_linger_s)
        if not feed.viewers and self._feeds.get((feed.camera, feed.stream)) is feed:
            del self._feeds[feed.camera, feed.stream]
            await feed.close()
