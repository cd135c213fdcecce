"""JSON from elsewhere whose texts can be written down."""

import json


def sound_json(text: str) -> str:
    """The JSON with half characters, as \\ud800, replaced: UTF-8 has none. Raises ValueError, RecursionError."""
    if "\\u" not in text:
        return text
    whole = json.dumps(json.loads(text), ensure_ascii=False)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
