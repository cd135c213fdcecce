"""Asking: `client.Tocsin` is the one typed way in, and the `tocsin` command stands on it."""

from typing import TYPE_CHECKING

from client.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError, UnavailableError

if TYPE_CHECKING:
    from client.tocsin import Tocsin

__all__ = ["ConflictError", "InvalidInputError", "NotFoundError", "Tocsin", "TocsinError", "UnavailableError"]


def __getattr__(name: str) -> object:
    # Temporal's client takes most of a second to load, which `tocsin --help` need not wait for.
    if name == "Tocsin":
        from client.tocsin import Tocsin

        return Tocsin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
