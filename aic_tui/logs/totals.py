"""What several tools' figures have in common: totals that say more than their parts, and requests without an id."""

from __future__ import annotations

from aic_tui.usage_records import key_of


def with_rest(total: int | None, known: int, output: int, extra: int) -> tuple[int, int]:
    """``output`` and ``extra`` after what ``total`` has beyond ``known``, the sum of all parts.

    The rest is output where none was told, else reasoning (seen in ccusage 20.0.24, 2026-11, for every tool whose
    log has a total).
    """
    if total is None or total <= known:
        return output, extra
    return (total - known, extra) if not output else (output, extra + total - known)


class Twins:
    """Keys for requests that have no id: the same figures in another copy of a log are the same request, and the
    second time in one file another one.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def key(self, *parts: object) -> int:
        """The key of the next request that is told of with ``parts``."""
        texts = [str(part) for part in parts]
        found = key_of(*texts)
        count = self._seen[found] = self._seen.get(found, 0) + 1
        return found if count == 1 else key_of(*texts, f"twin {count}")
