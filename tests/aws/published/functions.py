"""What the Lambda functions of published documents do: moto runs none, so these do it in their stead."""

import json
from collections.abc import Callable
from typing import Any

from tests.aws.cloud import REGION, Cloud
from tests.aws.front import Call, Reply

Work = Callable[[Cloud, dict[str, Any]], object]


def _create_snapshot(cloud: Cloud, event: dict[str, Any]) -> object:
    made = cloud.client("ec2").create_snapshot(VolumeId=event["VolumeId"], Description=event["Description"])
    return made["SnapshotId"]


def _delete_snapshot(cloud: Cloud, event: dict[str, Any]) -> object:
    return cloud.client("ec2").delete_snapshot(SnapshotId=event["SnapshotId"]) and None


def _copy_snapshot(cloud: Cloud, event: dict[str, Any]) -> object:
    made = cloud.client("ec2").copy_snapshot(
        SourceSnapshotId=event["SnapshotId"],
        SourceRegion=event["SourceRegion"],
        Description=event["Description"],
    )
    return made["SnapshotId"]


def _detach_volume(cloud: Cloud, event: dict[str, Any]) -> object:
    ec2 = cloud.client("ec2")
    [attachment] = ec2.describe_volumes(VolumeIds=[event["VolumeId"]])["Volumes"][0]["Attachments"]
    detached = ec2.detach_volume(VolumeId=event["VolumeId"], InstanceId=attachment["InstanceId"])
    return detached["State"]


def _resize(cloud: Cloud, event: dict[str, Any]) -> object:
    return (
        cloud.client("ec2").modify_instance_attribute(
            InstanceId=event["InstanceId"], InstanceType={"Value": event["InstanceType"]}
        )
        and None
    )


def _attach_role(cloud: Cloud, event: dict[str, Any]) -> object:
    association = cloud.client("ec2").associate_iam_instance_profile(
        IamInstanceProfile={"Name": event["RoleName"]}, InstanceId=event["InstanceId"]
    )
    return association["IamInstanceProfileAssociation"]["AssociationId"]


def _monitor(cloud: Cloud, event: dict[str, Any]) -> object:
    return (
        cloud.client("ec2").create_tags(
            Resources=[event["InstanceId"]], Tags=[{"Key": "CloudWatch", "Value": event["status"]}]
        )
        and None
    )


def _stop_database(cloud: Cloud, event: dict[str, Any]) -> object:
    return cloud.client("rds").stop_db_instance(DBInstanceIdentifier=event["InstanceId"]) and None


def _start_database(cloud: Cloud, event: dict[str, Any]) -> object:
    return cloud.client("rds").start_db_instance(DBInstanceIdentifier=event["InstanceId"]) and None


def _reboot_database(cloud: Cloud, event: dict[str, Any]) -> object:
    return cloud.client("rds").reboot_db_instance(DBInstanceIdentifier=event["InstanceId"]) and None


def _verify_database(cloud: Cloud, event: dict[str, Any]) -> object:
    described = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=event["InstanceId"])
    status = described["DBInstances"][0]["DBInstanceStatus"]
    if status not in event["States"]:
        raise ValueError(f"the database is {status}")
    return status


def _update_stack(cloud: Cloud, event: dict[str, Any]) -> object:
    bucket, key = event["TemplateUrl"].split("/")[-2:]
    template = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    cloud.client("cloudformation").update_stack(StackName=event["StackName"], TemplateBody=template)
    return None


def _stop_in_zone(cloud: Cloud, event: dict[str, Any]) -> object:
    ec2 = cloud.client("ec2")
    filters = [{"Name": "tag:chaos", "Values": [event["tagValue"]]}]
    assert event["availabilityZone"] == f"{REGION}a"
    found = ec2.describe_instances(Filters=filters)["Reservations"]
    ids = [instance["InstanceId"] for each in found for instance in each["Instances"]]
    ec2.stop_instances(InstanceIds=ids)
    return ids


WORK: dict[str, Work] = {
    "CreateSnapshotLambda": _create_snapshot,
    "DeleteSnapshotLambda": _delete_snapshot,
    "CopySnapshotLambda": _copy_snapshot,
    "DetachVolumeLambda": _detach_volume,
    "ResizeInstanceLambda": _resize,
    "AttachIAMToInstanceLambda": _attach_role,
    "CfgCwOnEc2InstanceLambda": _monitor,
    "StopRdsInstanceLambda": _stop_database,
    "StartRdsInstanceLambda": _start_database,
    "RebootRdsInstanceLambda": _reboot_database,
    "VerifyRdsLambda": _verify_database,
    "UpdateCFTemplate": _update_stack,
    "StopRandomInstances": _stop_in_zone,
    "asg": lambda cloud, event: None,
}


def answer_invocations(cloud: Cloud) -> None:
    """Invoke does the work that the function's name stands for, if the function exists."""

    def invoke(call: Call) -> Reply:
        name = call.parameters["FunctionName"]
        cloud.client("lambda").get_function(FunctionName=name)
        try:
            result = WORK[name.partition("-")[0]](cloud, json.loads(call.parameters["Payload"]))
        except Exception as error:
            body = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
            return 200, {"X-Amz-Function-Error": "Unhandled"}, body.encode()
        return 200, {}, json.dumps(result).encode()

    cloud.front.reply("Invoke", invoke)
