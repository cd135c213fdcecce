"""What every run-time model shares."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A piece of what happened. Unknown keys are ignored: an older process must read a newer one's records."""

    model_config = ConfigDict(extra="ignore", ser_json_timedelta="iso8601")
