"""Where the databases of a data folder are: as given by the environment, or those of the system running on it."""

from cctv.base.errors import Unavailable
from cctv.infra.keys import kept_secret
from cctv.services import leftovers
from cctv.services.settings import Folders, ServeSettings

APP_ROLE = "cctv_app"


class NotRunning(Unavailable):
    """No system runs on this data folder; start it with 'cctv serve', or give CCTV_DATABASE_URL."""

    code = "not_running"
    message_ar = "لا يوجد نظام يعمل على مجلد البيانات هذا."


def found(settings: ServeSettings) -> ServeSettings:
    """``settings`` with the addresses filled in, for commands that work beside a running system."""
    if settings.database_url is not None and settings.valkey_url is not None:
        return settings
    folders = Folders(settings.data)
    ports = (leftovers.read(folders.run) or {}).get("databases", {})
    if "postgres" not in ports or "valkey" not in ports:
        raise NotRunning(
            f"no system runs on {settings.data}: start it with 'cctv serve', or give CCTV_DATABASE_URL"
        )
    password = (folders.valkey / "password").read_text().strip()
    update = {
        "database_url": settings.database_url or app_url(folders, port=ports["postgres"]),
        "valkey_url": settings.valkey_url or f"valkey://:{password}@127.0.0.1:{ports['valkey']}/0",
    }
    return settings.model_copy(update=update)


def app_url(folders: Folders, *, port: int) -> str:
    """How services sign in to our own PostgreSQL: as a role that changes rows, never tables."""
    return f"postgresql://{APP_ROLE}:{app_password(folders)}@127.0.0.1:{port}/cctv"


def app_password(folders: Folders) -> str:
    """The role's password, made at the first start (mode 600)."""
    return kept_secret(folders.app_password)
