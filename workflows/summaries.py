"""Short labels that Temporal's tools show beside activities, timers and workflows."""

MOST_BYTES = 200
"""Temporal refuses longer summaries (400 bytes), and with them the whole workflow task."""


def label(text: str) -> str:
    """The text, cut so that Temporal takes it."""
    return text.encode()[:MOST_BYTES].decode(errors="ignore")
