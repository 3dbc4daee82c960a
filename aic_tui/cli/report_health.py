"""How well the logs were understood, as JSON values: ``parseHealth`` of every document."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from aic_tui.cli.context import Context

if TYPE_CHECKING:
    from aic_tui.reports.shapes import Document
    from aic_tui.services.usage_health import SourceHealth


def health_rows(health: Iterable[SourceHealth], context: Context, sources: Collection[str] | None) -> list[Document]:
    """One row for each tool that left anything; under privacy without paths and names of files."""
    private = context.config.settings.privacy
    return [
        _row(source, private)
        for source in health
        if (sources is None or source.source in sources) and (source.files or source.gone or source.problems)
    ]


def _row(source: SourceHealth, private: bool) -> Document:
    return {
        "source": source.source,
        "name": source.name,
        "understood": source.is_understood,
        "files": source.files,
        "filesGone": source.gone,
        "bytes": source.bytes,
        "records": source.records,
        "skipped": dict(sorted(source.skipped.items())),
        "repeated": source.repeated,
        "forks": source.forks,
        "problems": [] if private else list(source.problems),
        "problemCount": len(source.problems),
        "places": [
            {"path": "***" if private else place.path, "origin": place.origin, "files": place.files}
            for place in source.places
            if place.exists
        ],
    }
