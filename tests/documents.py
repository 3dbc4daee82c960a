"""Tables of the documents that are generated from the code. ``python -m tests.documents --write`` renews them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from aic_tui.providers.base import Provider
from aic_tui.providers.registry import all_providers

README = Path(__file__).parent.parent / "README.md"


def _keys(provider: Provider) -> str:
    names = [f"`{name}`" for name in provider.env]
    return ", ".join([*names, *(f"login of {login.tool}" for login in provider.logins)])


def provider_table() -> str:
    """The README's table of providers, in registry order."""
    rows = ["| provider | id | shows | key or login | asked at most every |", "|---|---|---|---|---|"]
    rows += [
        f"| [{p.name}]({p.docs_url}) | `{p.id}` | {p.shows} | {_keys(p)} | {p.floor_seconds // 60} min |"
        for p in all_providers()
    ]
    return "\n".join(rows)


def tables() -> dict[str, str]:
    """Every generated part by its marker name."""
    return {"providers": provider_table()}


def renewed(document: str) -> str:
    """``document`` with the text between each pair of ``<!-- name -->`` and ``<!-- /name -->`` markers renewed."""
    for name, table in tables().items():
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
        document = re.sub(pattern, lambda found, t=table: found[1] + t + found[2], document, flags=re.DOTALL)  # type: ignore[misc]
    return document


def main() -> int:
    """Renew with ``--write``, else say whether anything is out of date (exit 1)."""
    document = README.read_text(encoding="utf-8")
    new = renewed(document)
    if "--write" in sys.argv[1:]:
        README.write_text(new, encoding="utf-8")
        return 0
    print("up to date" if new == document else "out of date: python -m tests.documents --write")
    return int(new != document)


if __name__ == "__main__":
    sys.exit(main())
