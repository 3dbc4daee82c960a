"""The footer: one line made of the keys that work now. Whole entries leave when it gets narrow, help and quit last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import App
from textual.screen import Screen

from aic_tui.ui.bindings import FOOTER_LAST, FOOTER_ORDER, KeyHint
from aic_tui.view.spans import Line, Span, Tone, join, width

_BETWEEN = Span("  ")


def live_hints(screen: Screen[Any], app: App[Any]) -> list[KeyHint]:
    """The shown bindings that are in force on ``screen``, each once, in the order of the footer."""
    hints: dict[str, KeyHint] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and active.enabled and binding.id and binding.id not in hints:
            hints[binding.id] = KeyHint(app.get_key_display(binding), binding.description, binding.id)
    order = {name: place for place, name in enumerate((*FOOTER_ORDER, *FOOTER_LAST))}
    return sorted(hints.values(), key=lambda hint: order.get(hint.binding_id, len(FOOTER_ORDER) - 0.5))


def key_line(hints: Sequence[KeyHint], cells: int) -> Line:
    """As many ``hints`` as fit into ``cells``; at the narrowest only the keys of help and quit without words."""
    last = [hint for hint in hints if hint.binding_id in FOOTER_LAST]
    first = [hint for hint in hints if hint.binding_id not in FOOTER_LAST]
    for count in range(len(first), -1, -1):
        whole = join([_entry(hint) for hint in (*first[:count], *last)], _BETWEEN)
        if width(whole) <= cells:
            return whole
    for count in range(len(last), 0, -1):
        short = join([(Span(hint.key, Tone.ACCENT),) for hint in last[-count:]], Span(" "))
        if width(short) <= cells:
            return short
    return ()


def _entry(hint: KeyHint) -> Line:
    return (Span(hint.key, Tone.ACCENT), Span(f" {hint.words}", Tone.DIM))
