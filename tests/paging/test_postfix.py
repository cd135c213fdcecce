"""Pages handed to a real postfix: what it keeps, and what its answers are taken for."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from activities.paging import email
from activities.paging.letters import Letter
from activities.paging.messages import Delivery, Outcome
from definitions.contacts import ChannelType
from settings import SmtpServer
from tests.paging.examples import channel, letter
from tests.paging.postfix import DOMAIN, Postfix

# One postfix serves them all.
pytestmark = pytest.mark.xdist_group("postfix")


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    postfix = Postfix()
    try:
        postfix.start()
        yield postfix
    finally:
        postfix.stop()


def mail_to(name: str, **changed: str) -> Letter:
    return letter(channel(ChannelType.EMAIL, address=f"{name}@{DOMAIN}"), **changed)


async def hand_over(page: Letter, port: int, starttls: str = "never") -> Delivery:
    server = SmtpServer.from_url(f"smtp://127.0.0.1:{port}?starttls={starttls}")
    return await email.send(page, server, f"tocsin@{DOMAIN}")


AWKWARD = {
    "plain": "Nobody can buy.",
    "dots": "The check said:\n.\n..\n.profile is gone\nFrom here on nothing works\n.",
    "long lines": f"{'x' * 5000}\n{'word ' * 1000}end",
    "other scripts": f"店が落ちました: naïve café 🔥\n{'é' * 3000}",
    "white space": "listed:\n  indented\n\ttabbed \n \n\n\na = b == c=\nand the end",
}


@pytest.mark.parametrize("content", AWKWARD.values(), ids=AWKWARD.keys())
async def test_a_page_is_kept_as_it_was_written(postfix: Postfix, content: str) -> None:
    page = mail_to("ana", subject="店 is down: naïve café", content=content)
    delivery = await hand_over(page, postfix.port)
    assert delivery.outcome is Outcome.SENT, delivery.detail
    assert delivery.provider_id == f"<{page.key}@{DOMAIN}>"
    [mail] = postfix.mail_to("ana", delivery.provider_id)
    assert content in page.body
    assert mail.get_content().removesuffix("\n") == page.body.removesuffix("\n")
    assert mail["Subject"] == "店 is down: naïve café"
    assert (mail["From"], mail["To"]) == (f"tocsin@{DOMAIN}", f"ana@{DOMAIN}")
    assert mail["Return-Path"] == f"<tocsin@{DOMAIN}>"
    assert mail["X-Tocsin-Incident"] == page.about["incident_id"]
    assert not mail.defects


async def test_an_address_outside_ascii_is_reached(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("zoë"), postfix.port)
    assert delivery.outcome is Outcome.SENT, delivery.detail
    assert postfix.mail_to("zoe", delivery.provider_id)[0]["To"] == f"zoë@{DOMAIN}"


async def test_a_page_to_nobody_is_rejected_in_postfixs_words(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("nobody"), postfix.port)
    assert delivery.outcome is Outcome.REJECTED
    assert delivery.detail.startswith("550 5.1.1")
    assert "User unknown in virtual mailbox table" in delivery.detail


async def test_a_page_to_a_domain_postfix_is_not_there_for_is_rejected(postfix: Postfix) -> None:
    elsewhere = letter(channel(ChannelType.EMAIL, address="ana@elsewhere.example"))
    delivery = await hand_over(elsewhere, postfix.port)
    assert delivery.outcome is Outcome.REJECTED
    assert "Relay access denied" in delivery.detail


async def test_a_full_mailbox_may_have_room_later(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("full"), postfix.port)
    assert delivery.outcome is Outcome.RETRY
    assert delivery.detail.startswith("452 4.2.2")
    assert "Mailbox full" in delivery.detail


async def test_a_full_disk_may_have_room_later(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("ana"), postfix.crowded_port)
    assert delivery.outcome is Outcome.RETRY
    assert delivery.detail == "452 4.3.1 Insufficient system storage"


async def test_a_page_goes_over_tls_when_both_sides_require_it(
    postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.authority))
    delivery = await hand_over(mail_to("ana"), postfix.tls_port, "always")
    assert delivery.outcome is Outcome.SENT, delivery.detail
    [mail] = postfix.mail_to("ana", delivery.provider_id)
    assert "using TLSv1.3" in mail["Received"]
    assert "with ESMTPS" in mail["Received"]


async def test_tls_is_used_unasked_when_postfix_offers_it(
    postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.authority))
    delivery = await hand_over(mail_to("ana"), postfix.port, "auto")
    [mail] = postfix.mail_to("ana", delivery.provider_id)
    assert "with ESMTPS" in mail["Received"]


async def test_a_certificate_nobody_vouches_for_is_handed_no_page(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("ana"), postfix.tls_port, "always")
    assert delivery.outcome is Outcome.RETRY
    assert "certificate" in delivery.detail.lower()


async def test_a_page_in_the_clear_is_refused_where_postfix_requires_tls(postfix: Postfix) -> None:
    delivery = await hand_over(mail_to("ana"), postfix.tls_port)
    assert delivery.outcome is Outcome.RETRY
    assert delivery.detail == "530 5.7.0 Must issue a STARTTLS command first"


async def test_a_page_handed_over_twice_is_two_mails_with_one_id(postfix: Postfix) -> None:
    page = mail_to("ana", key=str(uuid4()))
    first, second = [await hand_over(page, postfix.port) for _ in range(2)]
    assert first.provider_id == second.provider_id == f"<{page.key}@{DOMAIN}>"
    kept = postfix.mail_to("ana", first.provider_id, copies=2)
    assert len(kept) == 2
    assert kept[0].get_content() == kept[1].get_content()
