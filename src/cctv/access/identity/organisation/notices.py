"""Signed notices of the organisation's identity system: somebody was disabled, or is in other groups now.

``X-IAM-Signature: t=SECONDS,v1=HEX`` where HEX is HMAC-SHA-256 over ``SECONDS.BODY`` with the agreed key. A notice
is good for five minutes either way, and once. One that is not is kept in the audit as refused.

Whoever is named and was never here is made a user, so that what the provider said before does not let them in.
"""

import hashlib
import hmac
import re
from dataclasses import replace
from typing import Final

from cctv.access.audit import Entry
from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import end_everything
from cctv.access.identity.errors import NoticeRefused
from cctv.access.identity.model import User
from cctv.access.identity.organisation.claims import known_as
from cctv.access.identity.organisation.provisioning import add_unseen
from cctv.access.identity.refusals import note_refusal
from cctv.base.actor import NOBODY, SERVICE, Actor
from cctv.base.clock import US_PER_S
from cctv.base.errors import InvalidInput
from cctv.infra.database import WriteTx

USER_DISABLED: Final = "USER_DISABLED"
GROUP_CHANGED: Final = "GROUP_CHANGED"
WINDOW_S: Final = 300

_SIGNATURE: Final = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_SENDER: Final = Actor(id="iam", kind=SERVICE, name="identity system")


def check_signature(desk: Desk, header: str, body: bytes, *, address: str) -> str:
    """What names this notice among all; :class:`NoticeRefused` when it is not signed, or not now."""
    secret = desk.settings.iam_webhook_secret
    found = _SIGNATURE.fullmatch(header.replace(" ", ""))
    if secret is None or not secret.get_secret_value():
        why = "no key is agreed"
    elif found is None:
        why = "not signed"
    elif not hmac.compare_digest(sign(secret.get_secret_value(), int(found[1]), body), found[2]):
        why = "signed with another key, or changed"
    elif abs(desk.clock.wall_us() // US_PER_S - int(found[1])) > WINDOW_S:
        why = "not of these five minutes"
    else:
        return found[2]
    sender = replace(NOBODY, address=address)
    note_refusal(desk.audit, desk.clock, sender, "access.refused", why=why, thing=("notice", ""))
    raise NoticeRefused


def sign(secret: str, at_s: int, body: bytes) -> str:
    """The signature in hexadecimal."""
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()


async def carry_out(tx: WriteTx, desk: Desk, *, name: str, event: str, subject: str) -> bool:
    """Do what the notice says, once; whether there was anything to do."""
    if event not in (USER_DISABLED, GROUP_CHANGED):
        raise InvalidInput(
            f"the notice's event is not known; known are {USER_DISABLED} and {GROUP_CHANGED}",
            arabic=f"حدث الإشعار غير معروف؛ المعروف هو {USER_DISABLED} و {GROUP_CHANGED}.",
        )
    if not await store.first_notice(tx, name, desk.now):
        return False
    user = await _user(tx, desk, subject)
    if user is None:
        return False
    if event == USER_DISABLED:  # no guard is asked: the organisation says who has left, come what may
        await store.change_user(tx, user.id, disabled_at=desk.now)
    else:  # what the provider said before no longer holds; its next token says what does
        await store.change_user(tx, user.id, claims=[], told_groups=[])
    await end_everything(tx, desk, user.id, keys=True)
    entry = Entry(
        actor=_SENDER,
        action="user.disable" if event == USER_DISABLED else "user.groups",
        thing_kind="user",
        thing_id=str(user.id),
        detail={"name": user.name, "event": event},
    )
    await desk.audit.note(tx, entry)
    return True


async def _user(tx: WriteTx, desk: Desk, subject: str) -> User | None:
    """By the provider's own id; a local user by name; else one of the provider's whom we had not seen."""
    issuer, theirs = desk.settings.oidc_issuer, known_as(subject)
    found = await store.user_of(tx, issuer, theirs, lock=True) if issuer else None
    if found is not None:
        return found
    local = await store.user_called(tx, subject)
    if local is not None and local.issuer is None and not local.break_glass:
        return local
    return await add_unseen(tx, desk, by=_SENDER, issuer=issuer, subject=theirs) if issuer and theirs else None
