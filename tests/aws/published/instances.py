"""Documents about EC2 instances and images."""

from collections.abc import Generator
from typing import Any

from tests.aws.cloud import Cloud
from tests.aws.published.cases import APPROVER, State, outputs_of, runs

Told = Generator[dict[str, Any], State, None]
ASKED = {"Approvers": [APPROVER], "SNSTopicArn": "arn:aws:sns:us-east-1:123456789012:Automation"}
CHAOS = {"TagName": "chaos", "TagValue": "yes"}


def stopped(cloud: Cloud) -> str:
    instance = cloud.launch()
    cloud.client("ec2").stop_instances(InstanceIds=[instance])
    return instance


def tags_of(cloud: Cloud, resource: str) -> dict[str, str]:
    filters = [{"Name": "resource-id", "Values": [resource]}]
    return {tag["Key"]: tag["Value"] for tag in cloud.client("ec2").describe_tags(Filters=filters)["Tags"]}


@runs("StartInstance__Documents__aws-StartEC2Instance.json")
def started(cloud: Cloud) -> Told:
    first, second = stopped(cloud), stopped(cloud)
    yield {"InstanceId": [first, second]}
    assert cloud.state_of(first) == cloud.state_of(second) == "running"


@runs("StopInstance__Documents__aws-StopEC2Instance.json")
def stopped_twice(cloud: Cloud) -> Told:
    instance = cloud.launch()
    state = yield {"InstanceId": [instance]}
    assert cloud.state_of(instance) == "stopped"
    assert state["path"] == ["stopInstances", "forceStopInstances"]


@runs("RestartInstance__Documents__aws-RestartEC2Instance.json")
def restarted(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield {"InstanceId": [instance], "AutomationAssumeRole": cloud.role("restarter")}
    assert cloud.state_of(instance) == "running"


@runs("TerminateInstance__Documents__aws-TerminateEC2Instance.json")
def terminated(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield {"InstanceId": [instance]}
    assert cloud.state_of(instance) == "terminated"


@runs("StartInstanceWithApproval__Documents__aws-StartEC2InstanceWithApproval.json", approved=True)
def started_when_approved(cloud: Cloud) -> Told:
    instance = stopped(cloud)
    state = yield ASKED | {"InstanceId": [instance]}
    assert outputs_of(state, "approve")["ApprovalStatus"] == "Approved"
    assert cloud.state_of(instance) == "running"


@runs("StopInstanceWithApproval__Documents__aws-StopEC2InstanceWithApproval.json", approved=True)
def stopped_when_approved(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield ASKED | {"InstanceId": [instance]}
    assert cloud.state_of(instance) == "stopped"


@runs("RestartInstanceWithApproval__Documents__aws-RestartEC2Instance.json", approved=True)
def restarted_when_approved(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield ASKED | {"InstanceId": [instance]}
    assert cloud.state_of(instance) == "running"


@runs("TerminateInstanceWithApproval__Documents__aws-TerminateEC2InstanceWithApproval.json", approved=True)
def terminated_when_approved(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield ASKED | {"InstanceId": [instance]}
    assert cloud.state_of(instance) == "terminated"


@runs("terminate-instance-api.yml")
def terminated_by_chaos(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield CHAOS | {"InstanceId": instance, "AutomationAssumeRole": cloud.role("chaos-terminates")}
    assert cloud.state_of(instance) == "terminated"


@runs("terminate-instance-api.yml", ends="Failed")
def not_terminated_for_it_does_not_run(cloud: Cloud) -> Told:
    instance = stopped(cloud)
    state = yield CHAOS | {"InstanceId": instance, "AutomationAssumeRole": cloud.role("chaos-finds")}
    assert cloud.state_of(instance) == "stopped"
    assert "is 'stopped', not 'running'" in state["failure_message"]


@runs("reboot-instance-api.yml")
def rebooted(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield CHAOS | {"InstanceId": instance, "AutomationAssumeRole": cloud.role("chaos-reboots")}
    assert cloud.state_of(instance) == "running"
    assert instance in [call.get("InstanceId.1") for call in cloud.front.calls_of("RebootInstances")]


@runs("stop-random-instance-lambda.yml")
def stopped_by_a_function(cloud: Cloud) -> Told:
    cloud.function("StopRandomInstances")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "chaos", "Value": "stop-me"}]}]
    marked, other = cloud.launch(TagSpecifications=tags), cloud.launch()
    yield {"FunctionName": "StopRandomInstances", "TagValue": "stop-me", "AvailabilityZone": "us-east-1a"}
    assert cloud.state_of(marked) == "stopped"
    assert cloud.state_of(other) == "running"


@runs("aws-ResizeInstance.json")
def resized(cloud: Cloud) -> Told:
    instance = cloud.launch(InstanceType="t3.micro")
    state = yield {"InstanceId": instance, "InstanceType": "t3.large"}
    described = cloud.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0][
        "Instances"
    ][0]
    assert (described["InstanceType"], described["State"]["Name"]) == ("t3.large", "running")
    assert cloud.stack_status(f"ResizeInstanceStack{state['execution_id']}") == "GONE"


@runs("aws-AttachIAMToInstance.json")
def given_a_role(cloud: Cloud) -> Told:
    cloud.client("iam").create_instance_profile(InstanceProfileName="attached")
    instance = cloud.launch()
    yield {"InstanceId": instance, "RoleName": "attached"}
    described = cloud.client("ec2").describe_iam_instance_profile_associations()
    assert instance in [each["InstanceId"] for each in described["IamInstanceProfileAssociations"]]


@runs("aws-ConfigureCloudWatchOnEC2Instance.json")
def watched(cloud: Cloud) -> Told:
    instance = cloud.launch()
    yield {"InstanceId": instance, "status": "Enabled"}
    assert tags_of(cloud, instance)["CloudWatch"] == "Enabled"


@runs("aws-CreateImage.json")
def imaged(cloud: Cloud) -> Told:
    instance = cloud.launch()
    state = yield {"InstanceId": instance}
    image = outputs_of(state, "createImage")["ImageId"]
    [found] = cloud.client("ec2").describe_images(ImageIds=[image])["Images"]
    assert found["Name"] == f"{instance}_{state['execution_id']}"


@runs("aws-DeleteImage.json")
def image_deleted(cloud: Cloud) -> Told:
    ec2 = cloud.client("ec2")
    image = ec2.create_image(InstanceId=cloud.launch(), Name="to-be-deleted")["ImageId"]
    [found] = ec2.describe_images(ImageIds=[image])["Images"]
    yield {"ImageId": image}
    remaining = [each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]]
    assert found["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] not in remaining


@runs("aws-PatchWindowsInASG.json")
def patched(cloud: Cloud) -> Told:
    instance = cloud.launch()
    state = yield {"InstanceId": instance, "WaitForReboot": "PT0S", "WaitForInstance": "PT0S"}
    assert tags_of(cloud, instance)["AutoPatchInstanceInASG"] == "Completed"
    assert outputs_of(state, "EnterStandby")["Status"] == "Success"


@runs("ASGChangeStandbyState__Documents__aws-ASGChangeStandbyState.json")
def put_on_standby(cloud: Cloud) -> Told:
    state = yield {"InstanceId": cloud.launch()}
    name = f"asg-state-change-lambda-{state['execution_id']}"
    assert {"FunctionName": name, "Payload": "{}"} in cloud.front.calls_of("Invoke")
    assert cloud.stack_status(f"asg-state-change-lambda-cfn-stack-{state['execution_id']}") == "GONE"
