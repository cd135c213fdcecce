"""Documents about volumes, snapshots, buckets, queues, topics, keys and stacks."""

import json
from collections.abc import Generator
from typing import Any

from tests.aws.cloud import REGION, TEMPLATE, Cloud
from tests.aws.published.cases import APPROVER, State, outputs_of, runs

Told = Generator[dict[str, Any], State, None]


def volume(cloud: Cloud, tag: str = "") -> str:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "chaos", "Value": tag}]}] if tag else []
    made = cloud.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=tags)
    return str(made["VolumeId"])


def attached(cloud: Cloud, tag: str) -> tuple[str, str]:
    """A volume on an instance, both with the tag."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "chaos", "Value": tag}]}]
    instance, made = cloud.launch(TagSpecifications=tags), volume(cloud, tag)
    cloud.client("ec2").attach_volume(VolumeId=made, InstanceId=instance, Device="/dev/sdh")
    return instance, made


def look(cloud: Cloud, made: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("ec2").describe_volumes(VolumeIds=[made])["Volumes"][0]
    return found


def snapshots(cloud: Cloud) -> dict[str, str]:
    """Descriptions by id."""
    found = cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {each["SnapshotId"]: each.get("Description", "") for each in found}


def encryption(cloud: Cloud, bucket: str) -> dict[str, Any]:
    answer = cloud.client("s3").get_bucket_encryption(Bucket=bucket)
    rule: dict[str, Any] = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule


@runs("detach-ebs-api-2.yml")
def detached_by_itself(cloud: Cloud) -> Told:
    instance, made = attached(cloud, "two")
    yield {
        "VolumeId": made,
        "TagName": "chaos",
        "TagValue": "two",
        "AutomationAssumeRole": cloud.role("detaches-two"),
    }
    assert look(cloud, made)["State"] == "available"
    told = f'Detachedfrom"{instance}"ofType/dev/sdh'
    assert {"Key": "chaosAction", "Value": told} in look(cloud, made)["Tags"]


@runs("aws-DetachEBSVolume.json")
def detached_by_a_function(cloud: Cloud) -> Told:
    _, made = attached(cloud, "three")
    yield {"VolumeId": made}
    assert look(cloud, made)["State"] == "available"


@runs("aws-AttachEBSVolume.json")
def attached_by_a_stack(cloud: Cloud) -> Told:
    state = yield {"VolumeId": volume(cloud), "InstanceId": cloud.launch(), "Device": "/dev/sdh"}
    assert outputs_of(state, "createDocumentStack")["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.stack_status(f"AttachEBSVolumeStack{state['execution_id']}") == "GONE"


@runs("aws-CreateSnapshot.json")
def snapshot_made(cloud: Cloud) -> Told:
    state = yield {"VolumeId": volume(cloud), "Description": "before the change"}
    made = outputs_of(state, "createSnapshot")["Payload"]
    assert snapshots(cloud)[made] == "before the change"
    assert cloud.stack_status(f"CreateSnapshotStack{state['execution_id']}") == "GONE"


@runs("aws-CopySnapshot.json")
def snapshot_copied(cloud: Cloud) -> Told:
    source = cloud.client("ec2").create_snapshot(VolumeId=volume(cloud), Description="d")["SnapshotId"]
    yield {"SnapshotId": source, "SourceRegion": REGION, "Description": "a copy of it"}
    assert "a copy of it" in snapshots(cloud).values()


@runs("aws-DeleteSnapshot.json")
def snapshot_deleted(cloud: Cloud) -> Told:
    made = cloud.client("ec2").create_snapshot(VolumeId=volume(cloud), Description="d")["SnapshotId"]
    yield {"SnapshotId": made}
    assert made not in snapshots(cloud)


@runs("aws-encryptrootvolume.json", ends="Failed")
def root_volume_kept_as_it_was(cloud: Cloud) -> Told:
    """moto does not tell whether a volume ends with its instance, without which the document undoes all it did."""
    ec2, key = cloud.client("ec2"), cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    instance = cloud.launch()
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    root = described["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    state = yield {"instanceId": instance, "kmsKeyId": key}
    assert "applyDeleteOnTerminationValue" in state["failure_message"]
    assert look(cloud, root)["Attachments"][0]["InstanceId"] == instance
    made = outputs_of(state, "createVolume")["NewRootVolumeID"]
    assert made not in [each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]]
    assert outputs_of(state, "copyAndEncryptSnapshot")["encryptedSnapshotId"] not in snapshots(cloud)
    assert state["path"][-1] == "restoreInstanceInitialState"
    assert cloud.state_of(instance) == "running"


@runs("EnableEbsEncryptionByDefault.yaml")
def volumes_encrypted_by_default(cloud: Cloud) -> Told:
    yield {"AutomationAssumeRole": cloud.role("ebs")}
    assert cloud.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True


@runs("EnableDefaultEncryptionS3.yaml")
def bucket_encrypted(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="plain-one")
    role = cloud.role("s3-one")
    yield {"BucketName": "plain-one", "AccountId": "123456789012", "AutomationAssumeRole": role}
    rule = encryption(cloud, "plain-one")
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert rule["BucketKeyEnabled"] is True


@runs("EnableDefaultEncryptionS3.yaml")
def bucket_encrypted_with_a_key(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="plain-two")
    yield {
        "BucketName": "plain-two",
        "AccountId": "123456789012",
        "KmsKeyAlias": "mine",
        "AutomationAssumeRole": cloud.role("s3-two"),
    }
    used = encryption(cloud, "plain-two")["ApplyServerSideEncryptionByDefault"]
    assert used == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "mine"}


@runs("aws-EnableS3BucketKeys.yml")
def bucket_keys_enabled(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="plain-three")
    yield {"BucketName": "plain-three"}
    assert encryption(cloud, "plain-three")["BucketKeyEnabled"] is True


@runs("s3_encryption.yaml")
def bucket_encrypted_and_looked_at(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="plain-four")
    state = yield {"BucketName": "plain-four", "KMSMasterKey": "alias/mine"}
    used = encryption(cloud, "plain-four")["ApplyServerSideEncryptionByDefault"]
    assert used["KMSMasterKeyID"] == "alias/mine"
    told = outputs_of(state, "VerifyEncryptionEnabled")["EncryptionConfiguration"]
    assert told["Rules"][0]["ApplyServerSideEncryptionByDefault"] == used


@runs("s3_encryption.yaml", ends="Failed")
def no_such_bucket(cloud: Cloud) -> Told:
    state = yield {"BucketName": "not-there-at-all", "KMSMasterKey": "alias/mine"}
    assert "404" in state["failure_message"]
    assert state["path"] == ["VerifyBucketExists"]


@runs("test__myAutomation.json")
def buckets_listed(cloud: Cloud) -> Told:
    state = yield {}
    assert outputs_of(state, "GetBucketId")["ID"] == cloud.client("s3").list_buckets()["Owner"]["ID"]


@runs("EnableEncryptionForSQSQueue.yaml")
def queue_encrypted_by_the_stored_key(cloud: Cloud) -> Told:
    """The key is a default that stands in Parameter Store."""
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    stored = "/Solutions/SO0111/CMK_REMEDIATION_ARN"
    cloud.client("ssm").put_parameter(Name=stored, Value=key, Type="String")
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="plain-queue")["QueueUrl"]
    yield {"SQSQueueName": "plain-queue", "AutomationAssumeRole": cloud.role("sqs")}
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])["Attributes"]
    assert attributes == {"KmsMasterKeyId": key}


@runs("EnableEncryptionForSNSTopic.yaml")
def topic_encrypted(cloud: Cloud) -> Told:
    sns, key = cloud.client("sns"), cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic = sns.create_topic(Name="plain-topic")["TopicArn"]
    yield {"TopicArn": topic, "KmsKeyArn": key, "AutomationAssumeRole": cloud.role("sns")}
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key


@runs("EnableKeyRotation.yaml")
def key_rotated(cloud: Cloud) -> Told:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    yield {"KeyId": key, "AutomationAssumeRole": cloud.role("kms")}
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


@runs("aws-DeleteCloudFormation.json")
def stack_deleted(cloud: Cloud) -> Told:
    cloud.client("cloudformation").create_stack(StackName="one-too-many", TemplateBody=TEMPLATE)
    yield {"StackNameOrId": "one-too-many"}
    assert cloud.stack_status("one-too-many") == "GONE"


@runs("aws-DeleteCloudFormationWithApproval.json", approved=True)
def stack_deleted_when_approved(cloud: Cloud) -> Told:
    cloud.client("cloudformation").create_stack(StackName="two-too-many", TemplateBody=TEMPLATE)
    topic = "arn:aws:sns:us-east-1:123456789012:Automation"
    yield {"StackNameOrId": "two-too-many", "Approvers": [APPROVER], "SNSTopicArn": topic}
    assert cloud.stack_status("two-too-many") == "GONE"


@runs("aws-UpdateCloudFormationTemplate.json")
def stack_updated(cloud: Cloud) -> Told:
    s3, cloudformation = cloud.client("s3"), cloud.client("cloudformation")
    cloudformation.create_stack(StackName="to-be-updated", TemplateBody=TEMPLATE)
    s3.create_bucket(Bucket="templates")
    topic = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    s3.put_object(Bucket="templates", Key="new.json", Body=topic.encode())
    yield {
        "StackNameOrId": "to-be-updated",
        "TemplateUrl": "https://s3.amazonaws.com/templates/new.json",
        "LambdaAssumeRole": "",
    }
    resources = cloudformation.describe_stack_resources(StackName="to-be-updated")["StackResources"]
    assert [each["LogicalResourceId"] for each in resources] == ["Topic"]


@runs("aws-CreateManagedInstance.json")
def stack_made_and_unmade(cloud: Cloud) -> Told:
    state = yield {"AmiId": "ami-1", "KeyPairName": "mine"}
    made = f"CreateManagedInstanceStack{state['execution_id']}"
    assert outputs_of(state, "createManagedInstanceStack")["StackId"].split("/")[-2] == made
    assert cloud.stack_status(made) == "GONE"
