"""Whether what cameras send can be decoded: a GOP of each, now and then, in a child process.

A recorder decodes nothing. Noise in the place of pictures would be recorded as it comes, and look well.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from cctv.base.clock import US_PER_S, Clock
from cctv.infra.telemetry import log
from cctv.media.errors import DamagedMedia, DecoderLost
from cctv.media.model import Sample, TrackParams
from cctv.media.mp4.fmp4 import Fragmenter, init_segment
from cctv.media.stills.decoders import DecodeJob, Decoders
from cctv.media.stills.wire import Wish

_LOOK_S = 0.25
_PAUSE_S = 0.75
"""About one camera a second: a hundredth of a core, however many there are."""

_IN_A_ROW = 3
"""GOPs that must contradict what was known: torn pictures are no verdict, and some noise passes for a picture."""

_AGAIN_US = 2 * US_PER_S
_FIRST_OF_ALL_US = 86_400 * US_PER_S
_TOLD_AGAIN = 30
_LOST_US = 60 * US_PER_S
_LOST_PAUSE_S = 5.0
"""A machine that cannot start decoders, or not keep them, is not kept busy with it."""

_MOST_FRAMES = 8
_DECODE_S = 20.0

News = Literal["broken", "mended"]


class Proof:
    """What is known of one camera's pictures. ``broken``: they cannot be decoded."""

    def __init__(self, *, clock: Clock, first_s: float, every_s: float) -> None:
        self._clock = clock
        self._first_us = int(first_s * US_PER_S)
        self._every_us = int(every_s * US_PER_S)
        self._due_us: int | None = None
        self._contrary = self._confirmed = 0
        self.broken = False

    @property
    def overdue_us(self) -> int | None:
        """How long it is time to look; ``None``: it is not. Where a verdict is being made: longer than all."""
        late_us = -1 if self._due_us is None else self._clock.monotonic_us() - self._due_us
        if late_us < 0:
            return None
        return late_us + _FIRST_OF_ALL_US if self._contrary else late_us

    def begin(self) -> None:
        """Video comes from now on."""
        if self._every_us:
            self._next(self._first_us)

    def end(self) -> None:
        """It comes no longer."""
        self._due_us = None

    def later(self, in_us: int = _AGAIN_US) -> None:
        """Nothing could be learnt."""
        self._next(in_us)

    def learnt(self, *, decodable: bool) -> News | None:
        """A GOP was looked at; what is to be done for it. ``broken`` is said again, too, now and then."""
        if decodable != self.broken:
            self._contrary = 0
            self._confirmed += 1
            self._next(self._every_us)
            return "broken" if self.broken and self._confirmed % _TOLD_AGAIN == 0 else None
        self._contrary += 1
        if self._contrary < _IN_A_ROW:
            self._next(_AGAIN_US)
            return None
        self.broken = not decodable
        self._contrary = self._confirmed = 0
        self._next(self._every_us)
        return "broken" if self.broken else "mended"

    def _next(self, in_us: int) -> None:
        self._due_us = self._clock.monotonic_us() + in_us


class Proven(Protocol):
    """A camera that is looked at."""

    proof: Proof

    def at_hand(self) -> tuple[TrackParams, list[Sample]] | None:
        """Its newest GOP as far as it has come."""
        ...

    def proved(self, *, decodable: bool) -> None:
        """What came of it."""
        ...


class Proving:
    """One a process; its child is started when it is needed and ends when it has rested for a while."""

    def __init__(self, posts: Callable[[], Iterable[Proven]]) -> None:
        self._posts = posts
        self._decoders = Decoders(workers=1, timeout_s=_DECODE_S)

    async def run(self) -> None:
        """Look at whatever is due, for ever."""
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                late = {post: late_us for post in self._posts() if (late_us := post.proof.overdue_us) is not None}
                if late:
                    await self.prove(max(late, key=late.__getitem__))
                    await asyncio.sleep(_PAUSE_S)
        finally:
            await self._decoders.close()

    async def prove(self, post: Proven) -> None:
        """Decode what is at hand of one camera."""
        found = post.at_hand()
        if found is None:
            post.proof.later()
            return
        try:
            await self._decoders.decode(await asyncio.to_thread(_job, *found))
        except DamagedMedia:
            post.proved(decodable=False)
        except DecoderLost:  # says nothing of the camera: the machine may be overloaded
            post.proof.later(_LOST_US)
            await asyncio.sleep(_LOST_PAUSE_S)
        except Exception:  # noqa: BLE001 - a loop's frame: one camera's trouble stays its own
            log.exception("proof_failed")
            post.proof.later()
        else:
            post.proved(decodable=True)


def _job(params: TrackParams, gop: list[Sample]) -> DecodeJob:
    """The GOP's first pictures as a file of their own."""
    video = TrackParams(params.video)
    fragmenter = Fragmenter(video, wall_us=lambda _: 0)
    pictures = [sample for sample in gop if sample.track == "video"][:_MOST_FRAMES]
    fragments = [one for picture in pictures for one in fragmenter.push(picture)] + fragmenter.flush()
    return DecodeJob(init=init_segment(video), gop=b"".join(one.data for one in fragments), wish=Wish.PROOF)
