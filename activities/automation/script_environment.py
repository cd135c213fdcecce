"""The variables a script gets: a few plain ones and the way to AWS, nothing else of ours."""

import os
from typing import Any

from activities.automation.aws import Aws
from activities.automation.steps import StepAttempt
from definitions.automation import FailureStage

_FILES = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"),
)
"""These lead to files that are not there for scripts."""

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_OTHER_SOURCES = (
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    *(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
    ),
)


async def script_environment(attempt: StepAttempt, home: str) -> dict[str, str]:
    """Plain variables, and AWS as the step may use it; fails the step if its role may not be taken on."""
    plain = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "TMPDIR": home}
    return plain | await aws_variables(attempt)


async def aws_variables(attempt: StepAttempt) -> dict[str, str]:
    """AWS's own variables: with a role its temporary keys and never the worker's, without one the worker's own."""
    aws = {
        name: value for name, value in os.environ.items() if name.startswith("AWS_") and name not in _FILES
    }
    if attempt.assume_role:
        for name in (*_KEYS, *_OTHER_SOURCES):
            aws.pop(name, None)
        aws |= await _role(attempt)
        aws["AWS_EC2_METADATA_DISABLED"] = "true"
    return aws | {"AWS_REGION": attempt.system.region, "AWS_DEFAULT_REGION": attempt.system.region}


async def _role(attempt: StepAttempt) -> dict[str, str]:
    """Fresh keys of the role: those kept for our own calls might expire while the script runs."""
    session = attempt.key.partition(":")[0][:64] or "tocsin"
    answer: dict[str, Any] = await Aws(attempt.system.region).call(
        "sts",
        "AssumeRole",
        {"RoleArn": attempt.assume_role, "RoleSessionName": session},
        stage=FailureStage.PRE_VERIFICATION,
    )
    given = answer["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
