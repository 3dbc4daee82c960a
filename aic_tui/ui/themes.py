"""Our own themes, the choice of the first one, and what each tone looks like in a theme.

Colours are only ever the second or third sign of a state (glyph and word come first), so every theme, also one of
16 colours or none, says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from aic_tui.view.spans import Tone

DARK = Theme(
    name="aic-dark",
    primary="#7AA2D8",
    secondary="#8FA3BF",
    accent="#7AA2D8",
    success="#7DBE8C",
    warning="#E0AF5F",
    error="#E77F7F",
    foreground="#D5D9E0",
    background="#14171C",
    surface="#1B1F26",
    panel="#1B1F26",
    dark=True,
)
LIGHT = Theme(
    name="aic-light",
    primary="#1F5FA8",
    secondary="#4A5F7A",
    accent="#1F5FA8",
    success="#23703A",
    warning="#8A5A00",
    error="#B3262E",
    foreground="#1F242B",
    background="#FAFAF7",
    surface="#F0F0EB",
    panel="#F0F0EB",
    dark=False,
)
# Blue to orange: apart in every common kind of colour blindness, and by brightness too (after Okabe and Ito).
SAFE = Theme(
    name="aic-safe",
    primary="#B9C4D6",
    secondary="#9AA7BA",
    accent="#B9C4D6",
    success="#56B4E9",
    warning="#F0C24B",
    error="#F08A4B",
    foreground="#DDE1E7",
    background="#14171C",
    surface="#1B1F26",
    panel="#1B1F26",
    dark=True,
)
OWN_THEMES = (DARK, LIGHT, SAFE)

_TEXT_CONTRAST = 4.6  # for dim words: a little above the 4.5 of WCAG AA
_TRACK_CONTRAST = 1.7  # for gauge tracks and frames, which are no text
_MULTIPLEXERS = ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


def choose_theme(
    setting: str, remembered: str | None, known: Sequence[str], environ: Mapping[str, str], *, light: bool
) -> str:
    """The name of the theme to start with. ``setting`` is a name or ``auto``; unknown names count as ``auto``.

    ``remembered`` is the last choice made with the key, ``light`` whether the terminal's background is light. Over
    SSH and in a multiplexer the terminal's own palette is used: fewer bytes, and right on any background.
    """
    ansi, own = ("ansi-light", "aic-light") if light else ("ansi-dark", "aic-dark")
    if "NO_COLOR" in environ:
        return ansi
    if setting in known:
        return setting
    if remembered in known:
        return str(remembered)
    return ansi if any(environ.get(name) for name in _MULTIPLEXERS) else own


def next_theme(current: str, known: Sequence[str]) -> str:
    """The theme after ``current``: ours first, then the terminal's palette, then Textual's by name."""
    first = [theme.name for theme in OWN_THEMES] + ["ansi-dark", "ansi-light"]
    order = first + sorted(set(known) - set(first))
    return order[(order.index(current) + 1) % len(order)] if current in order else order[0]


def tone_styles(theme: Theme, variables: Mapping[str, str]) -> dict[Tone, Style]:
    """What each tone looks like in ``theme``, whose generated colours are ``variables``. No tone has a background."""
    if theme.ansi:
        return _ansi_styles(theme)
    background, foreground = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    dim = _faded(foreground, background, _TEXT_CONTRAST)

    def colour(name: str) -> Style:
        return Style(color=_readable(Color.parse(variables[name]), foreground, background).rich_color)

    return {
        Tone.PLAIN: Style(color=foreground.rich_color),
        Tone.DIM: Style(color=dim.rich_color),
        Tone.STRONG: Style(color=foreground.rich_color, bold=True),
        Tone.ACCENT: colour("primary"),
        Tone.OK: colour("success"),
        Tone.WARN: colour("warning"),
        Tone.BAD: colour("error"),
        Tone.NEED: colour("error"),
        Tone.WAIT: Style(color=dim.rich_color),
        Tone.TRACK: Style(color=_faded(foreground, background, _TRACK_CONTRAST).rich_color),
    }


def _ansi_styles(theme: Theme) -> dict[Tone, Style]:
    """Tones in the terminal's own palette. Dim is an attribute: bright black is invisible in some palettes."""

    def colour(name: str | None) -> Style:
        return Style(color=Color.parse(name or "ansi_default").rich_color)

    dim = Style(dim=True)
    return {
        Tone.PLAIN: Style(),
        Tone.DIM: dim,
        Tone.STRONG: Style(bold=True),
        Tone.ACCENT: colour(theme.primary),
        Tone.OK: colour(theme.success),
        Tone.WARN: colour(theme.warning),
        Tone.BAD: colour(theme.error),
        Tone.NEED: colour(theme.error),
        Tone.WAIT: dim,
        Tone.TRACK: dim,
    }


def _contrast(one: Color, other: Color) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    def linear(part: int) -> float:
        ratio = part / 255
        return ratio / 12.92 if ratio <= 0.04045 else ((ratio + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def _faded(foreground: Color, background: Color, contrast: float) -> Color:
    """``foreground`` moved towards ``background`` as far as ``contrast`` allows."""
    for step in range(18, 0, -1):
        faded = foreground.blend(background, step / 20)
        if _contrast(faded, background) >= contrast:
            return faded
    return foreground


def _readable(colour: Color, foreground: Color, background: Color) -> Color:
    """``colour`` moved towards ``foreground`` until it can be read as text on ``background``."""
    for step in range(11):
        mixed = colour.blend(foreground, step / 10)
        if _contrast(mixed, background) >= _TEXT_CONTRAST:
            return mixed
    return foreground
