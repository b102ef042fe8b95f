"""Grants: the right to fetch one camera's media of one range, carried by the address itself.

A grant is compact, URL-safe and signed, so a check costs no look-up: nginx asks at every object, and the
answer is arithmetic. Its text is

    base64url( body | mac )
    body = format u8 | flags u8 | id 8 bytes | camera 16 bytes | from u64 us | to u64 us
           | issued u32 s | until u32 s | length of the actor u8 | actor, UTF-8
    mac  = the first 16 bytes of the HMAC over the body under our own purpose label, so that no other token
           of the system passes as a grant

Integers are big-endian, times count from 1970 in UTC. A renewed grant keeps its id, which is what can be
withdrawn. Everything here is pure.
"""

import base64
import binascii
import secrets
import struct
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from cctv.base.actor import Actor
from cctv.base.clock import US_PER_S, from_us, to_us
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.viewing.playback.errors import BadGrant, GrantExpired, OutsideGrant
from cctv.viewing.playback.model import Purpose

PURPOSE_LABEL: Final = "media-grant"
FORMAT: Final = 1
LIFETIME: Final = timedelta(minutes=5)
MAX_LENGTH: Final = 200
MAX_ACTOR_BYTES: Final = 40
_MAC_BYTES: Final = 16

_BODY = struct.Struct(">BB8s16sQQIIB")
_RENEWABLE = 0x80
_PURPOSES: Final = tuple(Purpose)
"""Their order is part of the format: append only."""


class Signer(Protocol):
    """What grants need of the keyring."""

    def sign(self, purpose: str, message: bytes, /) -> bytes:
        """A signature under the present key."""
        ...

    def verify(self, purpose: str, message: bytes, signature: bytes, /) -> bool:
        """Whether ``signature`` was made over ``message`` for ``purpose``, in constant time."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """``span`` is what may be fetched; the grant is dead from the second ``until_s`` on."""

    id: bytes
    actor: str
    camera: CameraId
    span: Span
    issued_s: int
    until_s: int
    purpose: Purpose = Purpose.PLAYBACK
    renewable: bool = True

    @property
    def name(self) -> str:
        """The id as people and tables write it."""
        return self.id.hex()


def issue(*, actor: str, camera: CameraId, span: Span, now_us: int, purpose: Purpose, renewable: bool) -> Grant:
    """A new grant: five minutes, or for players that cannot renew as long as the range plus five minutes."""
    lifetime = LIFETIME if renewable else LIFETIME + span.duration
    now_s = now_us // US_PER_S
    return Grant(
        id=secrets.token_bytes(8),
        actor=_shortened(actor),
        camera=camera,
        span=span,
        issued_s=now_s,
        until_s=now_s + int(lifetime.total_seconds()),
        purpose=purpose,
        renewable=renewable,
    )


def renew(grant: Grant, *, now_us: int) -> Grant:
    """The same right for five minutes from now; :class:`OutsideGrant` when it is not renewable."""
    if not grant.renewable:
        raise OutsideGrant(
            "This grant cannot be renewed; ask for a new one.", arabic="لا يمكن تجديد هذا الإذن؛ اطلب إذناً جديداً."
        )
    now_s = now_us // US_PER_S
    return replace(grant, issued_s=now_s, until_s=now_s + int(LIFETIME.total_seconds()))


def own_grant(grant: Grant, actor: Actor) -> None:
    """Raise :class:`OutsideGrant` unless ``actor`` is the one who got it."""
    if grant.actor != _shortened(actor.id):
        raise OutsideGrant("This grant is somebody else's.", arabic="هذا الإذن لشخص آخر.")


def seal(grant: Grant, signer: Signer) -> str:
    """The grant as text for an address: letters, digits, ``-`` and ``_``, under 200 of them."""
    actor = grant.actor.encode()
    flags = _PURPOSES.index(grant.purpose) | (_RENEWABLE if grant.renewable else 0)
    body = (
        _BODY.pack(
            FORMAT,
            flags,
            grant.id,
            grant.camera.bytes,
            to_us(grant.span.start),
            to_us(grant.span.end),
            grant.issued_s,
            grant.until_s,
            len(actor),
        )
        + actor
    )
    return base64.urlsafe_b64encode(body + signer.sign(PURPOSE_LABEL, body)[:_MAC_BYTES]).rstrip(b"=").decode()


def unseal(text: str, signer: Signer, *, now_us: int) -> Grant:
    """The grant behind ``text``; :class:`BadGrant` when it is none of ours, :class:`GrantExpired` when old."""
    body, signature = _split(text)
    if not signer.verify(PURPOSE_LABEL, body, signature):
        raise BadGrant
    grant = _parse(body)
    if now_us // US_PER_S >= grant.until_s:
        raise GrantExpired
    return grant


def _split(text: str) -> tuple[bytes, bytes]:
    if len(text) > MAX_LENGTH or not text.isascii():
        raise BadGrant
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadGrant from error
    # The same bytes must have one text only, else caches by text could be walked around.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise BadGrant
    if len(raw) <= _BODY.size or raw[0] != FORMAT:
        raise BadGrant
    end = _BODY.size + raw[_BODY.size - 1]
    if len(raw) != end + _MAC_BYTES:
        raise BadGrant
    return raw[:end], raw[end:]


def _parse(body: bytes) -> Grant:
    _, flags, ident, camera, start_us, end_us, issued_s, until_s, _ = _BODY.unpack_from(body)
    return Grant(
        id=ident,
        actor=body[_BODY.size :].decode(),
        camera=CameraId(UUID(bytes=camera)),
        span=Span(from_us(start_us), from_us(end_us)),
        issued_s=issued_s,
        until_s=until_s,
        purpose=_PURPOSES[flags & ~_RENEWABLE],
        renewable=bool(flags & _RENEWABLE),
    )


def _shortened(actor: str) -> str:
    return actor.encode()[:MAX_ACTOR_BYTES].decode(errors="ignore")
