"""EC2 images: aws:createImage, aws:copyImage, aws:deleteImage."""

from tests.aws.acting import Acting
from tests.aws.cloud import REGION, Cloud


def described(state: str, created: str = "2020-01-01T00:00:00.000Z") -> str:
    return (
        "<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId>"
        f"<imageState>{state}</imageState><creationDate>{created}</creationDate>"
        "<stateReason><message>the disk is broken</message></stateReason>"
        "</item></imagesSet></DescribeImagesResponse>"
    )


async def image_of(acting: Acting, cloud: Cloud, name: str = "golden") -> str:
    inputs = {"InstanceId": cloud.launch(), "ImageName": name, "ImageDescription": "d", "NoReboot": True}
    response = await acting.do("createImage", inputs)
    assert response["ImageState"] == "available"
    return str(response["ImageId"])


async def test_an_image_is_made_of_an_instance(acting: Acting, cloud: Cloud) -> None:
    image = await image_of(acting, cloud)
    [found] = cloud.client("ec2").describe_images(ImageIds=[image])["Images"]
    assert (found["Name"], found["Description"]) == ("golden", "d")
    assert cloud.front.calls_of("CreateImage")[0]["NoReboot"] == "true"


async def test_the_image_is_waited_for(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeImages", described("available"))
    cloud.front.say("DescribeImages", described("pending"), times=1)
    cloud.front.refuse("DescribeImages", "InvalidAMIID.NotFound", times=1)
    await acting.do("createImage", {"InstanceId": cloud.launch(), "ImageName": "golden"})
    assert len(cloud.front.calls_of("DescribeImages")) == 3


async def test_an_image_that_fails_fails_the_step_and_says_why(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeImages", described("failed"))
    failed = await acting.fail("createImage", {"InstanceId": cloud.launch(), "ImageName": "golden"})
    assert "is failed: the disk is broken" in failed.message
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")
    assert failed.response is not None
    assert failed.response["ImageState"] == "failed"


async def test_a_lost_workers_image_is_taken_up(acting: Acting, cloud: Cloud) -> None:
    image, inputs = await image_of(acting, cloud), {"InstanceId": cloud.launch(), "ImageName": "golden"}
    cloud.front.refuse("CreateImage", "InvalidAMIName.Duplicate")
    assert (await acting.do("createImage", inputs, repeat=True))["ImageId"] == image
    failed = await acting.fail("createImage", inputs)
    assert "InvalidAMIName.Duplicate" in failed.message
    cloud.front.say("DescribeImages", described("available"))
    assert "Duplicate" in (await acting.fail("createImage", inputs, repeat=True)).message


async def test_an_image_is_copied_with_the_steps_token(acting: Acting, cloud: Cloud) -> None:
    source = await image_of(acting, cloud)
    inputs = {"SourceImageId": source, "SourceRegion": REGION, "ImageName": "copy", "Encrypted": "false"}
    for _ in range(2):
        response = await acting.do("copyImage", inputs, key="execution:copy")
    [found] = cloud.client("ec2").describe_images(ImageIds=[response["ImageId"]])["Images"]
    assert (found["Name"], response["ImageState"]) == ("copy", "available")
    first, again = cloud.front.calls_of("CopyImage")
    assert first["ClientToken"] == again["ClientToken"]


async def test_copying_nothing_fails(acting: Acting) -> None:
    inputs = {"SourceImageId": "ami-00000000000000000", "SourceRegion": REGION, "ImageName": "copy"}
    failed = await acting.fail("copyImage", inputs)
    assert "InvalidAMIID.NotFound" in failed.message
    assert failed.stage == "Invocation"


async def test_deleting_an_image_deletes_its_snapshots(acting: Acting, cloud: Cloud) -> None:
    ec2, image = cloud.client("ec2"), await image_of(acting, cloud)
    [found] = ec2.describe_images(ImageIds=[image])["Images"]
    snapshot = found["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    await acting.do("deleteImage", {"ImageId": image})
    states = [each["State"] for each in ec2.describe_images(Owners=["self"])["Images"]]
    assert "available" not in states
    remaining = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot not in [each["SnapshotId"] for each in remaining]


async def test_a_lost_workers_snapshots_are_found_again(acting: Acting, cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    snapshot, other = (
        ec2.create_snapshot(VolumeId=volume, Description=f"Created by CreateImage(i-1) for {image}")[
            "SnapshotId"
        ]
        for image in ("ami-0123", "ami-4567")
    )
    cloud.front.refuse("DescribeImages", "InvalidAMIID.NotFound")
    await acting.do("deleteImage", {"ImageId": "ami-0123"}, repeat=True)
    remaining = {each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert snapshot not in remaining
    assert other in remaining


async def test_deleting_an_image_that_is_not_there_fails(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("DescribeImages", "InvalidAMIID.NotFound")
    failed = await acting.fail("deleteImage", {"ImageId": "ami-0123"})
    assert (failed.message, failed.stage) == ("there is no image ami-0123", "PreVerification")


async def test_a_cancelled_copy_ends_at_once(acting: Acting, cloud: Cloud) -> None:
    source = await image_of(acting, cloud)
    cloud.front.say("DescribeImages", described("pending"))
    inputs = {"SourceImageId": source, "SourceRegion": REGION, "ImageName": "copy"}
    before = len(cloud.front.calls_of("DescribeImages"))
    assert (
        await acting.cancel("copyImage", inputs, lambda: len(cloud.front.calls_of("DescribeImages")) > before)
        < 1
    )
