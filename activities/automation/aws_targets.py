"""What an execution's Targets and TargetMaps stand for: the parameters of one child execution each."""

from typing import Any

from activities.automation.aws import Aws
from activities.automation.inputs import wrong_input
from definitions.automation import SystemVariables
from definitions.automation.values import as_text
from records.base import Record

MOST_VALUES = 50
MOST_MAPS = 300
"""AWS: values of a target, and TargetMaps."""

_ALL_INSTANCES = {"AWS::EC2::Instance", "InstanceIds"}
_LIVING = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}


class TargetsAsked(Record):
    """Targets as StartAutomationExecution has them.

    `target_parameter_type` is the document's type of that parameter: `AWS::EC2::Instance::Id` and its like say which
    resources a tag or a group stands for.
    """

    target_parameter_name: str = ""
    targets: list[dict[str, Any]] = []
    target_maps: list[dict[str, Any]] = []
    target_parameter_type: str = "String"
    system: SystemVariables
    assume_role: str = ""


async def find_targets(asked: TargetsAsked) -> list[dict[str, list[str]]]:
    """One map of parameters per child, each once, in AWS's order; fails for what AWS would not take."""
    if asked.target_maps:
        if asked.targets:
            raise wrong_input("give Targets or TargetMaps, not both")
        if len(asked.target_maps) > MOST_MAPS:
            raise wrong_input(f"at most {MOST_MAPS} TargetMaps, got {len(asked.target_maps)}")
        return [{name: _texts(value) for name, value in each.items()} for each in asked.target_maps]
    if len(asked.targets) != 1:
        raise wrong_input(f"Targets should have one entry, got {len(asked.targets)}")
    if not asked.target_parameter_name:
        raise wrong_input("Targets need TargetParameterName: which parameter of the document takes a target")
    key, values = str(asked.targets[0].get("Key", "")), _texts(asked.targets[0].get("Values", []))
    if len(values) > MOST_VALUES:
        raise wrong_input(f"at most {MOST_VALUES} values of a target, got {len(values)}")
    found = await _resources(asked, key, values)
    return [{asked.target_parameter_name: [value]} for value in dict.fromkeys(found)]


async def _resources(asked: TargetsAsked, key: str, values: list[str]) -> list[str]:
    aws = Aws(region=asked.system.region, role=asked.assume_role)
    if key == "ParameterValues":
        return values
    if key in _ALL_INSTANCES:
        return await _instances(aws, []) if values == ["*"] else values
    if key.startswith("tag:"):
        if _wants_instances(asked):
            return await _instances(aws, [{"Name": key, "Values": values}])
        return await _tagged(aws, key.removeprefix("tag:"), values, asked.target_parameter_type)
    if key == "ResourceGroup":
        if len(values) != 1:
            raise wrong_input(f"ResourceGroup takes one group, got {len(values)}")
        return await _grouped(aws, values[0], asked)
    raise wrong_input(
        f"the target's Key should be tag:NAME, ResourceGroup, ParameterValues or AWS::EC2::Instance; got {key!r}"
    )


def _wants_instances(asked: TargetsAsked) -> bool:
    """Older documents declare instance ids as plain texts; their name tells."""
    name = asked.target_parameter_name.lower().removesuffix("s")
    return "EC2::Instance" in asked.target_parameter_type or name.endswith("instanceid")


async def _instances(aws: Aws, filters: list[dict[str, Any]]) -> list[str]:
    pages = await _pages(
        aws, "ec2", "DescribeInstances", {"Filters": [*filters, _LIVING]}, next_page="NextToken"
    )
    return [
        str(instance["InstanceId"])
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]


async def _tagged(aws: Aws, tag: str, values: list[str], kind: str) -> list[str]:
    parameters: dict[str, Any] = {"TagFilters": [{"Key": tag, "Values": values}]}
    if types := _resource_types(kind):
        parameters["ResourceTypeFilters"] = types
    pages = await _pages(
        aws, "resourcegroupstaggingapi", "GetResources", parameters, next_page="PaginationToken"
    )
    return [
        _value(str(each["ResourceARN"]), kind) for page in pages for each in page["ResourceTagMappingList"]
    ]


async def _grouped(aws: Aws, group: str, asked: TargetsAsked) -> list[str]:
    pages = await _pages(
        aws, "resource-groups", "ListGroupResources", {"Group": group}, next_page="NextToken"
    )
    kind = "AWS::EC2::Instance" if _wants_instances(asked) else asked.target_parameter_type
    return [
        _value(str(each["ResourceArn"]), kind)
        for page in pages
        for each in page["ResourceIdentifiers"]
        if not kind.startswith("AWS::") or kind.startswith(str(each["ResourceType"]))
    ]


async def _pages(
    aws: Aws, service: str, api: str, parameters: dict[str, Any], *, next_page: str
) -> list[dict[str, Any]]:
    pages = [await aws.call(service, api, parameters)]
    while pages[-1].get(next_page):
        pages.append(await aws.call(service, api, parameters | {next_page: pages[-1][next_page]}))
    return pages


def _resource_types(kind: str) -> list[str]:
    """AWS::S3::Bucket::Name is what the tagging API calls s3; nothing for plain texts."""
    kind = kind.removeprefix("List<").removesuffix(">")
    return [kind.split("::")[1].lower()] if kind.startswith("AWS::") else []


def _value(arn: str, kind: str) -> str:
    """What a parameter of that type holds for a resource: its ARN, or the name at the ARN's end."""
    if kind.removesuffix(">").endswith("::Arn"):
        return arn
    return arn.rpartition(":")[2].rpartition("/")[2]


def _texts(value: Any) -> list[str]:
    return [as_text(item) for item in (value if isinstance(value, list) else [value])]
