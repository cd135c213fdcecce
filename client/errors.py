"""What can go wrong when asking Tocsin: a class per meaning."""


class TocsinError(Exception):
    """Base of them all; its text says what was wrong and what would be right.

    `aws` is the error's name in AWS's API, where that says more than the class.
    """

    aws: str = ""


class InvalidInputError(TocsinError):
    """What was asked makes no sense as it stands."""


class NotFoundError(TocsinError):
    """There is no such thing."""


class ConflictError(TocsinError):
    """It cannot be done in the state things are in."""


class QuotaExceededError(TocsinError):
    """It has been done too often of late (AWS: ServiceQuotaExceededException)."""


class UnavailableError(TocsinError):
    """PostgreSQL, Temporal or the worker did not answer in time."""
