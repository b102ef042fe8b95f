"""A certificate authority of the tests, with real certificates that are good for an hour."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOUR = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """Files in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates into ``folder``; its own is ``path``."""

    def __init__(self, folder: Path, name: str = "Tests") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _called(name)
        self.path = folder / f"{name}.ca.pem"
        self.path.write_bytes(
            _pem(self._builder(self._name, self._key.public_key(), of_authority=True), self._key)
        )

    def issue(self, name: str, *also: str, file: str = "") -> Pair:
        """A certificate for ``name`` and ``also``, each a DNS name or an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_general(one) for one in (name, *also)])
        made = self._builder(_called(name), key.public_key()).add_extension(names, critical=False)
        stem = file or name
        pair = Pair(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        pair.certificate.write_bytes(_pem(made, self._key))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, of_authority: bool = False
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _HOUR)
            .not_valid_after(now + _HOUR)
            .add_extension(x509.BasicConstraints(ca=of_authority, path_length=None), critical=True)
        )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(made: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
