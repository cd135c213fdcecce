"""The stage: phones, a cloud and a stack of the demo's own, and all of it cleared away at the end."""

import asyncio
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

from client import Tocsin
from examples.demo import shop
from examples.demo.cloud import Cloud
from examples.demo.narrator import Narrator
from examples.demo.phones import Phones, Ring
from examples.demo.stack import DemoStack, forget_other_systems
from examples.demo.story import Story

LIMIT_SECONDS = 140.0


async def perform(narrator: Narrator) -> None:
    """Tells the whole story; raises DemoFailed, TocsinError or TimeoutError if any part fails."""
    forget_other_systems()
    with TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        async with asyncio.timeout(LIMIT_SECONDS):
            await _on_stage(narrator, Path(folder))


async def _on_stage(narrator: Narrator, data: Path) -> None:
    def told(ring: Ring) -> None:
        narrator.say("page", f"{ring.device.owner}'s {ring.device.channel}: {ring.subject}")

    with contextlib.ExitStack() as clearing:
        phones = Phones(shop.devices(shop.read_shop()), told)
        mail_url = await phones.start()
        clearing.callback(phones.stop)
        cloud = Cloud()
        clearing.callback(cloud.stop)
        mail = {"TOCSIN_SMTP_URL": mail_url, "TOCSIN_MAIL_FROM": "tocsin@shop.example"}
        stack = DemoStack(data, mail | cloud.environment)
        stack.start()
        clearing.callback(stack.stop)
        narrator.say(
            "demo", "a mail server stands in for all phones, moto's server for AWS; the rest is real"
        )
        try:
            server = await asyncio.to_thread(cloud.launch)
            narrator.say(
                "AWS", f"{server.instance_id} is {server.state} at {server.public_ip}: the shop's server"
            )
            settings, file = await stack.ready()
            narrator.say("tocsin", f"is up: {file.server}, Temporal's web page {file.temporal_ui}")
            async with await Tocsin.connect(settings, author="cloudwatch") as tocsin:
                story = Story(
                    narrator=narrator,
                    settings=settings,
                    tocsin=tocsin,
                    phones=phones,
                    cloud=cloud,
                    server=server,
                )
                await story.run()
        except Exception:
            narrator.console.print(stack.last_words(), markup=False, style="dim")
            raise
