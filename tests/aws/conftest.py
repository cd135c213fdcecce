"""An empty AWS account for each test, and steps done in it without an engine around them."""

import os
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio

from activities.automation.aws_sessions import SESSIONS
from activities.automation.effects import Outside
from tests.aws.acting import Acting
from tests.aws.cloud import Cloud

pytest.register_assert_rewrite("tests.aws.published")


@pytest.fixture(scope="package")
def whole_cloud() -> Iterator[Cloud]:
    """moto in its own process; this process's AWS calls go to it while this folder's tests run."""
    cloud = Cloud()
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    os.environ.update(cloud.environment)
    SESSIONS.forget()
    try:
        yield cloud
    finally:
        for name in cloud.environment:
            os.environ.pop(name)
        os.environ.update(before)
        SESSIONS.forget()
        cloud.stop()


@pytest.fixture
def cloud(whole_cloud: Cloud) -> Cloud:
    """An empty account."""
    whole_cloud.reset()
    return whole_cloud


@pytest_asyncio.fixture
async def acting(cloud: Cloud) -> AsyncIterator[Acting]:
    """Steps in that account."""
    async with httpx2.AsyncClient() as http:
        yield Acting(Outside(http=http, read_secret=str, records=None))
