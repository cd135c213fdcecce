"""What an execution looks up before its steps run: where AWS calls go, stored parameters, targets, documents."""

import json
from typing import Any

from temporalio import activity

from activities.automation import aws
from activities.automation.aws import Aws, RefusedError
from activities.automation.aws_targets import TargetsAsked, find_targets
from activities.automation.executions import FoundDocument, RunbookAsked
from activities.automation.steps import AttachedFile, step_failed
from activities.automation.threads import in_thread
from activities.heartbeat import beating
from definitions.automation import FailureStage, FailureType, SystemVariables
from records.base import Record

__all__ = ["Lookups", "ParameterStoreAsked", "TargetsAsked"]

_MOST_NAMES = 10
"""AWS: GetParameters takes as many at once."""


class ParameterStoreAsked(Record):
    """Which parameters of a document (`names`, by the document's name) have defaults in Parameter Store."""

    names: dict[str, str]
    system: SystemVariables
    assume_role: str = ""


class ApprovalNotice(Record):
    """What the SNS topic of an aws:approve step is told."""

    topic: str
    execution_id: str
    document_name: str
    step: str
    approvers: list[str]
    message: str
    system: SystemVariables
    assume_role: str = ""


class Lookups:
    """Activities of AWS that belong to no action: they look something up, or tell somebody. They fail as steps do."""

    @activity.defn
    async def identify_account(self) -> SystemVariables:
        """Where this worker's AWS calls go: region, account and partition."""
        return await beating(in_thread(aws.identify))

    @activity.defn
    async def read_parameter_store(self, asked: ParameterStoreAsked) -> dict[str, str | list[str]]:
        """The values by the document's names of the parameters; a StringList is a list.

        Fails if a parameter does not exist, or is a SecureString (AWS: those are not supported in documents).
        """
        return await beating(_stored(asked))

    @activity.defn
    async def resolve_targets(self, asked: TargetsAsked) -> list[dict[str, list[str]]]:
        """The parameters of one child execution per target; empty if nothing matches."""
        return await beating(find_targets(asked))

    @activity.defn
    async def tell_approvers(self, notice: ApprovalNotice) -> None:
        """Publish to the topic who is asked for what (AWS: NotificationArn)."""
        await beating(_publish(notice))

    @activity.defn
    async def find_aws_document(self, asked: RunbookAsked) -> FoundDocument | None:
        """An Automation document of the account's, or AWS's own; None if there is none, or no AWS at all.

        Fails for documents of other types.
        """
        return await beating(_document(asked))


async def _publish(notice: ApprovalNotice) -> None:
    lines = [
        notice.message or "An automation waits for approval.",
        f"Execution {notice.execution_id} of {notice.document_name} waits at step {notice.step}.",
        f"Approvers: {', '.join(notice.approvers)}.",
        f"tocsin runbook approve {notice.execution_id}",
        f"tocsin runbook reject {notice.execution_id}",
    ]
    subject = f"{notice.document_name}: {notice.step} waits for approval"[:100]
    asked = {"TopicArn": notice.topic, "Subject": subject, "Message": "\n".join(lines)}
    await Aws(region=notice.system.region, role=notice.assume_role).call("sns", "Publish", asked)


async def _stored(asked: ParameterStoreAsked) -> dict[str, str | list[str]]:
    reach = Aws(region=asked.system.region, role=asked.assume_role)
    found: dict[str, str | list[str]] = {}
    names = sorted(set(asked.names.values()))
    plain = [name for name in names if ":" not in name]
    for start in range(0, len(plain), _MOST_NAMES):
        answer = await reach.call("ssm", "GetParameters", {"Names": plain[start : start + _MOST_NAMES]})
        if answer.get("InvalidParameters"):
            raise _wrong(f"Parameter Store has no {', '.join(sorted(answer['InvalidParameters']))}")
        found |= {parameter["Name"]: _value(parameter) for parameter in answer["Parameters"]}
    for name in names:
        if ":" in name:  # with a version or a label, or an ARN: the answer has another name
            found[name] = _value((await reach.call("ssm", "GetParameter", {"Name": name}))["Parameter"])
    return {parameter: found[name] for parameter, name in asked.names.items()}


def _value(parameter: dict[str, Any]) -> str | list[str]:
    if parameter["Type"] == "SecureString":
        raise _wrong(f"{parameter['Name']} is a SecureString, which a document's default may not name")
    text = str(parameter["Value"])
    return [item.strip() for item in text.split(",")] if parameter["Type"] == "StringList" else text


async def _document(asked: RunbookAsked) -> FoundDocument | None:
    request = {"Name": asked.name, "DocumentFormat": "JSON"}
    if asked.version not in ("", "$DEFAULT"):
        request["DocumentVersion"] = asked.version
    region = await in_thread(aws.own_region)
    try:
        answer = await Aws(region=region).call("ssm", "GetDocument", request)
    except RefusedError as refused:
        no_aws = refused.kind is FailureType.PERMISSION and not refused.code
        if no_aws or refused.code == "InvalidDocument":
            return None
        raise
    if answer.get("DocumentType", "Automation") != "Automation":
        raise _wrong(f"{asked.name} is a {answer['DocumentType']} document, not an Automation")
    try:
        content = json.loads(answer["Content"])
    except ValueError as error:
        raise _wrong(f"AWS gives {asked.name} in a form that is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _wrong(f"{asked.name} is not a map")
    files = [
        AttachedFile(name=file["Name"], source=file["Url"], sha256=file["Hash"])
        for file in answer.get("AttachmentsContent", [])
        if file.get("HashType") == "Sha256"
    ]
    return FoundDocument(
        name=answer["Name"], version=answer["DocumentVersion"], document=content, files=files
    )


def _wrong(message: str) -> Exception:
    return step_failed(message, stage=FailureStage.INPUT_VALIDATION)
