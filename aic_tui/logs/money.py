"""Money that a tool recorded itself, as whole numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from aic_tui.usage_records import PICO

MILLION = 10**6
_MOST = 10**6


def pico_dollars(value: object) -> int | None:
    """Pico-dollars for an amount in dollars (a number, or a text of digits); None where it is none.

    Negative amounts, those of more than a million dollars, infinities and NaN are none.
    """
    return scaled(value, PICO)


def scaled(value: object, times: int) -> int | None:
    """``value`` times ``times``, rounded half to even; None as in :func:`pico_dollars`. A float is what it is
    written as.
    """
    if type(value) is float or type(value) is int:
        value = repr(value)
    if type(value) is not str or len(value) > 40:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _MOST:
        return None
    return int((amount * times).to_integral_value())
