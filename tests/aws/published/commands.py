"""Documents that run commands on instances."""

from collections.abc import Generator
from typing import Any

from tests.aws.cloud import Cloud
from tests.aws.published.cases import APPROVER, State, outputs_of, runs
from tests.aws.published.databases import alarm

Told = Generator[dict[str, Any], State, None]
BOSS = f"arn:aws:iam::123456789012:user/{APPROVER}"


def command(cloud: Cloud, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("ssm").list_commands(CommandId=id_)["Commands"][0]
    return found


def reached(cloud: Cloud, document: str) -> list[list[str]]:
    """The instances of each command of the document (moto shows more than a command was sent to)."""
    sent = cloud.front.calls_of("SendCommand")
    return [call["InstanceIds"] for call in sent if call["DocumentName"] == document]


@runs("cpu-stress-via-rc.yml")
def stressed(cloud: Cloud) -> Told:
    instances = [cloud.launch(), cloud.launch()]
    state = yield {"InstanceIds": instances, "duration": "5"}
    ran = command(cloud, outputs_of(state, "RunChaosCPU")["CommandId"])
    assert ran["Parameters"] == {"cpu": ["0"], "duration": ["5"]}
    assert reached(cloud, "cpu-stress") == [instances]


@runs("ec2-kill_process__2020-07-28__Documents__AutomationDocument.yml")
def process_killed(cloud: Cloud) -> Told:
    instance = cloud.launch()
    state = yield {
        "InstanceId": instance,
        "ProcessName": "java",
        "SyntheticAlarmName": alarm(cloud, "quiet-four"),
        "ExpectedRecoveryTimeInSeconds": "0",
        "AutomationAssumeRole": cloud.role("kills"),
    }
    ran = command(cloud, outputs_of(state, "KillProcess")["CommandId"])
    assert ran["Parameters"] == {"ProcessName": ["java"]}
    assert reached(cloud, "Digito-KillProcessCommand_2020-07-28") == [[instance]]


@runs("collect-node-diagnostics.yml")
def diagnosed(cloud: Cloud) -> Told:
    instance = cloud.launch()
    state = yield {"InstanceId": instance}
    ran = command(cloud, outputs_of(state, "runDiagnostics")["CommandId"])
    assert ran["TimeoutSeconds"] == 600
    assert outputs_of(state, "describeManagedNode")["PlatformType"] == "Linux"
    assert outputs_of(state, "readDiagnosticsOutput")["ResponseCode"] == 0


@runs("patch-on-demand.yml")
def patched_without_asking(cloud: Cloud) -> Told:
    state = yield {"TargetTagValue": "web", "RequireApproval": "false"}
    assert state["path"] == ["scanBeforePatching", "chooseApprovalPath", "installPatches", "reportPatchState"]
    sent = [
        call["Parameters"]["Operation"]
        for call in cloud.front.calls_of("SendCommand")
        if call["DocumentName"] == "AWS-RunPatchBaseline"
    ]
    assert ["Install"] in sent


@runs("apply-hardening-baseline.yml", approved=True)
def hardened(cloud: Cloud) -> Told:
    state = yield {"TargetTagValue": "web", "Approvers": [BOSS]}
    ran = command(cloud, outputs_of(state, "applyHardening")["CommandId"])
    assert ran["Parameters"] == {"permitRootLogin": ["no"], "passwordAuthentication": ["no"]}
    assert ran["Targets"] == [{"Key": "tag:Patch Group", "Values": ["web"]}]
