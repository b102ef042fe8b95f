"""storage-service: room on this machine's volumes, what is deleted when, and the way into the object store."""

from cctv.infra.http import add_health, provide
from cctv.infra.objects import ObjectStore
from cctv.recording.archive import Uploader
from cctv.recording.retention import Cleaner, RetentionSettings, Uploads
from cctv.recording.retention.routes import router
from cctv.services.wiring import Assembled, Loop, Wiring, service_app


def assemble(wiring: Wiring) -> Assembled:
    app = service_app(wiring, title="Storage")
    settings = RetentionSettings()
    cleaner = Cleaner(
        database=wiring.database,
        volumes=wiring.volumes,
        settings=settings,
        clock=wiring.clock,
        store=wiring.store,
    )
    provide(app, cleaner)
    app.include_router(router)
    loops: dict[str, Loop] = {"cleaner": cleaner.run}
    if wiring.store is not None:
        uploads = _uploads(wiring, wiring.store, at_once=settings.uploads)
        add_health(app, "object store", uploads.health, vital=False)
        loops["uploads"] = uploads.run
    return Assembled(app=app, loops=loops)


def _uploads(wiring: Wiring, store: ObjectStore, *, at_once: int) -> Uploads:
    uploaders = [
        Uploader(database=wiring.database, spool=volume, target=store, at_once=at_once)
        for volume in wiring.volumes.values()
    ]
    return Uploads(uploaders, store=store, clock=wiring.clock)
