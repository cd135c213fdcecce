"""What stands in for documents that AWS itself provides: others run them by these names."""

from typing import Any


def _one_call(
    api: str, parameters: dict[str, Any], names: tuple[str, ...], output: str = ""
) -> dict[str, Any]:
    """A document that calls one API of EC2."""
    step: dict[str, Any] = {
        "name": "call",
        "action": "aws:executeAwsApi",
        "inputs": {"Service": "ec2", "Api": api, **parameters},
    }
    if output:
        step["outputs"] = [{"Name": output, "Selector": f"$.{output}", "Type": "String"}]
    return {
        "parameters": {name: {"type": "String"} for name in names},
        "mainSteps": [step],
        "outputs": [f"call.{output}"] if output else [],
    }


OF_AWS: dict[str, dict[str, Any]] = {
    "AWS-CreateSnapshot": _one_call(
        "CreateSnapshot", {"VolumeId": "{{ VolumeId }}"}, ("VolumeId",), output="SnapshotId"
    ),
    "AWS-StopEC2Instance": {
        "parameters": {"InstanceId": {"type": "StringList"}},
        "mainSteps": [
            {
                "name": "stop",
                "action": "aws:changeInstanceState",
                "inputs": {"InstanceIds": "{{ InstanceId }}", "DesiredState": "stopped"},
            }
        ],
    },
    "AWS-DetachEBSVolume": {
        "parameters": {"VolumeId": {"type": "String"}},
        "mainSteps": [
            {
                "name": "look",
                "action": "aws:executeAwsApi",
                "inputs": {"Service": "ec2", "Api": "DescribeVolumes", "VolumeIds": "{{ VolumeId }}"},
                "outputs": [
                    {"Name": "Instance", "Selector": "$..Attachments[0].InstanceId", "Type": "String"}
                ],
            },
            {
                "name": "detach",
                "action": "aws:executeAwsApi",
                "inputs": {
                    "Service": "ec2",
                    "Api": "DetachVolume",
                    "VolumeId": "{{ VolumeId }}",
                    "InstanceId": "{{ look.Instance }}",
                },
            },
        ],
    },
    "AWS-AttachEBSVolume": _one_call(
        "AttachVolume",
        {name: f"{{{{ {name} }}}}" for name in ("Device", "InstanceId", "VolumeId")},
        ("Device", "InstanceId", "VolumeId"),
    ),
}
