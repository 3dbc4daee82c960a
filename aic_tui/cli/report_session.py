"""``session --id``: one session, request by request."""

from __future__ import annotations

from aic_tui.cli.report_run import Run
from aic_tui.errors import UserError
from aic_tui.reports.grids import one_session_grid
from aic_tui.reports.session_shapes import one_session_document
from aic_tui.reports.sessions import one_session
from aic_tui.text import clean

_MOST_SHOWN = 5


def show_session(run: Run, given: str) -> int:
    """The session whose id is, or begins or ends with, ``given``. An unknown id is null in JSON, as in ccusage."""
    name = _full_name(run, given)
    records = (record for record in run.records(name) if run.has(record)) if name else ()
    found = one_session(name, records, run.pricer, run.day_of) if name else None
    if run.context.as_json:
        return run.document(one_session_document(found, run.shape))
    if found is None:
        run.context.say(f"No session is called “{clean(given, 80)}”; `aic-tui session` lists them.")
        return 0
    where = found.project and not run.shape.privacy
    head = f"Session {found.id}{f' in {found.project}' if where else ''}"
    return run.output.show(one_session_grid(found, run.output.options), [found.total], [head])


def _full_name(run: Run, given: str) -> str:
    given = given.strip("… ")
    names = {row.session for row in run.rows("session")}
    if given in names:
        return given
    alike = sorted(name for name in names if given and (name.startswith(given) or name.endswith(given)))
    if len(alike) > 1:
        shown = ", ".join(alike[:_MOST_SHOWN])
        raise UserError(f"{len(alike)} sessions begin or end with “{clean(given, 80)}”: {shown} …")
    return alike[0] if alike else ""
