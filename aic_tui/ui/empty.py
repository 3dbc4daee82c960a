"""What the dashboard says when there is nothing to show: what was looked for, what was found, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.services.monitor import Found
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, line, width

_STEPS = (
    ("aic-tui discover --accept", "takes the logins that are on this machine"),
    ("aic-tui --demo", "shows invented accounts, nothing is read or sent"),
    ("aic-tui doctor", "lists every place that was looked at"),
)


def no_match(wanted: str, options: ViewOptions) -> tuple[Line, ...]:
    """No account contains what is being looked for."""
    words = "the filter" if options.privacy else f"“{wanted}”"
    return (
        EMPTY,
        line((f"No account matches {words}.", Tone.PLAIN)),
        line(("esc", Tone.ACCENT), (" shows all", Tone.DIM)),
    )


def not_readable(key: str, cells: int) -> tuple[Line, ...]:
    """config.toml is broken, so nobody knows which accounts there are. ``key`` leads to the repair."""
    return (
        EMPTY,
        line(("config.toml cannot be read", Tone.STRONG)),
        EMPTY,
        *_wrapped("Which accounts there are stands in it, so nothing is asked until it is whole again.", cells),
        EMPTY,
        line((key, Tone.ACCENT), (" shows the line and repairs it", Tone.DIM)),
    )


def no_accounts(
    findings: Sequence[Found] | None, options: ViewOptions, cells: int, add_key: str = "", login_key: str = ""
) -> tuple[Line, ...]:
    """There is no account at all. ``findings`` is None until it is known what is here; ``add_key`` adds an account,
    ``login_key`` signs in."""
    lines: list[Line] = [EMPTY, line(("No accounts yet", Tone.STRONG)), EMPTY]
    lines += _wrapped(
        "Keys in the environment, and logins of other tools on this machine, become accounts here.", cells
    )
    lines.append(EMPTY)
    if findings:
        lines.append(line(("Found", Tone.STRONG)))
        lines += [_found(found, options, cells) for found in findings]
        lines.append(EMPTY)
    elif findings is not None:
        lines += [
            *_wrapped("Nothing was found: no key in the environment, no login of a tool that is known.", cells),
            EMPTY,
        ]
    add = ((add_key, "adds one: paste a key, or use what was found"),) if add_key else ()
    login = ((login_key, "signs in to GitHub for Copilot, by a code"),) if login_key else ()
    for command, words in (*add, *login, *_STEPS):
        lines.append(line((command, Tone.ACCENT)))
        lines += [(Span("  "), *spans) for spans in _wrapped(words, cells - 2)]
    return tuple(lines)


def _found(found: Found, options: ViewOptions, cells: int) -> Line:
    name = line((found.provider_name, Tone.PLAIN), "  ", (found.masked, Tone.DIM))
    whole = line(*name, "  ", ("***" if options.privacy else found.origin, Tone.DIM))
    return whole if width(whole) <= cells else name


def _wrapped(text: str, cells: int) -> list[Line]:
    """Dim words in lines of at most ``cells``, broken between words."""
    lines, current = [], ""
    for word in text.split():
        longer = f"{current} {word}".strip()
        if len(longer) > cells and current:
            lines.append(line((current, Tone.DIM)))
            longer = word
        current = longer
    return [*lines, line((current, Tone.DIM))]
