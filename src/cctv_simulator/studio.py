"""Makes tracks for kinds, each once, and shares them among all cameras."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cctv_simulator import footage, renditions
from cctv_simulator.kinds import AudioCodec, Kind
from cctv_simulator.live import LiveTrack
from cctv_simulator.tracks import Track, track_of


class Studio:
    """The tracks of one process. Coding happens in a thread: cameras that run are not disturbed."""

    def __init__(self, cache: Path, film: Path | None = None) -> None:
        self._cache = cache
        self._given = film
        self._tracks: dict[str, Track] = {}
        self._live: dict[str, LiveTrack] = {}
        self._one_at_a_time = asyncio.Lock()

    async def video(self, kind: Kind) -> tuple[Track, LiveTrack | None]:
        """The video track of `kind`, and where its frames come from if it is live."""
        async with self._one_at_a_time:
            name = kind.video_name
            if name not in self._tracks:
                if kind.live:
                    film = await asyncio.to_thread(footage.film, self._cache, self._given)
                    live = await asyncio.to_thread(LiveTrack.open, film, kind)
                    live.start(asyncio.get_running_loop())
                    self._live[name], self._tracks[name] = live, live.track
                else:
                    self._tracks[name] = await asyncio.to_thread(self._make, kind)
            return self._tracks[name], self._live.get(name)

    async def audio(self, codec: AudioCodec) -> Track:
        """The sound track in `codec`."""
        async with self._one_at_a_time:
            if codec not in self._tracks:
                made = await asyncio.to_thread(renditions.audio, self._cache, codec)
                self._tracks[codec] = track_of(made)
            return self._tracks[codec]

    def close(self) -> None:
        """Stop encoding live tracks."""
        for live in self._live.values():
            live.stop()

    def _make(self, kind: Kind) -> Track:
        return track_of(renditions.video(self._cache, footage.film(self._cache, self._given), kind))
