"""The published documents under `documents/`, read as the loader reads files."""

from functools import cache
from pathlib import Path

from definitions.automation import AutomationDocument, load_document
from definitions.loader import read_text
from definitions.yaml_nodes import parse_yaml

FOLDER = Path(__file__).parent / "documents"
PUBLISHED = sorted(path for path in FOLDER.glob("*/*") if path.suffix in (".json", ".yaml", ".yml"))


@cache
def published(path: Path) -> AutomationDocument:
    """One of them, loaded."""
    (node,), problems = parse_yaml(read_text(path))
    assert problems == []
    plain = node.plain()
    assert isinstance(plain, dict)
    return load_document(plain)


def short_name(path: Path) -> str:
    """A name for a test's id."""
    return path.stem.rpartition("__")[2] if not path.stem.endswith("AutomationDocument") else path.stem[-60:]
