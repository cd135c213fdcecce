"""Text from elsewhere, made harmless for a terminal."""


def plain(text: str) -> str:
    """The text with control characters replaced, line ends and tabs aside.

    What an alarm's sender wrote must not be able to move the cursor or hide what stands above it.
    """
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
