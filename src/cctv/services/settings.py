"""Settings of a whole system on one machine, and where its files lie. Rooms have their own, beside their code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from cctv.base.errors import InvalidInput, Unavailable
from cctv.infra.settings import Settings
from cctv.infra.tls import ServiceTls


def _given(path: Any) -> Any:
    if path == "":
        raise ValueError("must name a folder")
    return path


class ServeSettings(Settings):
    """What ``cctv serve`` reads from the environment."""

    data: Annotated[Path, BeforeValidator(_given), AfterValidator(Path.absolute)] = Field(
        default=Path("cctv-data"), validate_default=True, description="The folder of everything that is kept."
    )
    database_url: str | None = Field(
        default=None,
        pattern="^postgresql://",
        description="PostgreSQL, postgresql://user:password@host/name. Given: none is started.",
    )
    owner_url: str | None = Field(
        default=None,
        pattern="^postgresql://",
        description="PostgreSQL as the owner of the tables, for migrations. Not given: database_url.",
    )
    valkey_url: str | None = Field(
        default=None,
        pattern="^((valkey|redis)s?|unix)://",
        description="Valkey, valkey://:password@host/0. Given: none is started.",
    )
    listen: str = Field(
        default="127.0.0.1", min_length=1, description="The address that services and gateway listen on."
    )
    gateway_port: int | None = Field(
        default=None,
        ge=0,
        le=65_535,
        description="The gateway's port. Not given: 3000, or a free one when that is taken.",
    )
    volume: str = Field(
        default="default",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$",
        description="This machine's volume in the catalogue and in media addresses; each machine needs its own.",
    )
    recorders: int = Field(default=2, ge=1, le=16, description="Recorder processes on this machine.")
    hang_limit_s: float = Field(
        default=30.0,
        ge=0,
        description="Seconds of silence after which a service that hangs is killed and started again; 0: never.",
    )
    hosts: str = Field(
        default="localhost 127.0.0.1",
        description="Host names that the gateway answers to, separated by spaces; empty: all.",
    )

    tls_certificate: Path | None = Field(
        default=None, description="The gateway's certificate with its chain (PEM). Given with tls_key: TLS only."
    )
    tls_key: Path | None = Field(default=None, description="The certificate's key (PEM), readable by us alone.")
    service_tls_certificate: Path | None = Field(
        default=None,
        description="The certificate with its chain (PEM) that services show each other, the gateway and "
        "monitoring. Given with service_tls_key and service_tls_ca: services speak TLS only.",
    )
    service_tls_key: Path | None = Field(default=None, description="Its key (PEM), readable by us alone.")
    service_tls_ca: Path | None = Field(
        default=None, description="The authority (PEM) that certificates of services must come from."
    )
    service_tls_name: str = Field(
        default="cctv-service",
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$",
        description="The DNS name that the certificate of every service carries, wherever it runs.",
    )
    camera_networks: str = Field(
        default="",
        description="Networks that cameras may be in, 10.20.0.0/16 with spaces between. Empty: anywhere but this "
        "machine, link-local and multicast addresses. any: everywhere, as the demonstration needs it.",
    )

    @classmethod
    def from_options(cls, **options: Any) -> Self:
        """The environment, with what was given on the command line (not ``None``) before it."""
        return cls(**{name: value for name, value in options.items() if value is not None})

    @property
    def reached_at(self) -> str:
        """Where this machine's own processes and commands reach what listens, as a URL's host."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
        return address(loopback.get(self.listen, self.listen))

    def address(self, port: int) -> str:
        """``host:port`` of what listens on this machine, for who calls from there."""
        return f"{self.reached_at}:{port}"

    @property
    def gateway_certificate(self) -> tuple[Path, Path] | None:
        """The gateway's certificate and key; ``None``: it speaks without TLS."""
        found = _all_or_none(tls_certificate=self.tls_certificate, tls_key=self.tls_key)
        return None if found is None else (found[0], found[1])

    @property
    def service_tls(self) -> ServiceTls | None:
        """TLS between our processes; ``None``: they speak without it."""
        found = _all_or_none(
            service_tls_certificate=self.service_tls_certificate,
            service_tls_key=self.service_tls_key,
            service_tls_ca=self.service_tls_ca,
        )
        if found is None:
            return None
        certificate, key, authority = found
        return ServiceTls(certificate, key, authority, self.service_tls_name)


class ConsoleSettings(Settings):
    """What commands read that speak with a running system."""

    url: str = Field(
        default="",
        description="The running system, http://127.0.0.1:3000. Empty: the one that runs on the data folder.",
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="The key to come with. Empty: the server's own console, by the key files of the data folder.",
    )


def address(host: str, port: int | None = None) -> str:
    """A host as URLs have it, with its port."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _all_or_none(**given: Path | None) -> list[Path] | None:
    """The files, absolute; :class:`InvalidInput` for a part of them: half a certificate must not end as no TLS."""
    if all(path is None for path in given.values()):
        return None
    for path in given.values():
        if path is None or not path.is_file():
            names = " and ".join(f"CCTV_{name}".upper() for name in given)
            raise InvalidInput(f"{names} must all name files; {path or 'one that is not given'} is none")
    return [path.absolute() for path in given.values() if path is not None]


class NoDataFolder(Unavailable):
    """The data folder cannot be written to."""

    code = "no_data_folder"
    message_ar = "لا يمكن الكتابة في مجلد البيانات."


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the parts of a system keep their files, below one data folder."""

    data: Path

    @property
    def postgres(self) -> Path:
        return self.data / "pg"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"

    @property
    def gateway(self) -> Path:
        return self.data / "cache" / "gateway"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def app_password(self) -> Path:
        """The password with which services sign in to a PostgreSQL that we started."""
        return self.keys / "cctv_app.password"

    @property
    def metrics_credential(self) -> Path:
        """What Prometheus shows."""
        return self.keys / "metrics.token"

    @property
    def audit(self) -> Path:
        """Where the audit's anchors lie; copy them elsewhere."""
        return self.data / "audit"

    @property
    def first_password(self) -> Path:
        """The administrator's one-time password, until it has been replaced."""
        return self.keys / "administrator.password"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def journal(self) -> Path:
        return self.data / "journal"

    @property
    def cache(self) -> Path:
        return self.data / "cache"

    @property
    def segment_cache(self) -> Path:
        """Segments that the first playback-service fetched from an object store."""
        return self.cache / "playback-0" / "segments"

    @property
    def default_volume(self) -> Path:
        """Where the machine's volume lies, whatever it is called."""
        return self.data / "volumes" / "default"

    def make(self) -> None:
        """Make the folders; what lies below ``keys`` and ``run`` is for their owner alone."""
        try:
            for folder in (self.postgres, self.valkey, self.logs, self.journal, self.default_volume):
                folder.mkdir(parents=True, exist_ok=True)
            for private in (self.keys, self.run):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as fault:
            raise NoDataFolder(f"{fault.filename}: {fault.strerror}; give another folder by --data") from fault
