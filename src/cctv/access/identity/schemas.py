"""Shapes of identity's API. What is secret is never in an answer but once: when it is made."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from cctv.access.identity.model import ApiKey, Session, User


def _printable(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("no control characters")
    return text


Printable = AfterValidator(_printable)
"""PostgreSQL keeps no NUL, and people see no control characters."""

Words = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), Printable]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), Printable]
Search = Annotated[str, StringConstraints(max_length=100), Printable]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Code = Annotated[str, StringConstraints(min_length=6, max_length=40)]
Agency = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,31}$")]
Scope = Annotated[str, StringConstraints(min_length=1, max_length=80), Printable]


class SignInIn(BaseModel):
    """Name and password of a local user."""

    name: Name
    password: Secret


class CodeIn(BaseModel):
    """Six digits of the authenticator, or a recovery code."""

    code: Code


class ProviderOut(BaseModel):
    """The organisation's own sign-in."""

    name: str
    start: str


class WaysOut(BaseModel):
    """How one may sign in here."""

    local: bool
    provider: ProviderOut | None


class SessionOut(BaseModel):
    """Who is signed in. `pending` names what must be done first: `password` or `totp`."""

    user_id: str
    name: str
    kind: Literal["person", "machine", "service", "console"]
    full_name: str = ""
    full_name_ar: str = ""
    agency: str | None = None
    pending: Literal["password", "totp"] | None = None
    until: datetime | None = None
    break_glass: bool = False


class UserIn(BaseModel):
    """A new local user."""

    name: Name
    full_name: Words = ""
    full_name_ar: Words = ""
    employee_number: Words = ""
    agency: Agency | None = None


class UserPatch(BaseModel):
    """What is to be changed; the rest stays. With `version`, 409 when somebody was faster."""

    name: Name | None = None
    full_name: Words | None = None
    full_name_ar: Words | None = None
    employee_number: Words | None = None
    agency: Agency | None = None
    version: int | None = None

    def given(self) -> dict[str, str | None]:
        """What was given, an agency of null included: it takes the agency away."""
        sent = self.model_dump(exclude_unset=True, exclude={"version"})
        return {name: value for name, value in sent.items() if value is not None or name == "agency"}


class UserOut(BaseModel):
    """A user as administrators see it."""

    id: UUID
    name: str
    full_name: str
    full_name_ar: str
    employee_number: str
    agency: str | None
    source: Literal["local", "provider"]
    has_password: bool
    one_time: bool
    totp: bool
    break_glass: bool
    groups: list[str]
    claims: list[str]
    camera_sources: list[str]
    disabled_at: datetime | None
    created_at: datetime
    signed_in_at: datetime | None
    version: int

    @classmethod
    def of(cls, user: User) -> "UserOut":
        return cls(
            id=user.id,
            name=user.name,
            full_name=user.full_name,
            full_name_ar=user.full_name_ar,
            employee_number=user.employee_number,
            agency=user.agency,
            source="local" if user.issuer is None else "provider",
            has_password=user.has_password,
            one_time=user.one_time,
            totp=user.totp_on,
            break_glass=user.break_glass,
            groups=sorted(user.groups),
            claims=sorted(user.claims),
            camera_sources=list(user.camera_sources),
            disabled_at=user.disabled_at,
            created_at=user.created_at,
            signed_in_at=user.signed_in_at,
            version=user.version,
        )


class UserList(BaseModel):
    """A page of users by name."""

    items: list[UserOut]
    total: int


class HandedOut(BaseModel):
    """A user with the one-time password, which is shown now and never again."""

    user: UserOut
    one_time_password: str


class PasswordIn(BaseModel):
    """A new password in place of the current one."""

    current: Secret
    new: Secret


class ProofIn(BaseModel):
    """The password again: what follows matters."""

    password: Secret


class DropFactorIn(BaseModel):
    """Password and a code, to take the authenticator off."""

    password: Secret
    code: Code


class FactorOut(BaseModel):
    """What an authenticator is fed with: `address` as a picture, or `secret` by hand."""

    secret: str
    address: str


class CodesOut(BaseModel):
    """Recovery codes, each good once, shown now and never again."""

    codes: list[str]


class SignInOut(BaseModel):
    """A sign-in of one's own that lasts."""

    id: str
    current: bool
    method: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


class ProfileOut(BaseModel):
    """One's own account."""

    user: UserOut
    recovery_codes_left: int
    sign_ins: list[SignInOut]

    @staticmethod
    def sign_ins_of(sessions: Iterable[Session], current: bytes) -> list[SignInOut]:
        return [
            SignInOut(
                id=one.name,
                current=one.id == current,
                method=one.method,
                created_at=one.created_at,
                seen_at=one.seen_at,
                expires_at=one.expires_at,
                address=one.address,
                agent=one.agent,
            )
            for one in sessions
        ]


class KeyIn(BaseModel):
    """A new key: at most what its scopes say (`camera:METRO:live`, `system:audit`), for so many days."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=730)] | None = None


class KeyOut(BaseModel):
    """A key as it is listed: by its beginning."""

    id: UUID
    user_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyOut":
        return cls(
            id=key.id,
            user_id=key.user_id,
            name=key.name,
            prefix=key.prefix,
            scopes=list(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            used_at=key.used_at,
            revoked_at=key.revoked_at,
        )


class KeyList(BaseModel):
    items: list[KeyOut]


class NewKeyOut(BaseModel):
    """The key itself is shown now and never again."""

    key: KeyOut
    secret: str


class PermissionNames(BaseModel):
    """An organisation's names of permissions and what they mean here."""

    names: dict[Scope, list[Scope]]


class NoticeIn(BaseModel):
    """A signed notice of the organisation's identity system."""

    event: Annotated[str, StringConstraints(max_length=60)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=255), Printable]
    id: Annotated[str, StringConstraints(max_length=100)] = ""


class NoticeOut(BaseModel):
    """Whether the notice did anything: a repetition does not."""

    done: bool
