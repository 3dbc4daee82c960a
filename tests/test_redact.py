"""The net that keeps keys out of logs, raw replies and reports."""

from __future__ import annotations

import base64
import time

import pytest

from aic_tui.redact import holds_key, mask, redact

BODY = "kAnarie9Vogel7Qz3xW5"
KEYS = [
    f"sk-proj-{BODY}",
    f"sk-svcacct-{BODY}",
    f"sk-{BODY}",
    f"sk-admin-{BODY}",
    f"sk-ant-api03-{BODY}",
    f"sk-ant-admin01-{BODY}",
    f"sk-ant-oat01-{BODY}",
    f"sk-ant-ort01-{BODY}",
    f"sk-or-v1-{BODY}",
    f"gho_{BODY}",
    f"ghu_{BODY}",
    f"ghp_{BODY}",
    f"github_pat_{BODY}",
    f"AIza{BODY}",
    f"ya29.{BODY}",
    f"gsk_{BODY}",
    f"xai-{BODY}",
    f"sk-cp-{BODY}",
    f"sk-api-{BODY}",
    f"sk-kimi-{BODY}",
    f"cpk_{BODY}",
    f"wk-{BODY}",
    f"fk-{BODY}",
    f"fw_{BODY}",
    f"pplx-{BODY}",
    f"rt_{BODY}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{BODY}",
    "0123456789abcdef0123456789abcdef.AbCdEfGh12345678",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "key {} was refused",
        '{{"note": "{}"}}',
        "line\\n{}\\n",
        "a%20{}%20b",
        "({})",
        "='{}',",
        "x={}&y=1",
        "key_{}.",
    ],
)
def test_every_shape_of_key_is_masked_wherever_it_stands(key: str, around: str) -> None:
    shown = redact(around.format(key))
    assert key[:-4] not in shown
    assert BODY[:12] not in shown
    assert BODY[-8:] not in shown
    assert "…" in shown
    assert redact(shown) == shown


@pytest.mark.parametrize("key", [key for key in KEYS if key.startswith(("sk-", "gh", "AIza", "gsk_", "xai-", "ya29"))])
def test_keys_in_base64_are_masked(key: str) -> None:
    coded = base64.b64encode(key.encode()).decode()
    assert coded[:20] not in redact(f"body {coded} end")
    assert coded[:20] not in redact(f"Authorization: Basic {base64.b64encode(f'user:{key}'.encode()).decode()}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer Zx81nOtAkNoWnShApE", "Authorization: Bearer …hApE"),
        ("{'x-api-key': 'plainsecret123456'}", "{'x-api-key': '…3456'}"),
        ("(b'authorization', b'Bearer abcdef0123456789')", "(b'authorization', b'Bearer …6789')"),
        ("x-goog-api-key=short", "x-goog-api-key=…"),
        ("Cookie: session=abc; csrf=def", "Cookie: …"),
        ("https://user:p@ss@proxy.test:8080/x", "https://…@proxy.test:8080/x"),
        ("http://user:pa/ss@proxy.test", "http://…@proxy.test"),
        ("https://token@host/x", "https://…@host/x"),
        ("GET https://h/v1?key=abcdefghijkl1234&page=2", "GET https://h/v1?key=…1234&page=2"),
        ("https://h/cb?code=abcdefghijkl1234#x", "https://h/cb?code=…1234#x"),
        ('{"access_token":"abcdefghijkl"}', '{"access_token":"…ijkl"}'),
        ("DEEPSEEK_API_KEY=abcdefgh12345678", "DEEPSEEK_API_KEY=…5678"),
        ("password: hunter2hunter2", "password: …ter2"),
        ("sent Bearer Ab3defghijklmnop", "sent Bearer …mnop"),
        (
            "1 validation error\nkey\n  Input should be text [type=x, input_value={'k': 'anything'}, input_type=dict]",
            "1 validation error\nkey\n  Input should be text [type=x, input_value=…, input_type=dict]",
        ),
    ],
)
def test_credentials_are_masked_by_where_they_stand(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "task-force on disk-usage with sk-learn",
        "max_tokens: 1234567890, total_tokens=12345678",
        'key = "env:OPENAI_API_KEY"',
        "token: discovered:claude-code",
        'key: "keyring"',
        '{"token": null, "secret": false}',
        "basic authentication failed; bearer token missing",
        "http://127.0.0.1:8080/v1/models/x@y",
        "GET https://api.openai.com/v1/organization/costs?start_time=1795300000&limit=31",
        "fw_version_string and rt_something_else",
        "01234567-89ab-cdef-0123-456789abcdef",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("sk-or-v1-abcdefgh", "…efgh"),
        ("123456789012", "…9012"),
        ("12345678901", "…"),
        ("", "…"),
        ("ends in \x1b[31m", "…"),
        ("ends with blank ", "…"),
    ],
)
def test_mask_shows_four_characters_of_long_keys_only(secret: str, shown: str) -> None:
    assert mask(secret) == shown


def test_a_pasted_key_is_recognised() -> None:
    assert all(holds_key(key) for key in KEYS)
    assert not holds_key("env:OPENAI_API_KEY")
    assert not holds_key("textual-dark")


@pytest.mark.parametrize(
    "piece", ["a", "sk-", "_key", "a.b@c:", "://a", "key=", "eyJ.", "Bearer ", "input_value=", '"token" : ']
)
def test_hostile_text_takes_no_longer_than_other_text(piece: str) -> None:
    started = time.process_time()
    redact(piece * (400_000 // len(piece)))
    assert time.process_time() - started < 3
