"""Bringing the index up to date for a report, and the narration around it. All of it goes to standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aic_tui.cli.context import Context
from aic_tui.cli.report_flags import Wanted

if TYPE_CHECKING:
    from aic_tui.services.usage import UsageService
    from aic_tui.services.usage_health import PlaceFound, SourceHealth

_MOST_TOOLS = 20


def scan(context: Context, service: UsageService, wanted: Wanted) -> None:
    """Read what is new in the logs. Says what has to be said, once."""
    import gc

    from aic_tui.cli.progress import ProgressLine

    gc.enable()
    dumb = context.env.environ.get("TERM", "") in ("", "dumb") and context.env.platform != "win32"
    with ProgressLine(context.err, width=context.error_width, plain=dumb) as progress:
        report = service.scan(wanted.zone, sources=wanted.sources, progress=progress)
    for notice in report.notices:
        context.say(notice)
    if report.first_run and not report.notices:  # with a notice, nothing may be kept
        for sentence in _first_words(service.health()):
            context.say(sentence)


def tell_nothing(context: Context, service: UsageService, wanted: Wanted) -> None:
    """Why a report is empty, and where was looked."""
    if context.is_demo:
        return context.say("The demonstration reads no session logs.")
    health = [source for source in service.health() if wanted.sources is None or source.source in wanted.sources]
    if any(source.records for source in health):
        of = f" of project {wanted.project}" if wanted.project and not context.config.settings.privacy else ""
        return context.say(f"Nothing was used{wanted.words}{of}.")
    context.say("No session logs of coding agents were found. Looked for:")
    for source in health[:_MOST_TOOLS]:
        places = ", ".join(_words(context, place) for place in source.places) or "no place on this system"
        context.say(f"  {source.name}: {places}")
    for source in health:
        for problem in source.problems if not context.config.settings.privacy else ():
            context.say(f"  {problem}")
    context.say("More folders can be named in config.toml; `aic-tui doctor` says more.")
    return None


def _first_words(health: Sequence[SourceHealth]) -> Iterator[str]:
    from aic_tui.logs.tool_facts import FORGETS

    return (FORGETS[source.source] for source in health if source.files and source.source in FORGETS)


def _words(context: Context, place: PlaceFound) -> str:
    path = place.path.replace(str(context.env.home), "~") if len(str(context.env.home)) > 1 else place.path
    state = place.problem or ("nothing in it" if place.exists else "not there")
    named = f", from {place.origin}" if place.origin != "default" else ""
    return f"{path} ({state}{named})"
