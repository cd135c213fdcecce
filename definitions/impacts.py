"""How bad an incident is (AWS: impact)."""

from typing import Annotated

from pydantic import Field

Impact = Annotated[int, Field(ge=1, le=5)]
"""1 Critical, 2 High, 3 Medium, 4 Low, 5 No impact."""

CRITICAL = 1
