"""What becomes of what a feed gives; the feed is a script."""

import pytest

from cctv.media.errors import StreamUnusable
from cctv.media.intake.demux import Stream
from cctv.media.intake.feed import FedPicture, Taker
from cctv.media.interruption import Interruption
from cctv.media.model import AudioParams, VideoCodec


class Scripted:
    """Gives the same picture 25 times a second, for ever."""

    def __init__(self, codec: VideoCodec, picture: bytes) -> None:
        self.codec = codec
        self.described: list[bytes] = []
        self.description: str | None = None
        self.sound_codec: str | None = None
        self.sound: AudioParams | None = None
        self.lost_packets = 0
        self._picture = picture
        self._at_90k = 0

    def advance(self, taker: Taker, *, wait: bool = True) -> None:
        assert wait
        self._at_90k += 3600
        taker.take_picture(FedPicture(self._picture, True, self._at_90k, []))

    def fileno(self) -> int | None:
        return None

    def tend(self) -> None:
        raise NotImplementedError

    def camera_time_us(self, pts_90k: int) -> int | None:
        raise NotImplementedError(pts_90k)

    def close(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("codec", "picture", "words"),
    [
        # RTP has a byte for an eighth of the width; of wider pictures libav makes JPEGs without a size.
        (VideoCodec.MJPEG, b"\xff\xd8\xff\xc0\0\x11\x08\0\0\0\0\3" + bytes(9), "wider or higher than 2040 pixels"),
        (VideoCodec.H264, b"\0\0\0\3\x65\x88\x84", "SPS, PPS"),
    ],
)
def test_why_nothing_can_be_decoded_is_said(codec: VideoCodec, picture: bytes, words: str) -> None:
    with pytest.raises(StreamUnusable, match=words):
        Stream(Scripted(codec, picture), Interruption()).learn(0.05)
