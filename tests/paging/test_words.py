"""The words of a page: who may read what, and how to answer."""

import string

import pytest

from activities.paging.pages import page_letter
from activities.paging.words import SMS_SEGMENT
from definitions.contacts import ChannelType
from tests.paging.examples import PUBLIC_URL, SIGNER, channel, letter, page

SECRET_WORDS = ("shop", "buy", "down")


def test_the_full_text_says_what_happened_then_the_ways_to_answer() -> None:
    message = page(channel(ChannelType.EMAIL))
    said, failure = page_letter(message, SIGNER, PUBLIC_URL + "/")
    assert failure == ""
    assert said.links is not None
    token = said.links.acknowledge.removeprefix(f"{PUBLIC_URL}/a/")
    assert said.body == (
        f"The shop is down\nI have it / I cannot / snooze: {PUBLIC_URL}/a/{token}\n\n"
        "Nobody can buy.\n\n"
        "You are ana (stage 1).\n"
        f"Or run: tocsin ack {message.incident_id} --contact ana\n"
        f"or: tocsin accept {message.page_id} {SIGNER.accept_code(message.page_id)}\n"
    )
    link = SIGNER.read_link(token)
    assert (link.subject_id, link.engagement_id) == (message.incident_id, message.engagement_id)
    assert (link.contact, link.page_id, link.send) == ("ana", message.page_id, 0)


def test_an_engagement_that_stands_alone_is_answered_by_its_own_id() -> None:
    message = page(channel(ChannelType.EMAIL), incident_id=None, impact=None)
    said, _ = page_letter(message, SIGNER, PUBLIC_URL)
    assert f"tocsin ack {message.engagement_id} --contact ana" in said.body
    assert said.links is not None
    assert SIGNER.read_link(said.links.acknowledge.rpartition("/")[2]).subject_id == message.engagement_id


def test_without_keys_a_page_goes_out_without_link_and_code() -> None:
    message = page(channel(ChannelType.EMAIL), contact="ben", stage=1, content="")
    said, _ = page_letter(message, None, PUBLIC_URL)
    assert said.links is None
    assert said.body == (
        "The shop is down\n\nYou are ben (stage 2).\n"
        f"To answer, run: tocsin ack {message.incident_id} --contact ben\n"
    )
    assert "tocsin ack" in said.short


@pytest.mark.parametrize("kind", list(ChannelType))
def test_a_quiet_channel_gives_nothing_away(kind: ChannelType) -> None:
    message = page(channel(kind, quiet=True))
    said, _ = page_letter(message, SIGNER, "https://tocsin.example")
    for text in (said.subject, said.content, said.body, said.short, said.spoken):
        assert not any(word in text for word in SECRET_WORDS)
        assert "/a/" not in text
    assert said.subject == "Tocsin: incident, impact 2"
    assert said.about["plan"] is None


@pytest.mark.parametrize(
    ("changed", "subject"),
    [
        ({"impact": 1}, "Tocsin: incident, impact 1"),
        ({"impact": None}, "Tocsin: incident"),
        ({"impact": None, "incident_id": None}, "Tocsin: you are being paged"),
        ({"public_subject": "Something is up"}, "Something is up"),
    ],
)
def test_the_public_words_are_the_plans_or_neutral(changed: dict[str, object], subject: str) -> None:
    assert letter(channel(ChannelType.SMS), **changed).subject == subject


def test_an_sms_is_quiet_and_short_and_says_what_to_reply() -> None:
    message = page(channel(ChannelType.SMS), public_subject="Checkout", public_content="Orders fail. " * 40)
    said, _ = page_letter(message, SIGNER, PUBLIC_URL, others=12)
    code = SIGNER.accept_code(message.page_id)
    assert said.short.endswith(f"... 12 more incidents page you. Reply {code} to acknowledge")
    assert said.short.startswith("Checkout. Orders fail.")
    assert len(said.short) <= SMS_SEGMENT
    gsm = string.ascii_letters + string.digits + " .,:?!-()/"
    assert not set(said.short) - set(gsm)


def test_an_sms_that_may_tell_everything_does_and_keeps_its_link_whole() -> None:
    said = letter(channel(ChannelType.SMS, quiet=False), content="Nobody can buy. " * 100)
    assert said.links is not None
    assert said.short.startswith("The shop is down. Nobody can buy.")
    assert said.short.endswith(f"or open {said.links.acknowledge}")
    assert len(said.short) <= 1600


@pytest.mark.parametrize(
    ("others", "subject", "line"),
    [
        (1, "The shop is down, and 1 more incident", "1 more incident pages you; `tocsin list` shows it"),
        (
            12,
            "The shop is down, and 12 more incidents",
            "12 more incidents page you; `tocsin list` shows them",
        ),
    ],
)
def test_a_digest_says_how_many_more_incidents_there_are(others: int, subject: str, line: str) -> None:
    said, _ = page_letter(page(channel(ChannelType.EMAIL)), SIGNER, PUBLIC_URL, others=others)
    assert said.subject == subject
    assert said.body.splitlines()[:2] == ["The shop is down", line]
    assert said.about["others"] == others


def test_a_subject_is_one_line_whatever_it_holds() -> None:
    said = letter(channel(ChannelType.EMAIL), subject="a\r\nBcc: b@shop.example\n\n\ud800c")
    assert said.subject == "a Bcc: b@shop.example ?c"
