"""vms-service: the cameras, how they are asked and how they are."""

from functools import partial

from cctv.cameras.drivers import Prober, ProbeSettings
from cctv.cameras.drivers.routes import router as drivers_router
from cctv.cameras.registry.routes import router as registry_router
from cctv.cameras.status import SilenceWatch, keep_gauges
from cctv.cameras.status.routes import router as status_router
from cctv.infra.http import provide
from cctv.services.wiring import Assembled, Wiring, service_app


def assemble(wiring: Wiring) -> Assembled:
    app = service_app(wiring, title="Cameras")
    provide(app, Prober(ProbeSettings(), wiring.settings.camera_networks))
    for router in (registry_router, drivers_router, status_router):
        app.include_router(router)
    return Assembled(
        app=app,
        loops={
            "camera gauges": partial(keep_gauges, wiring.database),
            "silent recorders": SilenceWatch(wiring.database, wiring.cache).run,
        },
    )
