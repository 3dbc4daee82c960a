"""aic-tui: every AI account's quota, resets, cost and balance in one terminal screen."""

__version__ = "0.1.0"
