"""Kinds and reasons of failure, and the two exceptions that carry them. Words for people are made in ``format``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class FailureKind(StrEnum):
    """What went wrong, in the vocabulary of the contract's ``error.kind``."""

    NOT_CONFIGURED = "not_configured"
    AUTH_NEEDED = "auth_needed"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    OFFLINE = "offline"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    BLOCKED_BY_GATEWAY = "blocked_by_gateway"
    FORMAT_CHANGED = "format_changed"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


class Reason(StrEnum):
    """The finer cause inside a kind, for the sentence and for the refresh policy."""

    KEY_MISSING = "key_missing"  # NOT_CONFIGURED: the reference names nothing that is there
    SIGNED_OUT = "signed_out"  # NOT_CONFIGURED: a login of ours that was ended, or never begun
    KEYRING_LOCKED = "keyring_locked"  # NOT_CONFIGURED
    KEYRING_TIMEOUT = "keyring_timeout"  # NOT_CONFIGURED
    KEYRING_MISSING = "keyring_missing"  # NOT_CONFIGURED
    KEYRING_DENIED = "keyring_denied"  # NOT_CONFIGURED: the user or a policy said no
    KEYRING_NULL = "keyring_null"  # NOT_CONFIGURED: a backend that takes everything and keeps nothing
    KEYRING_UNSAFE = "keyring_unsafe"  # NOT_CONFIGURED: only plain-text or unknown backends
    KEYRING_REFUSED = "keyring_refused"  # NOT_CONFIGURED: it did not keep, or not delete, what it was told to
    FILE_CONSENT = "file_consent"  # NOT_CONFIGURED: keys go to a file only after a yes
    FILE_FORBIDDEN = "file_forbidden"  # NOT_CONFIGURED: storage = "keyring-only"
    FILE_NOT_SAVED = "file_not_saved"  # NOT_CONFIGURED
    KEY_REJECTED = "key_rejected"  # AUTH_NEEDED: HTTP 401 or its equivalent
    TOKEN_INVALID = "token_invalid"  # noqa: S105  # AUTH_NEEDED: refused, and signing in again helps
    KEY_MALFORMED = "key_malformed"  # AUTH_NEEDED: cannot even be sent in a header
    LOGIN_EXPIRED = "login_expired"  # AUTH_NEEDED: another tool's login is past its expiry
    HOST_NOT_TRUSTED = "host_not_trusted"  # AUTH_NEEDED: the key is bound to another host
    SCOPE_MISSING = "scope_missing"  # FORBIDDEN: valid key without the right to read usage
    SSO_NEEDED = "sso_needed"  # FORBIDDEN: the organisation wants the token authorised for its single sign-on
    NO_SEAT = "no_seat"  # FORBIDDEN: a valid login without the subscription
    PAYMENT_NEEDED = "payment_needed"  # FORBIDDEN: HTTP 402
    NOT_FOUND = "not_found"  # UNSUPPORTED: HTTP 404, no such endpoint for this account
    DNS = "dns"  # OFFLINE
    CONNECT = "connect"  # OFFLINE
    PROXY = "proxy"  # OFFLINE
    TLS = "tls"  # OFFLINE: certificate or handshake trouble; never retried without verification
    CUT_OFF = "cut_off"  # OFFLINE: the connection ended inside the answer
    TOO_LARGE = "too_large"  # FORMAT_CHANGED: more than the cap
    REDIRECT = "redirect"  # BLOCKED_BY_GATEWAY: a redirect, which is never followed
    HTML = "html"  # BLOCKED_BY_GATEWAY: a web page in place of JSON
    NOT_JSON = "not_json"  # FORMAT_CHANGED
    SHAPE = "shape"  # FORMAT_CHANGED: JSON, but nothing in it was understood
    BAD_ADDRESS = "bad_address"  # NOT_CONFIGURED: a base_url that may not be used
    CRASHED = "crashed"  # ERROR: a defect of ours


class ProviderError(Exception):
    """A fetch that gave no reading. ``str()`` of it holds no secret and no outside text that was not cleaned.

    ``retry_after_seconds`` is the server's usable hint (> 0), already read from whichever header had it.
    """

    def __init__(
        self,
        kind: FailureKind,
        reason: Reason | None = None,
        *,
        hint: str | None = None,
        detail: str | None = None,
        http_status: int | None = None,
        retry_after_seconds: float | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(f"{kind}{f'/{reason}' if reason else ''}")
        self.kind = kind
        self.reason = reason
        self.hint = hint
        self.detail = detail
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds
        self.retry_at = retry_at


class UserError(Exception):
    """Bad input, configuration or file: one clear sentence for the user, exit code 2 unless told otherwise."""

    def __init__(self, sentence: str, exit_code: int = 2) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code
