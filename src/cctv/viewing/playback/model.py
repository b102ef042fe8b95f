"""What playback thinks with: purposes, ranges, and which footage is on top. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.viewing.playback.errors import BadRange, TooManyCameras

MAX_RANGE: Final = timedelta(days=1, hours=1)
"""Longest range of one playlist or grant: a day and the hour that daylight saving may add."""
MAX_TIMELINE: Final = timedelta(days=400)
MAX_CAMERAS: Final = 500
MAX_DOWNLOAD: Final = timedelta(hours=12)


class Purpose(StrEnum):
    """Why somebody looks: it goes into the grant and into the audit."""

    PLAYBACK = "playback"
    EVIDENCE = "evidence"
    EXPORT = "export"
    CHECK = "check"


def checked_range(start: datetime, end: datetime, *, longest: timedelta) -> Span:
    """``start`` to ``end`` as a span; :class:`BadRange` when empty, backwards or longer than ``longest``."""
    if start >= end:
        raise BadRange(
            "The range is empty: `from` must lie before `to`.",
            arabic="المدة فارغة: يجب أن يسبق `from` الوقت `to`.",
            start=start,
            end=end,
        )
    if end - start > longest:
        hours = longest / timedelta(hours=1)
        raise BadRange(
            f"The range is too long: at most {hours:g} hours may be asked for.",
            arabic=f"المدة طويلة جداً: يمكن طلب {hours:g} ساعة على الأكثر.",
            limit_hours=hours,
        )
    return Span(start, end)


def window_of(whole: Span, start: datetime | None, end: datetime | None) -> Span:
    """The window from ``start`` to ``end`` inside ``whole``; what is not said is the edge of ``whole``."""
    asked = checked_range(start or whole.start, end or whole.end, longest=MAX_RANGE)
    inside = asked.intersect(whole)
    if inside is None:
        raise BadRange(
            "The window lies outside the grant's range.",
            arabic="تقع النافذة خارج مدة الإذن.",
            start=whole.start,
            end=whole.end,
        )
    return inside


def check_count(cameras: int) -> None:
    """Raise :class:`TooManyCameras` unless 1 to 500 cameras are asked for."""
    if not 1 <= cameras <= MAX_CAMERAS:
        raise TooManyCameras(
            f"Ask for 1 to {MAX_CAMERAS} cameras at once.",
            arabic=f"اطلب من 1 إلى {MAX_CAMERAS} كاميرا في المرة الواحدة.",
            limit=MAX_CAMERAS,
        )


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Grants of ``subject`` that were issued up to ``at`` are dead; after ``needed_until`` all are anyway."""

    subject: str
    at: datetime
    needed_until: datetime


def subject_of_grant(name: str) -> str:
    """A single grant with all its renewals."""
    return f"grant:{name}"


def subject_of_actor(actor: str) -> str:
    """All grants of one person or machine."""
    return f"actor:{actor}"


def subject_of_camera(camera: CameraId) -> str:
    """All grants for one camera."""
    return f"camera:{camera}"
