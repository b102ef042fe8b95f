"""What the audit keeps of a credential that was refused: who showed it, where, and why; never what was shown."""

from typing import Any

from cctv.access.audit import Audit, Entry
from cctv.base.actor import Actor
from cctv.base.clock import US_PER_S, Clock

TOO_MANY = "too many tries"


def note_refusal(
    audit: Audit, clock: Clock, actor: Actor, action: str, *, why: str, thing: tuple[str, str], **detail: Any
) -> None:
    """Keep that ``action`` on ``thing`` (its kind and id) was refused, of one reason one in ten seconds.

    It is kept although the transaction in which it was refused is rolled back.
    """
    entry = Entry(
        actor=actor,
        action=action,
        thing_kind=thing[0],
        thing_id=thing[1],
        result="refused",
        detail={"why": why, **detail},
    )
    audit.seldom(entry, kind=(action, actor.id, actor.address, why), now_s=clock.monotonic_us() / US_PER_S)
