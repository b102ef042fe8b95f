"""Looks at what was recorded as a browser does: grant, playlist, byte ranges, a decoded picture."""

import re
import time
from dataclasses import dataclass
from datetime import datetime

import httpx

from cctv.media.stills.still import decode_still

_MAP = re.compile(r'#EXT-X-MAP:URI="(?P<uri>[^"]+)",BYTERANGE="(?P<bytes>\d+)@(?P<at>\d+)"')
_RANGE = re.compile(r"#EXT-X-BYTERANGE:(?P<bytes>\d+)@(?P<at>\d+)\n(?:#[^\n]*\n)*(?P<uri>[^#\n][^\n]*)")
_JPEG = b"\xff\xd8\xff"


class NotPlayable(Exception):
    """What a player needs is not there."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Part of a file, as a playlist names it."""

    uri: str
    start: int
    size: int

    def fetch(self, api: httpx.Client, playlist: httpx.URL) -> bytes:
        """The bytes through the gateway; all of them and nothing else."""
        headers = {"Range": f"bytes={self.start}-{self.start + self.size - 1}"}
        answer = api.get(playlist.join(self.uri), headers=headers)
        if answer.status_code != httpx.codes.PARTIAL_CONTENT or len(answer.content) != self.size:
            raise NotPlayable(f"{answer.status_code} with {len(answer.content)} bytes for {self}")
        return answer.content


def first_frame_ms(api: httpx.Client, camera: str, start: datetime, end: datetime) -> float:
    """Milliseconds from nothing to the first decoded picture of a range."""
    began = time.perf_counter()
    wanted = {"camera": camera, "from": start.isoformat(), "to": end.isoformat()}
    grant = api.post("/api/v1/playback/grants", json=wanted).raise_for_status().json()
    index = api.get(grant["url"]).raise_for_status()
    playlist = api.get(_variant(index)).raise_for_status()
    head, fragment = (_first(pattern, playlist.text) for pattern in (_MAP, _RANGE))
    picture = decode_still(head.fetch(api, playlist.url), fragment.fetch(api, playlist.url), at_90k=0, exact=False)
    if not picture.jpeg.startswith(_JPEG):
        raise NotPlayable("the first fragment gives no picture")
    return round((time.perf_counter() - began) * 1000, 1)


def still_is_there(api: httpx.Client, camera: str, at: datetime, *, findings: list[str]) -> None:
    """A still of a moment must be a JPEG; what is wrong goes to ``findings``."""
    answer = api.get("/api/v1/playback/still", params={"camera": camera, "at": at.isoformat(), "exact": "true"})
    if answer.status_code != httpx.codes.OK or not answer.content.startswith(_JPEG):
        findings.append(f"{camera}: no still at {at:%H:%M:%S}: {answer.status_code} {answer.text[:200]!r}")


def _variant(index: httpx.Response) -> httpx.URL:
    lines = index.text.splitlines()
    uri = next((line for line in lines if line and not line.startswith("#")), None)
    if uri is None:
        raise NotPlayable("the multivariant playlist names no variant")
    return index.url.join(uri)


def _first(pattern: re.Pattern[str], playlist: str) -> ByteRange:
    match = pattern.search(playlist)
    if match is None:
        raise NotPlayable(f"the playlist has no {pattern.pattern[1:12]}")
    return ByteRange(uri=match["uri"], start=int(match["at"]), size=int(match["bytes"]))
