"""Valkey: what may be lost. Everything here is rebuilt within a second or a heartbeat after ``FLUSHALL``."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from cctv.base.errors import Unavailable

_ANSWER_LIMIT_S = 3.0


class CacheUnavailable(Unavailable):
    """The cache does not answer; try again in a moment."""

    code = "cache_unavailable"
    message_ar = "الذاكرة المؤقتة لا تستجيب؛ حاول مرة أخرى بعد قليل."


class Cache:
    """One connection pool; ``client`` is the library's own, with bytes in and out."""

    def __init__(self, url: str) -> None:
        self.client: Valkey = Valkey.from_url(
            url, socket_timeout=_ANSWER_LIMIT_S, socket_connect_timeout=_ANSWER_LIMIT_S, health_check_interval=15
        )

    async def publish(self, channel: str, message: dict[str, Any]) -> None:
        """Tell whoever listens now; :class:`CacheUnavailable` when Valkey is away."""
        try:
            await self.client.publish(channel, json.dumps(message, separators=(",", ":")))
        except (ValkeyError, OSError) as fault:
            raise CacheUnavailable from fault

    async def subscribe(self, channel: str) -> AsyncIterator[dict[str, Any] | None]:
        """Messages of ``channel`` until Valkey is away, which raises :class:`CacheUnavailable`.

        ``None`` comes first, and again whenever the library has connected anew by itself: what was said while
        nobody listened is lost.
        """
        try:
            async with self.client.pubsub() as wire:
                await wire.subscribe(channel)
                while True:
                    message = await wire.get_message(timeout=_ANSWER_LIMIT_S / 2)
                    if message is not None:
                        yield json.loads(message["data"]) if message["type"] == "message" else None
        except (ValkeyError, OSError) as fault:
            raise CacheUnavailable from fault

    async def ping(self) -> str | None:
        """What is wrong with Valkey, or ``None``."""
        try:
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                await self.client.ping()
        except (ValkeyError, OSError, TimeoutError) as fault:
            return str(fault) or "no answer"
        return None

    async def close(self) -> None:
        await self.client.aclose()
