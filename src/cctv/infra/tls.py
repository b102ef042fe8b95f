"""TLS between our own processes: what listens shows one certificate, whoever calls asks the authority about it.

Services are found by addresses that say little (loopback, a container's name, a machine's), so the name in the
certificate is one for all of them, and it is the authority, one of our own, that tells who is ours.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from cctv.base.errors import InvalidInput
from cctv.infra.telemetry import log

_LOOK_S = 60.0
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; 1.3 has no others than such."""


@dataclass(frozen=True, slots=True)
class ServiceTls:
    """Files in PEM, and the name that the certificate is for."""

    certificate: Path
    """With its chain, if it has one."""
    key: Path
    authority: Path
    name: str

    def listening(self) -> ssl.SSLContext:
        """For what listens. :class:`InvalidInput` when the files are not what they should be."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.options |= ssl.OP_NO_RENEGOTIATION
        self._show_in(context)
        return context

    def calling(self) -> ssl.SSLContext:
        """For who calls one of ours, with :attr:`name` as the name of the server."""
        try:
            context = ssl.create_default_context(cafile=self.authority)
        except (OSError, ssl.SSLError) as fault:
            raise InvalidInput(f"{self.authority} holds no certificate of an authority: {fault}") from fault
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def keep_up(self, context: ssl.SSLContext, *, every_s: float = _LOOK_S) -> None:
        """Show a renewed certificate to whoever connects from then on, for ever. A bad one changes nothing."""
        shown = self._written()
        while True:
            await asyncio.sleep(every_s)
            now = self._written()
            if now == shown or None in now:
                continue
            try:
                self._show_in(context)
            except InvalidInput as fault:
                log.warning("certificate_not_renewed", words=fault.message)
            else:
                log.info("certificate_renewed", file=str(self.certificate))
            shown = now

    def _show_in(self, context: ssl.SSLContext) -> None:
        try:
            # Tried beside first: half a change must not be left in a context that is in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as fault:
            words = f"{self.certificate} and {self.key} are no certificate with its key: {fault}"
            raise InvalidInput(words) from fault

    def _written(self) -> tuple[int | None, int | None]:
        return _changed_ns(self.certificate), _changed_ns(self.key)


def _changed_ns(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return None
