"""All SQL of playback that is its own; footage is asked of the archive."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from cctv.infra.database import ReadTx, WriteTx
from cctv.viewing.playback.model import Withdrawal
from cctv.viewing.playback.tables import media_withdrawals as t


async def add_withdrawal(tx: WriteTx, withdrawal: Withdrawal) -> None:
    """Remember a withdrawal; of two for one subject the later moments stand."""
    values = {
        "subject": withdrawal.subject,
        "withdrawn_at": withdrawal.at,
        "needed_until": withdrawal.needed_until,
    }
    new = insert(t).values(values)
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=[t.c.subject],
            set_={
                "withdrawn_at": func.greatest(t.c.withdrawn_at, new.excluded.withdrawn_at),
                "needed_until": func.greatest(t.c.needed_until, new.excluded.needed_until),
            },
        )
    )


async def withdrawals(tx: ReadTx, *, now: datetime) -> Sequence[Withdrawal]:
    """All that can still kill a grant."""
    rows = await tx.execute(select(t.c.subject, t.c.withdrawn_at, t.c.needed_until).where(t.c.needed_until > now))
    return [Withdrawal(subject=row[0], at=row[1], needed_until=row[2]) for row in rows]


async def forget_withdrawals(tx: WriteTx, *, before: datetime) -> None:
    """Remove those whose grants have all run out by themselves."""
    await tx.execute(delete(t).where(t.c.needed_until <= before))
