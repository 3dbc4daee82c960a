"""Secrets leave text here: the last net under everything that is logged, shown raw or written to a report.

The program keeps keys in ``SecretStr`` and never formats them on purpose. This net is for what others put into text:
a library that logs a URL, an exception that quotes a header, a server that repeats the key it refused.
"""

from __future__ import annotations

import re
from functools import cache

_SHORTEST_SHOWN = 12
_ENDING = r"[A-Za-z0-9_-]{4}\Z"

# A key begins where a word begins; a line break written as \n or %0A in front of it is no letter.
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbfv])|(?<=%[0-9A-Fa-f]{2}))"
_TAIL = r"[A-Za-z0-9_-]{%d,}(?:[.+=~]+[A-Za-z0-9_-]+)*=*"
_MIXED = r"(?=[a-z_.-]*[A-Z0-9])"  # so that "fw_version_string" stays readable
# The public prefixes of keys (2026-11). Those that are ordinary letters too need a longer, mixed tail.
_PREFIXED = (
    r"(?:sk-(?:proj|svcacct|admin|ant-[a-z]+\d*|or-v1|cp|api|kimi)-|gh[oupsr]_|github_pat_|AIza|ya29\.|eyJ)"
    + _TAIL % 4
    + "|(?:gsk_|xai-|cpk_|pplx-|sk-)"
    + _TAIL % 6
    + "|(?:wk-|fk-|fw_|rt_|sess-|oc-go-)"
    + _MIXED
    + _TAIL % 8
    + r"|AKIA[0-9A-Z]{16}(?![0-9A-Za-z])"
    + r"|[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])"
    # The same prefixes in base64, as they look inside Basic credentials or dumped bodies.
    + "|(?:c2st|Z2h[vw1]X|Z2l0aHViX3|QUl6Y|eWEyOS|Z3NrX|eGFpL|cHBseC)"
    + r"[A-Za-z0-9+/_-]{12,}=*"
)
_KEY = _START + f"(?:{_PREFIXED})"

_OPENING = r"\s{0,3}(?:b(?=[\"']))?[\"'\\]{0,3}"
_QUOTED_BREAK = r"[\"'\\]{0,3}\s{0,3}[:=,]" + _OPENING
_HEADER = (
    r"(?i)((?:authorization|(?:x-)?(?:goog-)?api-key|x-auth-token|x-access-token)"
    + _QUOTED_BREAK
    + r"(?:(?:bearer|basic|token|key) +)?)"
    r"([^\s\"',;()\\]+)"
)
_COOKIE = r"(?i)(\bcookie" + _QUOTED_BREAK + r")([^\r\n\"'\\]+)"
_SCHEME = r"\b((?i:bearer|basic) +)(?=[a-z._~-]*[A-Z0-9+/=])([A-Za-z0-9._~+/=-]{8,})"
_NAMED = (
    r"(?i)((?:api_?key|apikey|access_key|private_key|_key|token|secret|passw(?:or)?d|credentials?|device_code)"
    r"[\"'\\]{0,3}\s{0,3}[:=]" + _OPENING + r")"
    r"(?!(?:null|none|true|false)\b)([^\s\"',;&()\[\]{}\\]{8,})"
)
_QUERY = (
    r"(?i)([?&;](?:[a-z0-9_.-]{0,30}(?:key|token|secret|passw(?:or)?d|auth|signature|credential)|sig|code|access|jwt)=)"
    r"([^&;#\s\"'<>\\]+)"
)
_USERINFO = r"://(?:[^\s\"'<>/?#\\]{0,256}|[^\s\"'<>/:@\\]{1,128}:(?!\d+/)[^\s\"'<>@\\]{1,256})@"
_QUOTED_INPUT = r"(?m)(\binput_value=)(?:.{0,4000}?)(, input_type=|\]|$)"  # pydantic's messages
_WORDS = frozenset(["env", "keyring", "file", "discovered"])


def mask(secret: str) -> str:
    """``secret`` as it may be shown: ``…abcd``, or ``…`` alone when it is under 12 characters or ends oddly."""
    ending = _compiled(_ENDING).search(secret) if len(secret) >= _SHORTEST_SHOWN else None
    return f"…{ending[0]}" if ending else "…"


def redact(text: str) -> str:
    """``text`` with every key, token, password, credential header and URL login in it masked.

    At most the last four characters of a secret are left. What is masked already stays as it is, so the result may
    be redacted again.
    """
    text = _compiled(_USERINFO).sub("://…@", text)
    text = _compiled(_COOKIE).sub(r"\1…", text)
    text = _compiled(_QUOTED_INPUT).sub(r"\1…\2", text)
    for pattern in (_HEADER, _SCHEME, _QUERY, _NAMED):
        text = _compiled(pattern).sub(_keep_name, text)
    return _compiled(_KEY).sub(lambda match: mask(match[0]), text)


def holds_key(text: str) -> bool:
    """True when ``text`` contains something of the shape of an API key or token."""
    return _compiled(_KEY).search(text) is not None


def _keep_name(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if value.startswith("…") or value.partition(":")[0] in _WORDS:
        return match[0]
    return name + mask(value)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is needed: a report that has nothing to redact does without these two milliseconds."""
    return re.compile(pattern)
