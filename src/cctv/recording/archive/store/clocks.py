"""What the rows of clock epochs say of the time."""

from datetime import datetime, timedelta

from cctv.infra.database import ReadTx
from cctv.recording.archive.store.wire import fetch


async def ahead(tx: ReadTx, least: timedelta, within: timedelta) -> tuple[datetime, timedelta]:
    """PostgreSQL's clock, and by how much a node's clock was set forward ``within`` that time and not back since.

    Steps below ``least`` are not looked at. Later epochs of a node have greater ids, whatever their time.
    """
    ((now, step),) = await fetch(
        tx,
        """
        SELECT now(), coalesce(max(e.step + coalesce((
            SELECT sum(later.step) FROM clock_epochs AS later WHERE later.node = e.node AND later.id > e.id
        ), '0')), '0')
        FROM clock_epochs AS e WHERE e.step >= %(least)s AND e.at > now() - %(within)s::interval
        """,
        {"least": least, "within": within},
    )
    return now, step if step >= least else timedelta(0)
