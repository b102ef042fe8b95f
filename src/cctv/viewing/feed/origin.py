"""Where a camera's live samples come from: the recorder that holds its lease, found by a row."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from cctv.base.ids import CameraId
from cctv.viewing.feed.errors import FeedUnavailable
from cctv.viewing.feed.model import Stream

_OPEN_LIMIT_S = 3.0
_LARGEST_MESSAGE_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Origin:
    """A recorder's internal address, ``host:port``."""

    address: str
    credential: str = field(default="", repr=False)
    """What the recorder wants to see: a token of this service."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Given: over TLS only, with a certificate that this context trusts for ``tls_name``."""
    tls_name: str = ""

    async def messages(self, camera: CameraId, stream: Stream) -> AsyncIterator[str | bytes]:
        """Messages of ``media/live_wire`` until the recorder ends; :class:`FeedUnavailable` when it fails."""
        url = f"{'ws' if self.tls is None else 'wss'}://{self.address}/internal/live/{camera}/{stream}"
        try:
            async with connect(
                url,
                open_timeout=_OPEN_LIMIT_S,
                max_size=_LARGEST_MESSAGE_BYTES,
                compression=None,
                proxy=None,
                additional_headers={"Authorization": f"Bearer {self.credential}"},
                max_queue=64,
                ssl=self.tls,
                server_hostname=None if self.tls is None else self.tls_name,
            ) as wire:
                async for message in wire:
                    yield message
        except (OSError, TimeoutError, WebSocketException) as fault:
            raise FeedUnavailable(f"the recorder at {self.address} ended the feed: {fault}") from fault


Origins = Callable[[CameraId], Awaitable[Origin | None]]
"""Who holds the camera now, or ``None``."""
