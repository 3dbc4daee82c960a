"""The yardstick: the smallest Textual app that shows a word."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class MinimalApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("yardstick")


if __name__ == "__main__":
    MinimalApp().run()
