"""The live edge: a process of its own, so that no password hash and no list of cameras ever delays a frame."""

from collections.abc import Callable
from functools import partial

from cctv.base.ids import CameraId
from cctv.infra.database import Database, DatabaseUnavailable
from cctv.infra.http import provide
from cctv.recording.capture import find_recorder
from cctv.services.wiring import Assembled, Wiring, service_app
from cctv.viewing.feed import Feeds, FeedSettings, Origin
from cctv.viewing.live import router


def assemble(wiring: Wiring) -> Assembled:
    app = service_app(wiring, title="Live edge")
    show_ourselves = partial(wiring.entrance.tokens.issue, wiring.service)
    tls = wiring.settings.service_tls
    to_recorders = partial(
        Origin, tls=None if tls is None else tls.calling(), tls_name="" if tls is None else tls.name
    )
    origins = partial(_origin, wiring.database, show_ourselves, to_recorders)
    feeds = Feeds(origins=origins, settings=FeedSettings())
    provide(app, feeds)
    app.include_router(router)
    return Assembled(app=app, loops={"feeds": feeds.run})


async def _origin(
    database: Database,
    show_ourselves: Callable[[], str],
    to_recorders: Callable[[str, str], Origin],
    camera: CameraId,
) -> Origin | None:
    try:
        async with database.read() as tx:
            address = await find_recorder(tx, camera)
    except DatabaseUnavailable:
        return None
    return to_recorders(address, show_ourselves()) if address else None
