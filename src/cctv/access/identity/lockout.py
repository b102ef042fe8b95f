"""Tries at passwords and codes are counted before they are judged, in Valkey, over all processes.

Three counts stand in each other's stead: a name from one address, a name from anywhere, an address with any name.
Each lets some tries pass freely, then makes the next wait twice as long as the last, a quarter of an hour at most.
Names that exist and names that do not are counted alike. While Valkey is away each process counts by itself.

A try that was right makes its name start anew. From its address's count it takes back itself and no other: a
control room behind one address may sign in as often as it likes, and who owns one account gains nothing for trying
others.
"""

import hashlib
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from valkey.exceptions import ValkeyError

from cctv.access.identity.errors import TooManyTries
from cctv.access.identity.model import name_key
from cctv.infra.cache import Cache

LONGEST_WAIT_S: Final = 900
_MEMORY_S: Final = 2 * LONGEST_WAIT_S
"""A name is remembered so long after its last try, an address after its first: many people share it."""
_FREE: Final = {"pair": 5, "name": 20, "address": 50}
_MOST_KEPT: Final = 10_000

# KEYS: a count each, the address's last; ARGV: free tries of each, then the longest wait and how long a count is
# kept, in seconds. Returns the seconds to wait, 0 for a try that may be made, and until when the address must wait
# because of it. A refused try is not counted.
_TAKE: Final = """
local now = redis.call('TIME')[1] + 0
local longest, kept = ARGV[#KEYS + 1] + 0, ARGV[#KEYS + 2] + 0
local wait, blocked = 0, 0
for _, key in ipairs(KEYS) do
    wait = math.max(wait, (redis.call('HGET', key, 'until') or 0) - now)
end
if wait > 0 then return {wait, 0} end
for at, key in ipairs(KEYS) do
    local over = redis.call('HINCRBY', key, 'count', 1) - ARGV[at]
    blocked = 0
    if over >= 0 then
        blocked = now + math.min(longest, 2 ^ math.min(over, 20))
        redis.call('HSET', key, 'until', blocked)
    end
    if at < #KEYS or redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, kept) end
end
return {0, blocked}
"""

# KEYS: as above; ARGV: until when the address had to wait because of this try. Who made it wait since, still does.
_RIGHT: Final = """
local address = KEYS[#KEYS]
for at = 1, #KEYS - 1 do redis.call('DEL', KEYS[at]) end
if (redis.call('HGET', address, 'count') or 0) + 0 > 0 then redis.call('HINCRBY', address, 'count', -1) end
if (redis.call('HGET', address, 'until') or 0) + 0 == ARGV[1] + 0 then redis.call('HDEL', address, 'until') end
"""


@dataclass(frozen=True, slots=True)
class Try:
    """A try that was counted under ``keys``, the address's last; 0: its address need not wait because of it."""

    keys: tuple[str, ...]
    blocked_until_s: float
    alone: bool = False


@dataclass(slots=True)
class _Count:
    """One that this process keeps while Valkey is away, on its monotonic clock."""

    forgotten_at_s: float
    tries: int = 0
    blocked_until_s: float = 0.0


class Lockout:
    """Counts tries. ``take`` before each, ``right`` after one that was right."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._alone: dict[str, _Count] = {}

    async def take(self, name: str, address: str, *, by_name: bool = True) -> Try:
        """Count a try; :class:`TooManyTries` with ``retry_after_s`` when it must wait.

        Without ``by_name`` strangers elsewhere cannot lock this name out: for the account of last resort.
        """
        kinds = ("pair", "name", "address") if by_name else ("pair", "address")
        keys = tuple(_key(kind, name, address) for kind in kinds)
        free = [_FREE[kind] for kind in kinds]
        numbers = [str(number) for number in (*free, LONGEST_WAIT_S, _MEMORY_S)]
        alone = False
        try:
            answer = self._cache.client.eval(_TAKE, len(keys), *keys, *numbers)
            wait_s, blocked_until_s = await cast(Awaitable[Any], answer)
        except (ValkeyError, OSError):
            alone = True
            wait_s, blocked_until_s = self._take_alone(keys, free)
        if wait_s > 0:
            raise TooManyTries(retry_after_s=int(wait_s))
        return Try(keys, blocked_until_s, alone)

    async def right(self, one: Try) -> None:
        """The try was right: see above."""
        if one.alone:
            self._right_alone(one)
            return
        try:
            answer = self._cache.client.eval(_RIGHT, len(one.keys), *one.keys, str(one.blocked_until_s))
            await cast(Awaitable[Any], answer)
        except (ValkeyError, OSError):
            return

    def _take_alone(self, keys: Sequence[str], free: Sequence[int]) -> tuple[int, float]:
        now_s = time.monotonic()
        if len(self._alone) >= _MOST_KEPT:
            self._alone.clear()
        counts = [self._count_alone(key, now_s) for key in keys]
        wait_s = max(count.blocked_until_s for count in counts) - now_s
        if wait_s > 0:
            return int(wait_s) + 1, 0.0
        for at, (count, most) in enumerate(zip(counts, free, strict=True)):
            count.tries += 1
            over = count.tries - most
            count.blocked_until_s = now_s + min(LONGEST_WAIT_S, 2 ** min(over, 20)) if over >= 0 else 0.0
            if at < len(counts) - 1:
                count.forgotten_at_s = now_s + _MEMORY_S
        return 0, counts[-1].blocked_until_s

    def _count_alone(self, key: str, now_s: float) -> _Count:
        count = self._alone.get(key)
        if count is None or count.forgotten_at_s <= now_s:
            count = self._alone[key] = _Count(now_s + _MEMORY_S)
        return count

    def _right_alone(self, one: Try) -> None:
        *names, address = one.keys
        for key in names:
            self._alone.pop(key, None)
        count = self._alone.get(address)
        if count is None:
            return
        count.tries = max(0, count.tries - 1)
        if count.blocked_until_s == one.blocked_until_s:
            count.blocked_until_s = 0.0


def _key(kind: str, name: str, address: str) -> str:
    who = {"pair": f"{name_key(name)}\0{address}", "name": name_key(name), "address": address}[kind]
    return f"cctv:tries:{kind}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
