"""Whether what cameras send can be decoded: a GOP of each, now and then, in a child process.

A recorder decodes nothing. Noise in the place of pictures would be recorded as it comes, and look well.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Literal, NamedTuple, Protocol

from cctv.base.clock import US_PER_S, Clock
from cctv.infra.telemetry import log
from cctv.media.coding.nal import begins_anew, split_lengths
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
_TOLD_AGAIN_US = 600 * US_PER_S
_LOST_US = 60 * US_PER_S
_LOST_PAUSE_S = 5.0
"""A machine that cannot start decoders, or not keep them, is not kept busy with it."""

_MOST_FRAMES = 25
_DECODE_S = 20.0

News = Literal["broken", "mended"]


class Turn(NamedTuple):
    """Whose turn it is: the greatest first. ``session`` tells what is learnt of one that has ended meanwhile."""

    urgency: int
    late_us: int
    session: int


class Proof:
    """What is known of one camera's pictures. ``broken``: they cannot be decoded. Used from several threads."""

    def __init__(self, *, clock: Clock, first_s: float, every_s: float) -> None:
        self._clock = clock
        self._first_us = int(first_s * US_PER_S)
        self._every_us = int(every_s * US_PER_S)
        self._guard = threading.Lock()
        self._session = 0
        self._due_us: int | None = None
        self._contrary = self._told_us = 0
        self._looked = False
        self.broken = False

    def begin(self) -> None:
        """Video comes from now on."""
        with self._guard:
            self._another_session()
            if self._every_us:
                self._due_us = self._clock.monotonic_us() + self._first_us

    def end(self, *, forget: bool = False) -> None:
        """It comes no longer; with ``forget`` from another stream next."""
        with self._guard:
            self._another_session()
            if forget:
                self.broken = False

    def turn(self) -> Turn | None:
        """``None``: it is not time to look. Where a verdict is being made is first, then news, then the rest."""
        with self._guard:
            late_us = -1 if self._due_us is None else self._clock.monotonic_us() - self._due_us
            if late_us < 0:
                return None
            urgency = 2 if self._contrary else int(self.broken or not self._looked)
            return Turn(urgency, late_us, self._session)

    def later(self, turn: Turn, in_us: int | None = None) -> None:
        """Nothing could be learnt."""
        with self._guard:
            if turn.session == self._session:
                self._contrary, self._looked = 0, True
                self._due_us = self._clock.monotonic_us() + (self._every_us if in_us is None else in_us)

    def learnt(self, turn: Turn, *, decodable: bool) -> News | None:
        """A GOP was looked at; what is to be done for it. ``broken`` is said again every ten minutes."""
        with self._guard:
            if turn.session != self._session:
                return None
            now_us = self._clock.monotonic_us()
            self._looked = True
            self._due_us = now_us + self._every_us
            if decodable != self.broken:
                self._contrary = 0
                if not self.broken or now_us - self._told_us < _TOLD_AGAIN_US:
                    return None
            else:
                self._contrary += 1
                if self._contrary < _IN_A_ROW:
                    self._due_us = now_us + _AGAIN_US
                    return None
                self.broken, self._contrary = not decodable, 0
            self._told_us = now_us
            return "broken" if self.broken else "mended"

    def _another_session(self) -> None:
        self._session += 1
        self._due_us = None
        self._contrary, self._looked = 0, False


class Proven(Protocol):
    """A camera that is looked at."""

    proof: Proof

    def at_hand(self) -> tuple[TrackParams, list[Sample]] | None:
        """Its newest GOP as far as it has come."""
        ...

    def proved(self, turn: Turn, *, decodable: bool) -> None:
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
                try:
                    await self._next()
                except Exception:  # noqa: BLE001 - a loop's frame: all cameras are recorded beside it
                    log.exception("proof_failed")
                    await asyncio.sleep(_LOST_PAUSE_S)
        finally:
            await self._decoders.close()

    async def _next(self) -> None:
        """Look at the camera whose turn it is, if any."""
        turns = ((turn, post) for post in self._posts() if (turn := post.proof.turn()) is not None)
        first = max(turns, key=lambda one: one[0], default=None)
        if first is None:
            return
        turn, post = first
        try:
            job = await asyncio.to_thread(_job, post.at_hand())
            if job is None:
                post.proof.later(turn)
                return
            await self._decoders.decode(job)
        except DamagedMedia:
            post.proved(turn, decodable=False)
        except DecoderLost:  # says nothing of the camera: the machine may be overloaded
            post.proof.later(turn, _LOST_US)
            await asyncio.sleep(_LOST_PAUSE_S)
        except Exception:
            post.proof.later(turn, _LOST_US)  # or it would be its turn again before all others
            raise
        else:
            post.proved(turn, decodable=True)
        await asyncio.sleep(_PAUSE_S)


def _job(at_hand: tuple[TrackParams, list[Sample]] | None) -> DecodeJob | None:
    """The GOP's first pictures as a file of their own; ``None`` where they prove nothing.

    So it is after a key frame that is refreshed bit by bit, or whose leading pictures need what was before it.
    """
    if at_hand is None:
        return None
    params, gop = at_hand
    first = (sample for sample in gop if sample.track == "video")
    pictures = [replace(sample) for sample in islice(first, _MOST_FRAMES)]  # copies: others use them, too
    if not begins_anew(params.video.codec, split_lengths(pictures[0].data)):
        return None
    video = TrackParams(params.video)
    fragmenter = Fragmenter(video, wall_us=lambda _: 0)
    fragments = [one for picture in pictures for one in fragmenter.push(picture)] + fragmenter.flush()
    return DecodeJob(init=init_segment(video), gop=b"".join(one.data for one in fragments), wish=Wish.PROOF)
