"""How tries are counted: by name, and by an address that many people share."""

from collections.abc import AsyncIterator, Awaitable
from types import SimpleNamespace
from typing import cast

import pytest
from tests.integration.identity.conftest import PASSWORD, Joining, Replica, sign_in

from cctv.access.identity import Lockout
from cctv.access.identity import lockout as counting
from cctv.access.identity.errors import TooManyTries
from cctv.infra.cache import Cache

OFFICE = "10.0.0.1"


@pytest.fixture(params=["in Valkey", "alone"])
async def lockout(cache: Cache, request: pytest.FixtureRequest) -> AsyncIterator[Lockout]:
    """Over a Valkey that is there, and over one that is not."""
    away = Cache("valkey://127.0.0.1:1")
    yield Lockout(cache if request.param == "in Valkey" else away)
    await away.close()


async def wrong(lockout: Lockout, times: int) -> None:
    """Tries from the office that are wrong, each at another name."""
    for number in range(times):
        await lockout.take(f"user {number}", OFFICE)


async def test_a_control_room_behind_one_address_signs_in_as_often_as_it_likes(
    replica: Replica, join: Joining
) -> None:
    for name in ("mariam", "omar"):
        await join(name)
    for _ in range(30):
        for name in ("mariam", "omar"):
            async with replica.browser() as browser:
                await sign_in(browser, name, PASSWORD)


async def test_who_is_right_in_between_tries_others_no_longer(lockout: Lockout) -> None:
    for number in range(50):
        await lockout.right(await lockout.take("mine", OFFICE))
        await lockout.take(f"user {number}", OFFICE)
    with pytest.raises(TooManyTries):
        await wrong(lockout, 4)  # not one: where a second begins just now, the first may pass


async def test_who_is_right_makes_nobody_wait(lockout: Lockout) -> None:
    await wrong(lockout, 49)
    for _ in range(5):
        await lockout.right(await lockout.take("mine", OFFICE))


async def test_what_others_did_meanwhile_is_not_taken_back(lockout: Lockout, cache: Cache) -> None:
    slow = await lockout.take("mine", OFFICE)
    await wrong(lockout, 49)
    await lockout.right(slow)
    *_, address = slow.keys
    count = lockout._alone.get(address)
    if count is None:
        assert await cast(Awaitable[bool], cache.client.hexists(address, "until"))
    else:
        assert count.blocked_until_s > 0


async def test_a_name_starts_anew_when_it_was_right(lockout: Lockout) -> None:
    for _ in range(3):
        for _ in range(4):
            await lockout.take("mine", OFFICE)
        await lockout.right(await lockout.take("mine", OFFICE))


async def test_right_tries_of_a_count_that_was_forgotten_leave_none(lockout: Lockout, cache: Cache) -> None:
    late = await lockout.take("mine", OFFICE)
    await cache.client.flushall()
    lockout._alone.clear()
    await lockout.right(late)
    assert await cache.client.keys("cctv:tries:*") == []
    assert lockout._alone == {}


async def test_an_address_is_remembered_from_its_first_try_on(cache: Cache) -> None:
    lockout = Lockout(cache)
    await lockout.take("mine", OFFICE)
    async for key in cache.client.scan_iter("cctv:tries:*"):
        await cache.client.expire(key, 100)
    await lockout.take("mine", OFFICE)
    left_s = {
        key.split(b":")[2]: await cache.client.ttl(key) async for key in cache.client.scan_iter("cctv:tries:*")
    }
    assert left_s[b"address"] <= 100
    assert min(left_s[b"pair"], left_s[b"name"]) > 100


async def test_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr(counting, "time", SimpleNamespace(monotonic=lambda: now_s))
    away = Cache("valkey://127.0.0.1:1")
    lockout = Lockout(away)
    await wrong(lockout, 49)
    now_s += 1799
    await lockout.take("user 49", OFFICE)
    with pytest.raises(TooManyTries):
        await lockout.take("user 50", OFFICE)
    now_s += 1
    await wrong(lockout, 49)
    await away.close()
