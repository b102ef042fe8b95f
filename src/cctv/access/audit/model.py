"""What the audit keeps of an act, how entries are proved to be ours, and how they are chained. Pure.

A proof is a keyed hash over all that an entry says and a random number; it is made where the entry is written.
The sealer chains no entry without one, and the database keeps each proof once, so a row that somebody else
inserted, or copied, gets no link. A link is a keyed hash over the link before it and all of a row, the proof too.
So whoever can write to the database but has not the system's signing key cannot insert an entry unseen, nor change
or remove one that has a link. Whoever has the key can, as far back as the newest anchor that was kept elsewhere.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from cctv.base.actor import Actor

CHAIN_LABEL: Final = "audit-chain"
ENTRY_LABEL: Final = "audit.entry"
FIRST_LINK: Final = hashlib.sha256(b"RTA CCTV audit, chain format 1").digest()
MOST_TEXT: Final = 500
"""Characters of any text that an entry keeps."""
_NONCE_BYTES: Final = 16

Result = Literal["done", "refused", "failed", "began"]
Sign = Callable[[str, bytes], bytes]
"""The keyring's ``sign``: purpose and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what to which thing, with what result. When and in which service is added as it is kept."""

    actor: Actor
    action: str
    """``thing.act``: ``camera.change``, ``playback.grant``, ``user.sign_in``."""
    thing_kind: str
    thing_id: str = ""
    result: Result = "done"
    camera: UUID | None = None
    agency: str | None = None
    case_ref: str | None = None
    reason: str | None = None
    seconds: float | None = None
    """Of video that was watched or taken away."""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An entry as it is kept. The order of the fields is part of the chain's format."""

    id: int
    at: datetime
    actor_id: str
    actor_name: str
    actor_kind: str
    session: str | None
    address: str | None
    request_id: str | None
    service: str
    action: str
    thing_kind: str
    thing_id: str
    camera_id: UUID | None
    agency: str | None
    result: str
    case_ref: str | None
    reason: str | None
    seconds: float | None
    detail: dict[str, Any]

    def canonical(self) -> bytes:
        """All of it as bytes that are the same wherever and whenever they are made."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        fields["camera_id"] = None if self.camera_id is None else str(self.camera_id)
        fields["seconds"] = None if self.seconds is None else repr(float(self.seconds))
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


class Written(NamedTuple):
    """A row of the audit: the entry, and what proves that it is ours; ``None``: of before there were proofs."""

    entry: Kept
    mac: bytes | None

    def is_ours(self, sign: Sign) -> bool:
        """Whether the proof is there and is good."""
        if self.mac is None:
            return False
        return hmac.compare_digest(self.mac, _mac(self.entry, self.mac[:_NONCE_BYTES], sign))


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain."""

    seq: int
    entry_id: int
    link: bytes


START: Final = Link(0, 0, FIRST_LINK)


def next_link(before: Link, row: Written, sign: Sign) -> Link:
    """The place of ``row`` after ``before``."""
    seq = before.seq + 1
    message = before.link + seq.to_bytes(8, "big") + hashlib.sha256(row.entry.canonical()).digest()
    return Link(seq, row.entry.id, sign(CHAIN_LABEL, message + (row.mac or b"")))


def prove(entry: Kept, sign: Sign) -> bytes:
    """A proof that the entry is ours, never the same twice. The id is not in it: the database gives that later."""
    return _mac(entry, secrets.token_bytes(_NONCE_BYTES), sign)


def _mac(entry: Kept, nonce: bytes, sign: Sign) -> bytes:
    return nonce + sign(ENTRY_LABEL, nonce + replace(entry, id=0).canonical())


def as_row(entry: Entry, *, service: str, at: datetime, sign: Sign) -> dict[str, Any]:
    """The entry as columns, with its proof."""
    values = as_values(entry, service=service, at=at)
    return {**values, "mac": prove(Kept(id=0, **values), sign)}


def as_values(entry: Entry, *, service: str, at: datetime) -> dict[str, Any]:
    """The entry as columns; texts are cut so that nobody fills the audit with one request."""
    actor = entry.actor
    return {
        "at": at,
        "actor_id": actor.id[:MOST_TEXT],
        "actor_name": clean_text(actor.name),
        "actor_kind": actor.kind,
        "session": actor.session,
        "address": actor.address or None,
        "request_id": actor.request_id,
        "service": service,
        "action": entry.action,
        "thing_kind": entry.thing_kind,
        "thing_id": clean_text(entry.thing_id),
        "camera_id": entry.camera,
        "agency": entry.agency,
        "result": entry.result,
        "case_ref": None if entry.case_ref is None else clean_text(entry.case_ref),
        "reason": None if entry.reason is None else clean_text(entry.reason),
        "seconds": None if entry.seconds is None else float(entry.seconds),
        "detail": {name: _plain(value) for name, value in entry.detail.items()},
    }


def clean_text(text: str) -> str:
    """What PostgreSQL can keep of a text, at most so long."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:MOST_TEXT]


def _plain(value: Any) -> Any:
    """JSON that comes back from the database as it went in: no floats, no dates, no other types."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return clean_text(value)
        case Mapping():
            return {clean_text(str(name)): _plain(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return clean_text(str(value))
