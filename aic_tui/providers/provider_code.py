"""Calls into provider files, which meet replies that nobody has seen before: whatever they raise becomes a
:class:`ProviderError` without a word of the reply in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading
from aic_tui.providers.base import Ask, Provider, Reply, Request
from aic_tui.providers.decode import harmless
from aic_tui.providers.raw_reply import shape_text

_log = logging.getLogger("aic_tui.http")


def planned(provider: Provider, ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    """The provider's next requests. Raises :class:`ProviderError` only."""
    try:
        return tuple(provider.plan(ask, replies))
    except ProviderError as error:
        raise _with_clean_detail(error) from None
    except Exception as error:  # noqa: BLE001 - see the module
        raise _changed(provider, replies, error) from None


def understood(provider: Provider, ask: Ask, replies: Sequence[Reply]) -> Reading:
    """The provider's reading of its replies. Raises :class:`ProviderError` only."""
    try:
        return provider.parse(ask, replies)
    except ProviderError as error:
        raise _with_clean_detail(error) from None
    except Exception as error:  # noqa: BLE001 - see the module
        raise _changed(provider, replies, error) from None


def refused(provider: Provider, ask: Ask, reply: Reply) -> ProviderError | None:
    """What the provider's ``refuse`` says about a reply, or None where it has no word of its own for it."""
    try:
        return provider.refuse(ask, reply)
    except ProviderError as error:
        return error
    except Exception:  # noqa: BLE001 - a body of an unknown shape must not hide the status, which is clear
        return None


def _with_clean_detail(error: ProviderError) -> ProviderError:
    if error.detail:
        error.detail = harmless(error.detail)
    return error


def _changed(provider: Provider, replies: Sequence[Reply], error: Exception) -> ProviderError:
    """FORMAT_CHANGED/SHAPE; the names in the replies (no value) go to the log, to mend the provider file by."""
    detail = harmless(_place(error))
    for reply in replies:
        _log.info("%s: not understood (%s): %s", provider.id, detail, shape_text(reply.data))
    return ProviderError(FailureKind.FORMAT_CHANGED, Reason.SHAPE, detail=detail)


def _place(error: Exception) -> str:
    """The place in the reply and the kind of trouble where the exception is pydantic's, else only the exception's
    name: the text of such exceptions quotes the reply."""
    listed = getattr(error, "errors", None)
    try:
        first = listed(include_url=False, include_context=False, include_input=False)[0] if callable(listed) else None
    except Exception:  # noqa: BLE001 - it only looked like pydantic's
        first = None
    if not isinstance(first, dict):
        return type(error).__name__
    return f"{'.'.join(str(part) for part in first.get('loc', ()))}: {first.get('type')}"
