"""The languages of aws:executeScript: how each is started, given its input, and asked for its result."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from activities.automation.inputs import wrong_input
from activities.automation.processes import ANSWER, Finished
from activities.automation.running import ended
from activities.automation.sandbox import MEMORY, Cell, libraries, python
from activities.automation.sound_json import sound_json
from activities.automation.steps import step_failed

LARGEST = 100_000
"""Bytes, as JSON, of what a script may return, and be given (AWS: 100 KB are returned)."""

LONGEST = 100
"""Items of a list that a script may return (AWS)."""


class Language(StrEnum):
    """What a Runtime begins with, in lower case."""

    PYTHON = "python"
    """All versions run as the one Python that is here."""
    POWERSHELL = "powershell"
    BASH = "bash"
    """Beyond AWS."""


@dataclass(frozen=True)
class Script:
    """What a step asks to be run. `source` is None when the handler is in the attachment."""

    language: Language
    handler: str
    source: str | None
    attachment: str
    events: Mapping[str, Any]
    context: Mapping[str, str]

    @classmethod
    def of(cls, inputs: Mapping[str, Any], context: Mapping[str, str]) -> "Script":
        """What the inputs say; fails the step if that cannot be run here."""
        runtime = str(inputs.get("Runtime") or "")
        language = next((one for one in Language if runtime.lower().startswith(one)), None)
        if language is None:
            raise wrong_input(f"Runtime {runtime!r} cannot run here; use python3.x, PowerShell 7.x or bash")
        if language is Language.POWERSHELL and shutil.which("pwsh") is None:
            raise wrong_input(
                f"Runtime {runtime!r} needs PowerShell, and there is no pwsh on this worker's PATH"
            )
        handler, source = str(inputs.get("Handler") or ""), inputs.get("Script")
        attachment = str(inputs.get("Attachment") or "")
        if language is Language.PYTHON and not handler:
            raise wrong_input("aws:executeScript in Python needs the input Handler: the function to call")
        if not source and (language is not Language.PYTHON or not attachment):
            raise wrong_input("aws:executeScript needs the input Script, or in Python an Attachment")
        if not source and "." not in handler:
            raise wrong_input(f"Handler {handler!r} should be FILE.FUNCTION, a function of an attached file")
        return cls(language, handler, str(source) if source else None, attachment, _events(inputs), context)


@dataclass(frozen=True)
class Launch:
    """How a script is started: its command line, standard input and variables, and the memory it may have."""

    command: list[str]
    given: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int | None = MEMORY


def launch(script: Script, cell: Cell) -> Launch:
    """How to start a script in its place."""
    payload = json.dumps(script.events)
    if script.language is Language.BASH:
        output = f"{cell.home}/output.json"
        return Launch(
            ["/usr/bin/env", "bash", "-c", _BASH, "bash", script.source or ""],
            environment={"InputPayload": payload, "OUTPUT_PAYLOAD": output},
        )
    if script.language is Language.POWERSHELL:
        return Launch(
            ["/bin/sh", "-c", _POWERSHELL_START],
            given=_POWERSHELL.replace("<SCRIPT>", script.source or "").encode(),
            environment={
                "InputPayload": payload,
                "OUTPUT_PAYLOAD": f"{cell.home}/output.json",
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
                "POWERSHELL_UPDATECHECK": "Off",
                "DOTNET_GCHeapHardLimit": hex(MEMORY),
            },
            memory=None,  # .NET reserves far more than it uses, and keeps to its own limit
        )
    request = {
        "script": script.source,
        "handler": script.handler,
        "events": script.events,
        "context": script.context,
        "attached": [cell.files] if script.attachment else [],
        "libraries": [libraries()],
        "largest": LARGEST,
        "longest": LONGEST,
    }
    return Launch([python(), "-I", "-S", "-c", _runner()], given=json.dumps(request).encode())


def result(script: Script, finished: Finished, printed: str) -> Any:
    """What a script returned, None for nothing; fails the step if it failed, repeating what it printed."""
    try:
        answer = (
            json.loads(sound_json(finished.answer.decode(errors="replace")))
            if finished.answer.strip()
            else None
        )
    except (ValueError, RecursionError) as error:
        raise step_failed(f"the result is not JSON: {error}\n{printed}".rstrip()) from error
    if script.language is Language.PYTHON:
        if not isinstance(answer, dict):
            raise step_failed(f"the script gave no result; {ended(finished.code)}\n{printed}".rstrip())
        if "error" in answer:
            raise step_failed(f"{answer['error']}\n{printed}".rstrip())
        return answer.get("value")
    if finished.code != 0:
        raise step_failed(f"the script failed; {ended(finished.code)}\n{printed}".rstrip())
    if len(finished.answer) > LARGEST:
        raise step_failed(f"the result is {len(finished.answer)} bytes; at most {LARGEST} may be returned")
    if isinstance(answer, list) and len(answer) > LONGEST:
        raise step_failed(f"the result is a list of {len(answer)} items; at most {LONGEST} may be returned")
    return answer


def _events(inputs: Mapping[str, Any]) -> dict[str, Any]:
    events = inputs.get("InputPayload")
    if events is None:
        return {}
    if not isinstance(events, dict):
        raise wrong_input(f"InputPayload should be a map, got {str(events)!r}")
    size = len(json.dumps(events))
    if size > LARGEST:
        raise wrong_input(f"InputPayload is {size} bytes as JSON; at most {LARGEST} can be given")
    return events


@cache
def _runner() -> str:
    return (Path(__file__).parent / "script_runner.py").read_text(encoding="utf-8")


_BASH = f"""\
bash -c "$1" <&- ; code=$?
if [ $code -eq 0 ] && [ -f "$OUTPUT_PAYLOAD" ]; then cat "$OUTPUT_PAYLOAD" >&"${ANSWER}"; fi
exit $code
"""
"""The script is a process of its own, so that its `exit` does not keep the result from being handed over."""

_POWERSHELL_START = f"""\
cat > script.ps1
pwsh -NoLogo -NoProfile -NonInteractive -File script.ps1 < /dev/null; code=$?
if [ $code -eq 0 ] && [ -f "$OUTPUT_PAYLOAD" ]; then cat "$OUTPUT_PAYLOAD" >&${ANSWER}; fi
exit $code
"""

_POWERSHELL = """\
$ErrorActionPreference = 'Stop'
$returned = @(& {
<SCRIPT>
})
if ($returned.Count -gt 0) {
    $last = $returned[-1]
    $only = if ($last -is [System.Collections.IDictionary] -or $returned.Count -eq 1) { $last } else { $returned }
    $json = ConvertTo-Json -InputObject $only -Depth 50 -Compress
    [System.IO.File]::WriteAllText($env:OUTPUT_PAYLOAD, $json)
}
"""
"""A hashtable that a script returns last is its result; what else it leaves unassigned is not."""
