"""Certificates for https tests, made fresh: an authority of our own and server certificates with every fault."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest


class Authority:
    """A certificate authority that nobody trusts until its ``file`` is given as SSL_CERT_FILE."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        pytest.importorskip("cryptography", reason="comes with keyring on Linux only")
        self._folder = folder
        self._key = _new_key()
        self._subject = _name(name)
        now = datetime.now(UTC)
        self._certificate = self._build(self._subject, self._key, now - timedelta(days=2), now + timedelta(days=2), [])
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(_pem(self._certificate))

    def server_context(
        self, *hosts: str, expired: bool = False, early: bool = False, self_signed: bool = False
    ) -> ssl.SSLContext:
        """A server context whose certificate is for ``hosts`` (names or addresses)."""
        now = datetime.now(UTC)
        start, end = now - timedelta(days=1), now + timedelta(days=1)
        if expired:
            start, end = now - timedelta(days=2), now - timedelta(hours=1)
        if early:
            start, end = now + timedelta(hours=1), now + timedelta(days=2)
        key = _new_key()
        certificate = self._build(_name(hosts[0]), key, start, end, hosts, signer=key if self_signed else None)
        file = self._folder / f"server-{certificate.serial_number}.pem"
        file.write_bytes(_private_pem(key) + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _build(self, subject: Any, key: Any, start: datetime, end: datetime, hosts: Any, signer: Any = None) -> Any:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if signer is not None else self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer or self._key, hashes.SHA256())


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> Any:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    pem: bytes = certificate.public_bytes(Encoding.PEM)
    return pem


def _private_pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem
