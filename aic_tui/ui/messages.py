"""What widgets tell their screen: facts about what the user did, never about what should follow."""

from __future__ import annotations

from textual.message import Message


class AccountPointed(Message):
    """The account with that id was clicked. ``again`` is True when it was the selected one already."""

    def __init__(self, account_id: str, *, again: bool) -> None:
        super().__init__()
        self.account_id = account_id
        self.again = again


class FilterTyped(Message):
    """The text in the filter line is now ``text``."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class FilterLeft(Message):
    """The filter line was left: with ``kept`` its text goes on filtering, without it the filter is gone."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__()
        self.kept = kept
