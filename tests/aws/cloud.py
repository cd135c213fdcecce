"""An AWS for tests: moto's server in its own process, behind a front that fills its gaps."""

import json
import subprocess
import sys
import urllib.request
from functools import cached_property
from typing import Any

import boto3

from tests.aws.front import Front

REGION = "us-east-1"
ACCOUNT = "123456789012"
IMAGE = "ami-0123456789abcdef0"
TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


class Cloud:
    """moto, the way to it, and a look at what is in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.aws.moto_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "PYTHONWARNINGS": "ignore"},
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.front = Front(("127.0.0.1", self.port))
        self.url = self.front.start()

    def stop(self) -> None:
        self.front.stop()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def environment(self) -> dict[str, str]:
        """What AWS's own libraries read to come here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """A client that goes to moto itself: its calls are not noted."""
        if service not in self._clients:
            url = f"http://127.0.0.1:{self.port}"
            self._clients[service] = self._session.client(service, endpoint_url=url)  # type: ignore[call-overload]
        return self._clients[service]

    def reset(self) -> None:
        """An empty account, and no rules."""
        self.front.forget()
        self.moto("reset")

    def moto(self, command: str, **config: Any) -> None:
        """Tell moto itself something: reset, config, static/lambda-simple/response ..."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/moto-api/{command}",
            data=json.dumps(config).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - the same

    def launch(self, **more: Any) -> str:
        """The id of a running instance."""
        launched = self.client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, **more)
        return str(launched["Instances"][0]["InstanceId"])

    def state_of(self, instance: str) -> str:
        described = self.client("ec2").describe_instances(InstanceIds=[instance])
        return str(described["Reservations"][0]["Instances"][0]["State"]["Name"])

    def role(self, name: str = "automation", service: str = "lambda.amazonaws.com") -> str:
        """The ARN of a role."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
        }
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def stack_status(self, name: str) -> str:
        """The stack's status; GONE if there is none."""
        cloudformation = self.client("cloudformation")
        try:
            return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
        except cloudformation.exceptions.ClientError:
            return "GONE"

    def function(self, name: str) -> str:
        """A Lambda function that moto answers for with its own text, or with what it is told to answer."""
        self.moto("config", **{"lambda": {"use_docker": False}})
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=self.role(f"role-of-{name}"[:60]),
            Handler="index.run",
            Code={"ZipFile": b"nothing that runs"},
        )
        return str(made["FunctionArn"])
