"""Which files a runbook's scripts are given."""

from activities.automation.steps import AttachedFile
from definitions.runbooks import Runbook
from definitions.runbooks import attached_files as sources_of


def attached_files(runbook: Runbook) -> list[AttachedFile]:
    """The files that the document names, and where they are, as an applied runbook says."""
    return [
        AttachedFile(name=name, source=source.source, sha256=source.sha256)
        for name, source in sources_of(runbook).items()
    ]
