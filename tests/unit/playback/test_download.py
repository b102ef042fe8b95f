"""Names, ranges and limits of downloads."""

from datetime import timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import from_us
from cctv.base.span import Span
from cctv.viewing.playback.download import byte_range, disposition, file_name

DUBAI = ZoneInfo("Asia/Dubai")
START = from_us(1_795_000_000_000_000)


def test_a_file_is_called_after_camera_and_local_time() -> None:
    span = Span(START, START + timedelta(minutes=5))
    assert file_name("Sheikh Zayed Rd/Exit 36", span, DUBAI) == (
        "Sheikh_Zayed_Rd_Exit_36_2026-11-18_15-06-40_to_15-11-40.mp4"
    )
    night = Span(START, START + timedelta(hours=12))
    assert file_name("x", night, DUBAI).endswith("_to_2026-11-19_03-06-40.mp4")


@given(st.text(max_size=120))
def test_no_camera_name_breaks_the_header(camera: str) -> None:
    name = file_name(camera, Span(START, START + timedelta(minutes=5)), DUBAI)
    assert "/" not in name
    assert not name.startswith(".")
    header = disposition(name)
    header.encode("ascii")
    assert not any(letter in header for letter in "\r\n\\")
    assert header.count('"') == 2
    assert unquote(header.split("filename*=UTF-8''")[1]) == name


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-", (0, 1000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=990-5000", (990, 1000)),
        ("bytes=-100", (900, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=5-4", None),
        ("bytes=1-2,4-5", None),
        ("bytes=-", None),
        ("items=0-5", None),
        ("bytes=٣-٤", None),
    ],
)
def test_byte_ranges(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 1000) == wanted


def test_a_range_behind_the_end_is_told() -> None:
    with pytest.raises(ValueError, match="behind"):
        byte_range("bytes=1000-", 1000)


def test_the_last_none_of_the_bytes_are_told() -> None:
    with pytest.raises(ValueError, match="no bytes"):
        byte_range("bytes=-0", 1000)
