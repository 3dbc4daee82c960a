"""The whole way from a log to dollars: what each fixture costs is what ccusage says, to a billionth."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

import pytest

from aic_tui.pricing.cost import charge
from aic_tui.usage_records import BOUNDARIES, utc_ordinal
from tests.log_cases import Named, case, expected, run_reader
from tests.pricing_cases import embedded

CASES = [
    ("droid", "d01_settings"),
    ("kimi", "m01_wire"),
    ("kimi", "m02_code"),
    ("pi", "i01_session"),
    ("goose", "s01_sessions"),
    ("openclaw", "w01_sessions"),
    ("hermes", "h01_sessions"),
    ("codebuff", "b01_chat"),
    ("grok", "r01_turns"),
]


def cost_of(named: Named, source: str) -> int:
    """Pico-dollars of one request; 0 where there is no price."""
    record = named.record
    size = bisect_right(BOUNDARIES, record.input + record.cache_read + record.write_5m + record.write_1h)
    day = date.fromordinal(utc_ordinal(record.ts))
    computed = embedded().cost(named.model, source, day, record.flags, size, record[7:13])
    return charge("auto", record.flags, record.cost, computed) or 0


@pytest.mark.parametrize(("tool", "name"), CASES)
def test_sessions_cost_what_they_cost_in_ccusage(tool: str, name: str) -> None:
    ours: dict[str, float] = {}
    for named in run_reader(tool, case(tool, name)):
        ours[named.session] = ours.get(named.session, 0) + cost_of(named, tool) / 1e12
    sessions = expected(tool, name, f"{tool} session")["sessions"]
    assert ours == {session["sessionId"]: pytest.approx(session["totalCost"], rel=1e-9) for session in sessions}
