"""Certificates for a cluster whose processes and clients show one another who they are (mutual TLS).

Of an authority made on the spot: for trying and testing. In production they come from the authority's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from service.ports import HOST

NAME: Final = "temporal.permanence.test"
"""Whom a client must meet, whatever address it comes by."""
LIVES: Final = timedelta(days=30)
"""(ours: longer than anybody tries one)"""


@dataclass(frozen=True, slots=True)
class SignedPair:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path


class Signer:
    """Signs certificates; its own is `file`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(f"permanence test authority {name}")
        own = _begun(self._name, self._name, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / f"{name}.pem"
        _keep(self.file, own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def signed(self, name: str) -> SignedPair:
        """A pair for a process that both serves and calls, as Temporal's services do, or for a client of theirs."""
        key = ec.generate_private_key(ec.SECP256R1())
        both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        where = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ip_address(HOST))])
        begun = _begun(_named(name), self._name, key.public_key())
        begun = begun.add_extension(both, critical=False).add_extension(where, critical=False)
        pair = SignedPair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        _keep(pair.certificate, begun.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        _keep(pair.key, key.private_bytes(serialization.Encoding.PEM, form, plain))
        return pair


def server_settings(authority: Signer) -> Mapping[str, str]:
    """What Temporal's services are told: who may call, and by which pair they are known."""
    pair = authority.signed("server")
    both = ("FRONTEND", "SERVER")
    return {
        "TEMPORAL_TLS_REQUIRE_CLIENT_AUTH": "true",
        **{f"TEMPORAL_TLS_{part}_CERT": str(pair.certificate) for part in both},
        **{f"TEMPORAL_TLS_{part}_KEY": str(pair.key) for part in both},
        "TEMPORAL_TLS_SERVER_CA_CERT": str(authority.file),
        "TEMPORAL_TLS_CLIENT1_CA_CERT": str(authority.file),
        "TEMPORAL_TLS_INTERNODE_SERVER_NAME": NAME,
        "TEMPORAL_TLS_FRONTEND_SERVER_NAME": NAME,
    }


def client_settings(authority: Signer, name: str = "client") -> Mapping[str, str]:
    """What our programs are told, in temporalio's own words: whom to trust, and by which pair they are known."""
    pair = authority.signed(name)
    return {
        "TEMPORAL_TLS": "true",
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(authority.file),
        "TEMPORAL_TLS_SERVER_NAME": NAME,
        "TEMPORAL_TLS_CLIENT_CERT_PATH": str(pair.certificate),
        "TEMPORAL_TLS_CLIENT_KEY_PATH": str(pair.key),
    }


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIVES)
    )


def _keep(file: Path, text: bytes) -> None:
    file.touch(0o600)
    file.write_bytes(text)
