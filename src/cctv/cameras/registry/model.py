"""What a camera is, what somebody writes down to have one (:class:`Draft`), and what is kept (:class:`Settled`).

The rules that lead from one to the other are in :mod:`.settle`.
"""

import json
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from cctv.base.ids import CameraId

MAX_TEXT: Final = 2000
"""Characters of any one text that somebody writes down; what is longer is refused before it is looked into."""
MAX_MARKS: Final = 30
"""Combining marks on one letter (the limit of UAX #15, Stream-Safe Text Format): no writing needs as many."""


@dataclass(frozen=True, slots=True)
class Agency:
    """Who owns cameras. `code` is a part of the names of stored objects and never changes."""

    code: str
    name: str
    name_ar: str


FIRST_AGENCIES = (
    Agency("DUBAI_POLICE", "Dubai Police", "شرطة دبي"),
    Agency("METRO", "Metro", "المترو"),
    Agency("BUS", "Bus", "الحافلات"),
    Agency("OTHER", "Other", "أخرى"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of cameras, by whatever the operators think in: a line, a district, a tunnel."""

    id: UUID
    name: str
    name_ar: str


class Transport(StrEnum):
    """How RTP comes: inside the RTSP connection, or beside it."""

    TCP = "tcp"
    UDP = "udp"


class Mode(StrEnum):
    """What of an enabled camera is recorded."""

    CONTINUOUS = "continuous"
    OFF = "off"


class Audio(StrEnum):
    """Sound in the recording: none, AAC as it comes, or everything turned into AAC."""

    OFF = "off"
    KEEP = "keep"
    AAC = "aac"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the camera is: degrees (WGS 84), both or neither, and words."""

    lat: float | None = None
    lon: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class StreamSource:
    """One stream of a camera; `url` holds no user, no password."""

    url: str
    transport: Transport = Transport.TCP


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a camera's streams. Sealed at rest with the camera's id as the context; never shown.

    `main` and `sub` are the secrets that stood in the paths (see :mod:`.address`).
    """

    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    main: tuple[str, ...] = field(default=(), repr=False)
    sub: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.user or self.main or self.sub)

    def to_bytes(self) -> bytes:
        """Format 1: JSON, to be sealed."""
        return json.dumps([1, self.user, self.password, self.main, self.sub]).encode()

    @classmethod
    def from_bytes(cls, clear: bytes) -> "Credentials":
        _format, user, password, main, sub = json.loads(clear)
        return cls(user=user, password=password, main=tuple(main), sub=tuple(sub))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera as it is kept. `credentials` are sealed; `version` grows by one with each change."""

    id: CameraId
    name: str
    name_ar: str
    agency: str
    group_id: UUID | None
    place: Place
    main: StreamSource
    sub: StreamSource | None
    credentials: bytes | None = field(repr=False)
    mode: Mode
    audio: Audio
    enabled: bool
    mode_since: datetime
    """When `recorded` last changed."""
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None
    version: int

    @property
    def recorded(self) -> bool:
        """Whether it is to be recorded now."""
        return self.enabled and self.removed_at is None and self.mode is Mode.CONTINUOUS

    @property
    def has_credentials(self) -> bool:
        return self.credentials is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A camera as somebody wrote it down. Its texts are not checked yet and its addresses may hold passwords.

    `keep` is true when the credentials are those that are known already, false when they are `username` and
    `password` here (or in the addresses), even if there are none.
    """

    name: str = ""
    name_ar: str = ""
    agency: str = ""
    group_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    place: str = ""
    main_url: str = field(default="", repr=False)
    main_transport: str = Transport.TCP
    sub_url: str | None = field(default=None, repr=False)
    sub_transport: str = Transport.TCP
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    keep: bool = False
    mode: str = Mode.CONTINUOUS
    audio: str = Audio.KEEP
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A checked draft: what the store writes."""

    name: str
    name_ar: str
    agency: str
    group_id: UUID | None
    place: Place
    main: StreamSource
    sub: StreamSource | None
    credentials: Credentials = field(repr=False)
    mode: Mode
    audio: Audio
    enabled: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the settling of a change may take from the camera as it was: its credentials, for its own hosts."""

    credentials: Credentials = field(default_factory=Credentials)
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class World:
    """What exists beside the camera: codes of agencies, ids of groups."""

    agencies: frozenset[str]
    groups: frozenset[UUID] = frozenset()
    told: frozenset[str] | None = None
    """The agencies that whoever asks may hear of; ``None``: all."""


def name_key(name: str) -> str:
    """The form in which names are compared: two that a reader takes for one are one."""
    seen = "".join(char for char in name[: MAX_TEXT + 1] if unicodedata.category(char) != "Cf")
    return " ".join(normal("NFKC", seen).casefold().split())


def normal(form: Literal["NFC", "NFKC"], text: str) -> str:
    """``text`` in that form, or as it is where it is none that is kept: too long, or marks in heaps.

    unicodedata needs the square of a heap's size, and stops every other thread for it.
    """
    return text if len(text) > MAX_TEXT or has_heap(text) else unicodedata.normalize(form, text)


def has_heap(text: str) -> bool:
    """Whether more than :data:`MAX_MARKS` marks stand on one letter."""
    if text.isascii():
        return False
    # What is one character may be a letter with marks, or several marks: the form that they are sorted in counts.
    height = 0
    for char in text:
        for part in unicodedata.normalize("NFKD", char):
            height = height + 1 if unicodedata.combining(part) else 0
            if height > MAX_MARKS:
                return True
    return False
