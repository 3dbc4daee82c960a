"""Which of the four layouts a terminal of some size gets."""

from __future__ import annotations

from enum import StrEnum

LEFT_COLUMN = 34
CARD_MIN = 38


class Density(StrEnum):
    """Four layouts, from a micro gauge per account to cards beside a ranked list."""

    STRIP = "strip"
    LIST = "list"
    CARDS = "cards"
    WIDE = "wide"


def density(width: int, height: int) -> Density:
    """The layout for a screen of ``width`` x ``height`` cells: both count, because a low pane shows nothing tall."""
    if height < 12 or width < 28:
        return Density.STRIP
    if width < 60:
        return Density.LIST
    return Density.CARDS if width < 120 else Density.WIDE


def card_columns(width: int) -> int:
    """How many cards stand side by side in ``width`` cells: 1 to 3, each at least 38 wide."""
    return min(max(width // CARD_MIN, 1), 3)
