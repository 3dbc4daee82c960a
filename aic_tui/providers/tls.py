"""Trust: the one SSL context of the program, and plain words for what a handshake can fail of."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.text import clean

# OpenSSL's X509_V_ERR_* codes (2026-11).
_CAUSES = {
    9: "the certificate is not valid yet; check the clock",
    10: "the certificate has expired",
    18: "unknown issuer (self-signed certificate)",
    19: "unknown issuer (self-signed certificate in the chain)",
    20: "unknown issuer",
    21: "unknown issuer",
    23: "the certificate was revoked",
    62: "the certificate is for another host (wrong host)",
    64: "the certificate is for another host (wrong host)",
}


def build_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """A context that verifies always: by ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` where set, else by the bundled and
    the system's authorities. Blocks for some ten milliseconds, so call it off the loop.

    Raises :class:`ProviderError` OFFLINE/TLS that names the variable when it points to nothing usable.
    """
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if not file and not folder:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    context = verifying_context()
    if file:
        if not Path(file).is_file():
            raise _unusable("SSL_CERT_FILE", "names no file")
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise _unusable("SSL_CERT_FILE", "names a file without readable certificates") from None
    if folder:
        if not Path(folder).is_dir():
            raise _unusable("SSL_CERT_DIR", "names no folder")
        context.load_verify_locations(capath=folder)
    return context


def verifying_context() -> ssl.SSLContext:
    """A context that verifies and trusts nobody yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_error(error: ssl.SSLError) -> ProviderError:
    """OFFLINE/TLS with the cause in words as ``detail``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = _CAUSES.get(error.verify_code) or clean(error.verify_message)
    else:
        detail = f"the handshake failed: {clean(error.reason or 'no cause given').replace('_', ' ').lower()}"
    return ProviderError(FailureKind.OFFLINE, Reason.TLS, detail=detail)


def _unusable(variable: str, what: str) -> ProviderError:
    return ProviderError(FailureKind.OFFLINE, Reason.TLS, detail=f"{variable} {what}")
