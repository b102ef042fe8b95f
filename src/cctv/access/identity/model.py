"""Users, sessions and keys as they are, and the pure rules about them."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from cctv.access.identity.errors import WeakPassword
from cctv.base.errors import InvalidInput

Pending = Literal["password", "totp"]
Method = Literal["password", "provider", "break_glass"]

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
BREAK_GLASS_SESSION: Final = timedelta(hours=1)
ADMINISTRATOR: Final = "administrator"

_NAME: Final = re.compile(r"[\w.@+-]+(?: [\w.@+-]+)*")
_LONGEST_NAME: Final = 200
_FEWEST_LETTERS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or a machine's account. What may be told of it; its secrets are in :class:`Secrets`."""

    id: UUID
    name: str
    full_name: str = ""
    full_name_ar: str = ""
    employee_number: str = ""
    agency: str | None = None
    issuer: str | None = None
    subject: str | None = None
    has_password: bool = False
    one_time: bool = False
    totp_on: bool = False
    break_glass: bool = False
    claims: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    camera_sources: tuple[str, ...] = ()
    valid_from: datetime
    told_at: datetime | None = None
    disabled_at: datetime | None = None
    created_at: datetime
    signed_in_at: datetime | None = None
    version: int = 1

    @property
    def active(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What a sign-in is checked against. Never leaves the room, never printed."""

    password: str | None = field(repr=False)
    totp: bytes | None = field(repr=False)
    totp_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in that lasts. ``id`` is the hash of the cookie's secret."""

    id: bytes
    user_id: UUID
    method: Method
    pending: Pending | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = ""
    agent: str = ""

    @property
    def name(self) -> str:
        """What it may be known by: a hash, of no use to whoever wants to use the session."""
        return self.id.hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A machine's key; the key itself is shown once, when it is made."""

    id: UUID
    user_id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an organisation's provider says of a user, permissions already in our names.

    ``issued_at`` is when it said so, to the second as its token has it (RFC 7519, 4.1.6).
    """

    issuer: str
    subject: str
    issued_at: datetime
    name: str
    full_name: str = ""
    full_name_ar: str = ""
    employee_number: str = ""
    agency: str | None = None
    claims: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    camera_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody is still somebody, and what a provider said of the rights."""

    active: bool
    claims: frozenset[str]
    agency: str | None
    groups: frozenset[str]


def name_key(name: str) -> str:
    """The form in which names are compared: no two users look alike by case or by how letters are composed."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def checked_name(name: str) -> str:
    """``name`` as it is kept: letters and digits of any script, ``. _ @ + -`` and single spaces between them."""
    clean = unicodedata.normalize("NFC", name).strip()
    if not _NAME.fullmatch(clean) or len(clean) > _LONGEST_NAME:
        raise InvalidInput(
            "a user's name is made of letters, digits and . _ @ + -, 200 at most",
            arabic="يتكون اسم المستخدم من حروف وأرقام و . _ @ + - وبحد أقصى 200.",
            field="name",
        )
    return clean


def check_password(password: str, *, name: str) -> None:
    """Raise :class:`WeakPassword`. Length counts (NIST SP 800-63B-4, 3.1.1); kinds of characters do not."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            arabic=f"تتكون كلمة المرور من {SHORTEST_PASSWORD} إلى {LONGEST_PASSWORD} حرفاً.",
            shortest=SHORTEST_PASSWORD,
        )
    plain = password.casefold()
    if len(set(plain)) < _FEWEST_LETTERS or (len(name) > 3 and name.casefold() in plain):
        raise WeakPassword(
            "the password repeats few characters or holds the user's name",
            arabic="تكرر كلمة المرور حروفاً قليلة أو تحتوي على اسم المستخدم.",
        )
    if any(word in plain for word in _COMMON):
        raise WeakPassword(
            "the password holds one of the commonest words of passwords",
            arabic="تحتوي كلمة المرور على إحدى أكثر كلمات المرور شيوعاً.",
        )


_COMMON: Final = (
    "password",
    "passw0rd",
    "123456789",
    "qwertyuiop",
    "letmein",
    "administrator",
    "iloveyou",
    "welcome1",
)


def hashed(secret: str) -> bytes:
    """For secrets of 128 random bits and more: nothing can be guessed, so nothing need be slow."""
    return hashlib.sha256(secret.encode()).digest()
