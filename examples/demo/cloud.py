"""The cloud: moto's server in a thread, speaking AWS's API, with the shop's one EC2 instance in it."""

import logging
import os
import warnings
from dataclasses import dataclass

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
IMAGE = "ami-0123456789abcdef0"


@dataclass(frozen=True)
class Instance:
    """An EC2 instance as DescribeInstances shows it."""

    instance_id: str
    state: str
    public_ip: str | None


class Cloud:
    """An AWS that exists only while the demo runs."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # hundreds, which take seconds
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # so it does not know our image
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self._endpoint = f"http://{host}:{port}"
        self._ec2 = boto3.client(
            "ec2",
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="demo",
            aws_secret_access_key="demo",  # noqa: S106 - moto asks for one and takes any
        )

    @property
    def environment(self) -> dict[str, str]:
        """What AWS's own libraries read to come here, and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def launch(self) -> Instance:
        """A running instance."""
        answer = self._ec2.run_instances(ImageId=IMAGE, InstanceType="t3.small", MinCount=1, MaxCount=1)
        return self.look(answer["Instances"][0]["InstanceId"])

    def look(self, instance_id: str) -> Instance:
        """The instance as it is now."""
        answer = self._ec2.describe_instances(InstanceIds=[instance_id])
        found = answer["Reservations"][0]["Instances"][0]
        return Instance(instance_id, found["State"]["Name"], found.get("PublicIpAddress"))

    def stop(self) -> None:
        """The end of this cloud."""
        self._server.stop()
