"""The second factor: codes of an authenticator (RFC 6238: SHA-1, six digits, 30 s) and recovery codes.

A code is good in its time step and the ones beside it, and once: the step that was used last is kept, and none up
to it is good again (RFC 6238, 5.2).
"""

import base64
import hashlib
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
_BESIDE: Final = 1
_CODES: Final = 10


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def matching_step(secret: bytes, code: str, *, now_s: float, after: int) -> int | None:
    """The time step whose code this is, later than ``after``; ``None`` when it is none's."""
    now = int(now_s) // STEP_S
    found = None
    for step in range(now - _BESIDE, now + _BESIDE + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def address(secret: bytes, *, user: str, issuer: str) -> str:
    """What an authenticator reads from a picture (key URI format)."""
    asked = urlencode({"secret": base32(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(user)}?{asked}"


def base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, ``abcd-efgh-ijkl-mnop``."""
    return [_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(_CODES)]


def recovery_hash(user_id: str, code: str) -> bytes:
    """What is kept of a recovery code; how it is grouped or written does not matter."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(f"{user_id}:{plain}".encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
