"""Which of two costs counts, the one that the tool recorded or the one from list prices; and money as text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aic_tui.usage_records import PICO, Flag

if TYPE_CHECKING:
    from decimal import Decimal

Mode = Literal["auto", "calculate", "display"]
MODES: tuple[Mode, ...] = ("auto", "calculate", "display")
_HAS_COST = Flag.HAS_COST.value


def charge(mode: Mode, flags: int, recorded: int, computed: int | None) -> int | None:
    """What counts as the cost, in pico-dollars; None where it is not known.

    ``display`` takes only what the tool recorded, and 0 for the rest. ``calculate`` takes only list prices.
    ``auto`` takes what was recorded, a 0 too, else list prices. Whether a tool's 0 means free or unknown is known to
    its reader, which sets :attr:`Flag.HAS_COST` for the first only: once records are added up it cannot be told.
    """
    has_cost = bool(flags & _HAS_COST)
    if mode == "display":
        return recorded if has_cost else 0
    if mode == "auto" and has_cost:
        return recorded
    return computed


def dollars(pico: int) -> float:
    """Pico-dollars as the nearest float of dollars, for JSON documents that give costs as numbers."""
    return pico / PICO


def exact(pico: int) -> Decimal:
    """Pico-dollars as dollars, exactly."""
    from decimal import Decimal  # a report as JSON does without it

    return Decimal(pico).scaleb(-12)


def plain(pico: int) -> str:
    """Pico-dollars as dollars, exactly and without exponent or trailing zeros: ``0.0123``."""
    text = f"{exact(pico):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
