"""A still shows the frame of its moment: pictures carry their number as a grey step."""

import io
import random
from collections.abc import Callable
from typing import Any

import av
import pytest

from cctv.media.errors import DamagedMedia
from cctv.media.model import VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter
from cctv.media.stills.still import decode_still, prove

KINDS = [(VideoCodec.H264, 0), (VideoCodec.H264, 2), (VideoCodec.H265, 3), (VideoCodec.MJPEG, 0)]


def size(jpeg: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(jpeg), "r", format="mjpeg") as container:
        frame = next(container.decode(video=0))
        return frame.width, frame.height


def shows(jpeg: bytes, number: int) -> bool:
    """Whether the ground's grey is that of the n-th picture (a JPEG has the full range of greys)."""
    with av.open(io.BytesIO(jpeg), "r", format="mjpeg") as container:
        frame = next(container.decode(video=0))
        beside_the_bar = (number * 5 % (frame.width - 16) + frame.width // 2) % frame.width
        shade = bytes(frame.planes[0])[beside_the_bar]
    return abs(shade - (number * 7 % 200) * 255 / 219) <= 4


def recorded(made: Any) -> tuple[bytes, list[Fragment]]:
    fragmenter = Fragmenter(made.params, wall_us=lambda dts: dts)
    fragments = [one for sample in made.fresh() for one in fragmenter.push(sample)] + fragmenter.flush()
    return fmp4.init_segment(made.params), fragments


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
@pytest.mark.parametrize("number", [25, 31, 48, 49])
def test_the_exact_frame_is_shown(
    footage: Callable[..., Any], codec: VideoCodec, bframes: int, number: int
) -> None:
    init, fragments = recorded(footage(codec, bframes=bframes))
    gop = b"".join(one.data for one in fragments if 90_000 - 25_000 < one.dts_90k < 180_000)
    for at in (number * 3600, number * 3600 + 3599):
        still = decode_still(init, gop, at_90k=at)
        assert still.at_90k == number * 3600
        assert size(still.jpeg) == (320, 180)
        assert shows(still.jpeg, number)
        assert not shows(still.jpeg, number + 1)


def test_a_sample_without_bytes_does_not_end_the_decoding(footage: Callable[..., Any]) -> None:
    """Older files hold such samples where a packet of the camera's was lost."""
    made = footage()
    fragmenter = Fragmenter(made.params, wall_us=lambda dts: dts)
    samples = made.fresh()[:25]
    samples[20].data = b""
    gop = b"".join(one.data for sample in samples for one in fragmenter.push(sample))
    gop += b"".join(one.data for one in fragmenter.flush())
    assert decode_still(fmp4.init_segment(made.params), gop, at_90k=24 * 3600).at_90k == 24 * 3600


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_a_key_frame_needs_its_own_bytes_only(
    footage: Callable[..., Any], codec: VideoCodec, bframes: int
) -> None:
    init, fragments = recorded(footage(codec, bframes=bframes))
    first = fragments[0]
    still = decode_still(init, first.data[: first.key_bytes], at_90k=50_000, exact=False)
    assert still.at_90k == 0
    assert shows(still.jpeg, 0)


def test_a_still_is_scaled_down_but_never_up(footage: Callable[..., Any]) -> None:
    init, fragments = recorded(footage())
    assert size(decode_still(init, fragments[0].data, at_90k=0, width=160).jpeg) == (160, 90)
    assert size(decode_still(init, fragments[0].data, at_90k=0, width=4000).jpeg) == (320, 180)


def test_before_the_first_frame_the_first_frame_is_shown(footage: Callable[..., Any]) -> None:
    init, fragments = recorded(footage())
    assert decode_still(init, fragments[1].data, at_90k=0).at_90k == 90_000


def test_what_cannot_be_decoded_is_damaged(footage: Callable[..., Any]) -> None:
    init, fragments = recorded(footage())
    data = fragments[0].data
    noise = data[:200] + bytes(len(data) - 200)
    for gop in (b"", b"nonsense" * 10, data[:60], noise):
        with pytest.raises(DamagedMedia):
            decode_still(init, gop, at_90k=0)
    with pytest.raises(DamagedMedia):
        decode_still(init[:100], data, at_90k=0)


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
@pytest.mark.parametrize("pictures", [1, 2, 25])
def test_healthy_pictures_can_be_decoded(
    footage: Callable[..., Any], codec: VideoCodec, bframes: int, pictures: int
) -> None:
    prove(*gop_of(footage(codec, bframes=bframes), pictures))


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_a_torn_picture_is_not_held_against_the_others(
    footage: Callable[..., Any], codec: VideoCodec, bframes: int
) -> None:
    made = footage(codec, bframes=bframes)

    def tear(number: int, data: bytes) -> bytes:
        return data[: len(data) // 2] if number == 3 else data

    prove(*gop_of(made, 25, tear))


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_noise_cannot_be_decoded(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    noise = random.Random(7)

    def ruin(_: int, data: bytes) -> bytes:
        return data[:8] + noise.randbytes(len(data) - 8)

    with pytest.raises(DamagedMedia, match="cannot be decoded"):
        prove(*gop_of(footage(codec, bframes=bframes), 25, ruin))


def gop_of(made: Any, pictures: int, change: Callable[[int, bytes], bytes] | None = None) -> tuple[bytes, bytes]:
    """An init segment and the first pictures after it."""
    fragmenter = Fragmenter(made.params, wall_us=lambda dts: dts)
    samples = made.fresh()[:pictures]
    for number, sample in enumerate(samples):
        sample.data = change(number, sample.data) if change else sample.data
    fragments = [one for sample in samples for one in fragmenter.push(sample)] + fragmenter.flush()
    return fmp4.init_segment(made.params), b"".join(one.data for one in fragments)
