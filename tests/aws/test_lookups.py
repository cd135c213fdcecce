"""What is looked up in AWS before an execution begins: stored parameters, targets, documents."""

import json
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.automation.aws_sessions import SESSIONS
from activities.automation.executions import RunbookAsked
from activities.automation.lookups import Lookups, ParameterStoreAsked, TargetsAsked
from definitions.automation import SystemVariables
from tests.aws.cloud import ACCOUNT, REGION, Cloud

SYSTEM = SystemVariables(account_id=ACCOUNT, region=REGION)


async def stored(**names: str) -> dict[str, Any]:
    asked = ParameterStoreAsked(names=names, system=SYSTEM)
    return await ActivityEnvironment().run(Lookups().read_parameter_store, asked)


async def targets(**asked: Any) -> list[dict[str, list[str]]]:
    return await ActivityEnvironment().run(Lookups().resolve_targets, TargetsAsked(system=SYSTEM, **asked))


async def instances(key: str, *values: str) -> list[str]:
    """The instances that a target stands for."""
    found = await targets(target_parameter_name="InstanceId", targets=[{"Key": key, "Values": list(values)}])
    return [each["InstanceId"][0] for each in found]


async def test_the_account_region_and_partition_are_found(cloud: Cloud) -> None:
    assert await ActivityEnvironment().run(Lookups().identify_account) == SYSTEM


async def test_the_partition_follows_the_region(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    SESSIONS.forget()
    found = await ActivityEnvironment().run(Lookups().identify_account)
    monkeypatch.undo()
    SESSIONS.forget()
    assert (found.region, found.partition) == ("cn-north-1", "aws-cn")


async def test_stored_parameters_are_read_more_than_ten_at_once(cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    for number in range(11):
        ssm.put_parameter(Name=f"/shop/{number}", Value=f"value {number}", Type="String")
    ssm.put_parameter(Name="/shop/hosts", Value="a,b", Type="StringList")
    ssm.put_parameter(Name="/shop/0", Value="new", Type="String", Overwrite=True)
    asked = {f"P{number}": f"/shop/{number}" for number in range(11)}
    found = await stored(**asked, Hosts="/shop/hosts", Again="/shop/3", Old="/shop/0:1")
    assert found == {f"P{number}": f"value {number}" for number in range(1, 11)} | {
        "P0": "new",
        "Hosts": ["a", "b"],
        "Again": "value 3",
        "Old": "value 0",
    }


async def test_what_is_not_stored_or_is_secret_is_named(cloud: Cloud) -> None:
    with pytest.raises(ApplicationError, match="Parameter Store has no /shop/nothing"):
        await stored(Size="/shop/nothing")
    cloud.client("ssm").put_parameter(Name="/shop/key", Value="k", Type="SecureString")
    with pytest.raises(ApplicationError, match="/shop/key is a SecureString"):
        await stored(Key="/shop/key")


async def test_a_tag_stands_for_the_instances_that_have_it_and_live(cloud: Cloud) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "env", "Value": "prod"}]}]
    one, other, dead = (cloud.launch(TagSpecifications=tags) for _ in range(3))
    cloud.launch()
    cloud.client("ec2").terminate_instances(InstanceIds=[dead])
    assert set(await instances("tag:env", "prod", "test")) == {one, other}
    assert await instances("tag:env", "nobody") == []


async def test_a_star_stands_for_all_instances(cloud: Cloud) -> None:
    launched = {cloud.launch(), cloud.launch()}
    assert set(await instances("AWS::EC2::Instance", "*")) == launched
    assert set(await instances("InstanceIds", "*")) == launched
    assert await instances("InstanceIds", "i-1", "i-2", "i-1") == ["i-1", "i-2"]


async def test_a_tag_stands_for_resources_of_the_parameters_type(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    for bucket in ("shop-a", "shop-b"):
        s3.create_bucket(Bucket=bucket)
    tagging = {"TagSet": [{"Key": "env", "Value": "prod"}]}
    s3.put_bucket_tagging(Bucket="shop-a", Tagging=tagging)
    found = await targets(
        target_parameter_name="BucketName",
        target_parameter_type="AWS::S3::Bucket::Name",
        targets=[{"Key": "tag:env", "Values": ["prod"]}],
    )
    assert found == [{"BucketName": ["shop-a"]}]


async def test_a_group_stands_for_its_members_of_the_type(cloud: Cloud) -> None:
    instance, group = cloud.launch(), "shop"
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"
    cloud.front.say(
        "list-group-resources",
        {
            "ResourceIdentifiers": [
                {"ResourceArn": arn, "ResourceType": "AWS::EC2::Instance"},
                {"ResourceArn": "arn:aws:s3:::shop-a", "ResourceType": "AWS::S3::Bucket"},
            ]
        },
    )
    assert await instances("ResourceGroup", group) == [instance]


async def test_values_and_maps_are_taken_as_they_are(cloud: Cloud) -> None:
    assert await instances("ParameterValues", "a", "b") == ["a", "b"]
    maps = [{"InstanceId": ["i-1"], "Size": [3]}, {"InstanceId": "i-2"}]
    assert await targets(target_maps=maps) == [
        {"InstanceId": ["i-1"], "Size": ["3"]},
        {"InstanceId": ["i-2"]},
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"targets": []}, "Targets should have one entry, got 0"),
        ({"targets": [{"Key": "a"}, {"Key": "b"}]}, "Targets should have one entry, got 2"),
        ({"targets": [{"Key": "ParameterValues", "Values": ["a"]}]}, "TargetParameterName"),
        ({"target_maps": [{}] * 301}, "at most 300 TargetMaps, got 301"),
        ({"target_maps": [{}], "targets": [{"Key": "a"}]}, "give Targets or TargetMaps, not both"),
        (
            {"target_parameter_name": "X", "targets": [{"Key": "ParameterValues", "Values": ["a"] * 51}]},
            "at most 50 values of a target, got 51",
        ),
        ({"target_parameter_name": "X", "targets": [{"Key": "Moon", "Values": ["a"]}]}, "got 'Moon'"),
    ],
)
async def test_targets_that_aws_would_not_take(cloud: Cloud, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ApplicationError, match=message):
        await targets(**asked)


async def test_a_document_is_read_from_aws(cloud: Cloud) -> None:
    document = {"schemaVersion": "0.3", "mainSteps": [{"name": "s", "action": "aws:pause", "inputs": {}}]}
    command = {"schemaVersion": "2.2", "mainSteps": [], "description": "d"}
    ssm = cloud.client("ssm")
    ssm.create_document(Name="Pause", DocumentType="Automation", Content=json.dumps(document))
    ssm.create_document(Name="Look", DocumentType="Command", Content=json.dumps(command))
    find, environment = Lookups().find_aws_document, ActivityEnvironment()
    found = await environment.run(find, RunbookAsked(name="Pause"))
    assert found is not None
    assert (found.name, found.version, found.document) == ("Pause", "1", document)
    assert await environment.run(find, RunbookAsked(name="Nothing")) is None
    with pytest.raises(ApplicationError, match="Look is a Command document, not an Automation"):
        await environment.run(find, RunbookAsked(name="Look"))


async def test_without_aws_there_is_no_document(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    SESSIONS.forget()
    found = await ActivityEnvironment().run(Lookups().find_aws_document, RunbookAsked(name="Pause"))
    monkeypatch.undo()
    SESSIONS.forget()
    assert found is None
