"""The check at every object: camera, time, path, expiry, withdrawal."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import ManualClock, from_us, to_us
from cctv.base.errors import CctvError, Unavailable
from cctv.base.ids import CameraId, ObjectName, new_run_id, object_name
from cctv.base.span import Span
from cctv.infra.keys import Keyring
from cctv.viewing.playback import grants
from cctv.viewing.playback.errors import BadGrant, GrantExpired, GrantWithdrawn, OutsideGrant
from cctv.viewing.playback.granting.withdrawals import Withdrawals
from cctv.viewing.playback.grants import Grant
from cctv.viewing.playback.lru import WeightedLru
from cctv.viewing.playback.model import (
    Purpose,
    Withdrawal,
    subject_of_actor,
    subject_of_camera,
    subject_of_grant,
)
from cctv.viewing.playback.rights import MediaAddress, Rights

NOW_US = 1_795_000_000_000_000
KEYS = Keyring({1: b"s" * 32}, b"k" * 32)
CAMERA = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"))
OTHER = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a4"))
START = from_us(NOW_US - 3_600_000_000)
MINUTE = timedelta(minutes=1)


def name_of(camera: CameraId, started: object = START) -> str:
    run = new_run_id(started_us=NOW_US, fence=1)
    return object_name(agency="METRO", camera=camera, run=run, seq=4, started=START)


class World:
    """Rights over a catalogue that knows one time for every object."""

    def __init__(self, found: Span | None = None) -> None:
        self.found = found or Span(START, START + MINUTE)
        self.asked: list[ObjectName] = []
        self.clock = ManualClock(NOW_US)
        self.withdrawn = Withdrawals()
        self.withdrawn.replace([])
        self.times: WeightedLru[str, Span] = WeightedLru(limit=100)
        self.gone = False
        self.fetches = 0
        self.rights = Rights(
            signer=KEYS,
            clock=self.clock,
            withdrawn=self.withdrawn,
            times=self.times,
            find=self._find,
            watching=self,
        )

    async def still_may(self, _grant: Grant) -> None:
        if self.gone:
            raise GrantWithdrawn

    def fetched(self, _grant: Grant, _address: str) -> None:
        self.fetches += 1

    async def _find(self, name: ObjectName) -> Span | None:
        self.asked.append(name)
        return self.found

    def grant(self, camera: CameraId = CAMERA, span: Span | None = None) -> str:
        one = grants.issue(
            actor="person",
            camera=camera,
            span=span or Span(START, START + MINUTE * 10),
            now_us=self.clock.wall_us(),
            purpose=Purpose.PLAYBACK,
            renewable=True,
        )
        return self.rights.seal(one)

    async def check(self, camera: object, grant: str, name: str) -> None:
        await self.rights.check(MediaAddress(camera=str(camera), grant=grant, object_name=name))


async def test_a_grant_whose_holder_lost_the_right_opens_nothing() -> None:
    world = World()
    grant, name = world.grant(), name_of(CAMERA)
    await world.check(CAMERA, grant, name)
    world.gone = True
    with pytest.raises(GrantWithdrawn):
        await world.check(CAMERA, grant, name)
    assert world.fetches == 1


async def test_the_right_grant_passes_and_the_second_time_nothing_is_looked_up() -> None:
    world = World()
    name = name_of(CAMERA)
    for _ in range(3):
        await world.check(CAMERA, world.grant(), name)
    assert len(world.asked) == 1
    assert world.rights.sessions.count() == 3


async def test_a_grant_for_one_camera_does_not_open_another() -> None:
    world = World()
    for address, grant, named in ((CAMERA, OTHER, CAMERA), (OTHER, CAMERA, OTHER), (OTHER, CAMERA, CAMERA)):
        with pytest.raises(OutsideGrant):
            await world.check(address, world.grant(grant), name_of(named))


@given(
    grant=st.tuples(st.integers(-7200, 7200), st.integers(1, 3600)),
    segment=st.tuples(st.integers(-7200, 7200), st.integers(1, 600)),
)
async def test_only_segments_that_touch_the_granted_time_pass(
    grant: tuple[int, int], segment: tuple[int, int]
) -> None:
    def span(begin_s: int, length_s: int) -> Span:
        begin = START + timedelta(seconds=begin_s)
        return Span(begin, begin + timedelta(seconds=length_s))

    world = World(span(*segment))
    allowed = max(grant[0], segment[0]) < min(sum(grant), sum(segment))
    if allowed:
        await world.check(CAMERA, world.grant(span=span(*grant)), name_of(CAMERA))
    else:
        with pytest.raises(OutsideGrant):
            await world.check(CAMERA, world.grant(span=span(*grant)), name_of(CAMERA))


async def test_a_segment_that_has_grown_is_looked_up_again() -> None:
    world = World(Span(START, START + MINUTE))
    name = name_of(CAMERA)
    await world.check(CAMERA, world.grant(), name)
    world.found = Span(START, START + MINUTE * 2)
    later = Span(START + MINUTE * 1.5, START + MINUTE * 3)
    await world.check(CAMERA, world.grant(span=later), name)


PATHS = [
    "../../../../etc/passwd",
    "METRO/{other}/2026/11/23/{run}-000004.mp4",
    "METRO/{own}/../{other}/2026/11/23/{run}-000004.mp4",
    "METRO/{own}%2f..%2f{other}/2026/11/23/{run}-000004.mp4",
    "METRO%2F{own}/2026/11/23/{run}-000004.mp4",
    "METRO/{own}/2026/11/23/{run}-000004.mp4/../../x",
    "METRO/{own}/2026/11/23/{run}-000004.mp4\n",
    "METRO/{own}/2026/11/23/{run}-000004.mp4?x",
    "METRO/{upper}/2026/11/23/{run}-000004.mp4",
    "/METRO/{own}/2026/11/23/{run}-000004.mp4",
    "METRO//{own}/2026/11/23/{run}-000004.mp4",
    "\u0645/{own}/2026/11/23/{run}-000004.mp4",
    "",
]


@pytest.mark.parametrize("path", PATHS)
async def test_tricks_with_paths_fail(path: str) -> None:
    world = World()
    name = path.format(own=CAMERA, other=OTHER, upper=str(CAMERA).upper(), run="0" * 32)
    with pytest.raises(OutsideGrant):
        await world.check(CAMERA, world.grant(), name)
    assert not world.asked


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
async def test_noise_is_refused_and_never_breaks(camera: str, grant: str, name: str) -> None:
    with pytest.raises(CctvError):
        await World().check(camera, grant, name)


async def test_an_expired_grant_fails_even_when_the_object_is_known() -> None:
    world = World()
    name, grant = name_of(CAMERA), world.grant()
    await world.check(CAMERA, grant, name)
    world.clock.advance(300_000_000)
    with pytest.raises(GrantExpired):
        await world.check(CAMERA, grant, name)


async def test_a_forged_grant_fails() -> None:
    world = World()
    with pytest.raises(BadGrant):
        await world.check(CAMERA, world.grant()[:-2] + "AA", name_of(CAMERA))


async def test_before_the_withdrawals_are_known_nothing_passes() -> None:
    world = World()
    world.rights = Rights(
        signer=KEYS,
        clock=world.clock,
        withdrawn=Withdrawals(),
        times=world.times,
        find=world._find,
        watching=world,
    )
    with pytest.raises(Unavailable):
        await world.check(CAMERA, world.grant(), name_of(CAMERA))


def withdrawn_at(subject: str, us: int) -> Withdrawal:
    return Withdrawal(subject=subject, at=from_us(us), needed_until=from_us(us) + timedelta(days=1))


async def test_a_withdrawn_grant_is_dead_with_all_its_renewals() -> None:
    world = World()
    grant = world.grant()
    world.clock.advance(60_000_000)
    renewed = world.rights.seal(world.rights.renew(grant))
    ident = world.rights.open(grant).name
    world.withdrawn.replace([withdrawn_at(subject_of_grant(ident), world.clock.wall_us() - 30_000_000)])
    for text in (grant, renewed):
        with pytest.raises(GrantWithdrawn):
            await world.check(CAMERA, text, name_of(CAMERA))
    await world.check(CAMERA, world.grant(), name_of(CAMERA))


@pytest.mark.parametrize("subject", [subject_of_actor("person"), subject_of_camera(CAMERA)])
async def test_withdrawing_a_person_or_camera_kills_what_was_issued_before(subject: str) -> None:
    world = World()
    before = world.grant()
    world.clock.advance(10_000_000)
    world.withdrawn.replace([withdrawn_at(subject, world.clock.wall_us())])
    world.clock.advance(10_000_000)
    with pytest.raises(GrantWithdrawn):
        await world.check(CAMERA, before, name_of(CAMERA))
    await world.check(CAMERA, world.grant(), name_of(CAMERA))


def test_moments_survive_the_round_trip_to_the_microsecond() -> None:
    world = World()
    odd = Span(from_us(to_us(START) + 1), from_us(to_us(START) + 3))
    assert world.rights.open(world.grant(span=odd)).span == odd
