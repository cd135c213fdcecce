"""A channel that asks for a code is paged only once its owner has sent the code back."""

import asyncio
import re

import pytest

from client.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    QuotaExceededError,
    UnavailableError,
)
from tests.channels.conftest import NUMBER, OTHER, Desk, other_than
from tests.cli.command import Command

WAITS, ACTIVE, OFF = "NOT_ACTIVATED", "ACTIVATED", "DEACTIVATED"


async def test_only_channels_that_are_vouched_for_are_active_at_first(desk: Desk) -> None:
    assert await desk.statuses() == {"mail": WAITS, "desk": ACTIVE, "phone": WAITS, "call": WAITS}
    assert await desk.statuses("ben") == {"phone": ACTIVE}
    paged = {one.channel: one.is_paged for one in await desk.tocsin.list_channels("ana")}
    assert paged == {"mail": False, "desk": True, "phone": False, "call": False}


@pytest.mark.usefixtures("worker")
async def test_the_code_that_was_sent_activates_the_channel(desk: Desk) -> None:
    sent = await desk.send()
    assert sent.delivery.outcome == "SENT"
    activated = await desk.tocsin.activate_channel("ana", "mail", f" {desk.code()[:3]} {desk.code()[3:]} ")
    assert (activated.status, activated.is_paged) == (ACTIVE, True)
    assert (await desk.statuses())["mail"] == ACTIVE
    with pytest.raises(ConflictError, match="activated already"):
        await desk.send()
    with pytest.raises(ConflictError, match="activated already"):
        await desk.tocsin.activate_channel("ana", "mail", desk.code())


@pytest.mark.usefixtures("worker")
async def test_the_code_stands_neither_in_the_history_nor_in_the_database(desk: Desk) -> None:
    sent = await desk.send()
    code = desk.code()
    # The message's id is made of the key that the workflow goes by.
    key = sent.delivery.provider_id.strip("<>").partition("@")[0]
    history = (await desk.tocsin.temporal.get_workflow_handle(key).fetch_history()).to_json()
    assert "send_activation_code" in history
    assert not re.search(rf"\b{code}\b", history)
    async with desk.pool.acquire() as connection:
        row = await connection.fetchrow("select * from activation_codes")
    assert row is not None
    assert code not in "".join(str(value) for key, value in row.items() if key != "sha256")


@pytest.mark.usefixtures("worker")
async def test_the_sixth_guess_is_refused_even_if_it_is_right(desk: Desk) -> None:
    await desk.send()
    wrong = other_than(desk.code())
    for left in ("4 more tries are", "3 more tries are", "2 more tries are", "1 more try is"):
        with pytest.raises(InvalidInputError, match=f"not the code; {left} left"):
            await desk.tocsin.activate_channel("ana", "mail", wrong)
    for guess in (wrong, desk.code(), desk.code()):
        with pytest.raises(InvalidInputError, match="no tries are left"):
            await desk.tocsin.activate_channel("ana", "mail", guess)
    assert (await desk.statuses())["mail"] == WAITS
    await desk.send()
    await desk.tocsin.activate_channel("ana", "mail", desk.code())


@pytest.mark.usefixtures("worker")
async def test_guesses_made_at_once_are_counted_one_by_one(desk: Desk) -> None:
    await desk.send()
    code = int(desk.code())
    guesses = [f"{(code + distance) % 1_000_000:06}" for distance in range(1, 9)]
    answers = await asyncio.gather(
        *(desk.tocsin.activate_channel("ana", "mail", guess) for guess in guesses), return_exceptions=True
    )
    assert all(isinstance(answer, InvalidInputError) for answer in answers)
    assert sum("left for this code" in str(answer) for answer in answers) == 4
    with pytest.raises(InvalidInputError, match="no tries are left"):
        await desk.tocsin.activate_channel("ana", "mail", desk.code())


async def test_what_is_no_code_is_no_guess(desk: Desk) -> None:
    for text in ("", "12345", "1234567", "abcdef", "१२३४५६"):
        with pytest.raises(InvalidInputError, match="a code is 6 digits"):
            await desk.tocsin.activate_channel("ana", "mail", text)
    with pytest.raises(InvalidInputError, match="no code is on its way"):
        await desk.tocsin.activate_channel("ana", "mail", "123456")
    with pytest.raises(NotFoundError, match="no contact 'zoe'; known: ana, ben"):
        await desk.tocsin.activate_channel("zoe", "mail", "123456")
    with pytest.raises(NotFoundError, match="ana has no channel 'fax'; known: mail, desk, phone, call"):
        await desk.tocsin.send_activation_code("ana", "fax")


@pytest.mark.usefixtures("worker")
async def test_a_code_is_good_for_fifteen_minutes(desk: Desk) -> None:
    await desk.send()
    await desk.later(14)
    with pytest.raises(InvalidInputError, match="4 more tries"):
        await desk.tocsin.activate_channel("ana", "mail", other_than(desk.code()))
    await desk.later(1)
    with pytest.raises(
        InvalidInputError, match=r"expired; send another with `tocsin channel send-code ana mail`"
    ):
        await desk.tocsin.activate_channel("ana", "mail", desk.code())


@pytest.mark.usefixtures("worker")
async def test_only_the_newest_code_counts_and_a_fourth_within_fifteen_minutes_is_not_sent(
    desk: Desk,
) -> None:
    for _ in range(3):
        await desk.send()
    with pytest.raises(QuotaExceededError, match=r"3 codes .* the next may be sent in 1[45]m"):
        await desk.send()
    assert len(desk.mailbox.to("ana@shop.example")) == 3
    await desk.later(15)
    first = desk.code()
    await desk.send()
    if first != desk.code():
        with pytest.raises(InvalidInputError, match="not the code"):
            await desk.tocsin.activate_channel("ana", "mail", first)
    await desk.tocsin.activate_channel("ana", "mail", desk.code())


@pytest.mark.usefixtures("worker")
async def test_a_code_that_could_not_be_sent_does_not_count(desk: Desk) -> None:
    desk.mailbox.answer = "550 nobody of that name"
    for _ in range(4):
        with pytest.raises(UnavailableError, match=r"the code was not sent: 550 .*nobody of that name"):
            await desk.send()
    desk.mailbox.answer = None
    await desk.send()
    await desk.tocsin.activate_channel("ana", "mail", desk.code())


@pytest.mark.usefixtures("worker")
async def test_a_code_that_no_provider_takes_is_told_of(desk: Desk) -> None:
    with pytest.raises(UnavailableError, match=r"the code was not sent: .*set TOCSIN_TWILIO_ACCOUNT_SID"):
        await desk.tocsin.send_activation_code("ana", "phone")
    async with desk.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from activation_codes") == 0


@pytest.mark.usefixtures("worker")
async def test_a_new_address_must_be_activated_anew(desk: Desk) -> None:
    await desk.send()
    await desk.apply(mail="home@shop.example")
    with pytest.raises(InvalidInputError, match="sent to another address"):
        await desk.tocsin.activate_channel("ana", "mail", desk.code())
    await desk.send()
    await desk.tocsin.activate_channel("ana", "mail", desk.code("home@shop.example"))
    await desk.apply(mail="third@shop.example")
    assert (await desk.statuses())["mail"] == WAITS
    await desk.apply(mail="home@shop.example")
    assert (await desk.statuses())["mail"] == ACTIVE


@pytest.mark.usefixtures("worker")
async def test_a_deactivated_channel_comes_back_by_a_code(desk: Desk) -> None:
    await desk.send()
    assert (await desk.tocsin.deactivate_channel("ana", "mail")).status == OFF
    assert (await desk.tocsin.deactivate_channel("ana", "desk")).status == OFF
    with pytest.raises(InvalidInputError, match="no code is on its way"):
        await desk.tocsin.activate_channel("ana", "mail", desk.code())
    await desk.tocsin.send_activation_code("ana", "desk")
    await desk.tocsin.activate_channel("ana", "desk", desk.code("desk@shop.example"))
    assert await desk.statuses() == {"mail": OFF, "desk": ACTIVE, "phone": WAITS, "call": WAITS}


async def test_what_runs_already_is_told_to_leave_a_deactivated_channel_alone(desk: Desk) -> None:
    started = await desk.tocsin.start_incident("shop-down")
    await desk.tocsin.deactivate_channel("ana", "desk")
    assert await _told(desk, started.incident.incident_id) == [
        {"contact": "ana", "channel": "desk", "reason": "deactivated by chi"}
    ]
    await desk.tocsin.opt_out(NUMBER)
    assert await _told(desk, started.incident.incident_id) == [
        {"contact": "ana", "channel": "desk", "reason": "deactivated by chi"},
        {"contact": "ana", "channel": "phone", "reason": "its owner opted out"},
        {"contact": "ben", "channel": "phone", "reason": "its owner opted out"},
    ]


async def _told(desk: Desk, workflow_id: str) -> list[dict[str, str]]:
    """What a workflow that no worker runs was signalled about channels, in the order of contacts and channels."""
    history = await desk.tocsin.temporal.get_workflow_handle(workflow_id).fetch_history()
    signals = [event.workflow_execution_signaled_event_attributes for event in history.events]
    payloads = [one.input.payloads[0] for one in signals if one.signal_name == "deactivate_channel"]
    said = [(await desk.tocsin.temporal.data_converter.decode([payload]))[0] for payload in payloads]
    return sorted(said, key=lambda one: (one["contact"], one["channel"]))


async def test_an_incident_takes_along_which_channels_must_not_be_paged(desk: Desk) -> None:
    async def silent() -> dict[str, dict[str, str]]:
        started = await desk.tocsin.start_incident("shop-down")
        async with desk.pool.acquire() as connection:
            given = await connection.fetchval(
                "select input from incident_starts where incident_id = $1", started.incident.incident_id
            )
        found: dict[str, dict[str, str]] = given["catalog"]["silent_channels"]
        return found

    assert await silent() == {"ana": {"mail": WAITS, "phone": WAITS, "call": WAITS}}
    await desk.tocsin.deactivate_channel("ana", "desk")
    await desk.tocsin.opt_out(NUMBER)
    assert await silent() == {"ana": {"mail": WAITS, "desk": OFF, "phone": "OPTED_OUT", "call": WAITS}}
    await desk.apply(number=OTHER)
    assert await silent() == {"ana": {"mail": WAITS, "desk": OFF, "phone": WAITS, "call": WAITS}}


async def test_who_replies_stop_gets_no_sms_until_they_reply_start_and_give_a_code(desk: Desk) -> None:
    silenced = await desk.tocsin.opt_out(f" {NUMBER} ")
    assert [(one.contact, one.channel, one.status) for one in silenced] == [
        ("ana", "phone", "OPTED_OUT"),
        ("ben", "phone", "OPTED_OUT"),
    ]
    assert (await desk.statuses())["call"] == WAITS
    assert await desk.tocsin.opted_out(NUMBER)
    with pytest.raises(ConflictError, match="opted out; a START"):
        await desk.tocsin.send_activation_code("ben", "phone")
    with pytest.raises(ConflictError, match="opted out; a START"):
        await desk.tocsin.activate_channel("ben", "phone", "123456")
    back = await desk.tocsin.opt_in(NUMBER)
    assert [(one.contact, one.status) for one in back] == [("ana", WAITS), ("ben", WAITS)]
    assert not await desk.tocsin.opted_out(NUMBER)


async def test_who_never_opted_out_loses_nothing_by_a_start(desk: Desk) -> None:
    assert await desk.tocsin.opt_in(NUMBER) == []
    assert await desk.statuses("ben") == {"phone": ACTIVE}


async def test_an_opt_out_holds_for_whoever_gets_the_number_later(desk: Desk) -> None:
    assert await desk.tocsin.opt_out(OTHER) == []
    await desk.apply(number=OTHER)
    assert await desk.statuses("ben") == {"phone": "OPTED_OUT"}


@pytest.mark.usefixtures("worker")
async def test_channels_from_the_command_line(desk: Desk, command: Command) -> None:
    listed = (await command("channel", "list", "ana")).out.splitlines()
    assert [line.split() for line in listed[:2]] == [
        ["CONTACT", "CHANNEL", "TYPE", "ADDRESS", "STATUS", "PAGED"],
        ["ana", "mail", "EMAIL", "ana@shop.example", WAITS, "no"],
    ]
    sent = await command("channel", "send-code", "ana", "mail")
    assert sent.out.startswith("Sent"), sent.err
    assert "tocsin channel activate ana mail CODE" in sent.out
    (await command("channel", "activate", "ana", "mail", other_than(desk.code()))).fails(2, "4 more tries")
    assert (
        await command("channel", "activate", "ana", "mail", desk.code())
    ).out == "ana's mail is activated\n"
    assert (await command("channel", "test", "ana", "mail")).out.startswith("Sent")
    assert desk.mailbox.to("ana@shop.example")[-1].message["Subject"] == "Tocsin: a test, no alarm"
    off = (await command("channel", "deactivate", "ana", "mail", "-o", "json")).json
    assert (off["status"], off["is_paged"]) == (OFF, False)
    (await command("channel", "test", "ana", "mail")).fails(4, "ana's mail is DEACTIVATED")
    await desk.send()
    await desk.send()
    (await command("channel", "send-code", "ana", "mail")).fails(4, "3 codes have been sent")


async def test_warnings_are_told_beside_the_answer(desk: Desk, command: Command) -> None:
    file = desk.folder / "plans.yaml"
    valid = await command("validate", str(file))
    assert (valid.code, valid.out) == (0, "It can be applied, with warnings:\n")
    told = [
        f"{file}:6: mail is never paged: it is NOT_ACTIVATED; `tocsin channel send-code ana mail` sends a code",
        f"{file}:8: phone is never paged: it is NOT_ACTIVATED; `tocsin channel send-code ana phone` sends a code",
    ]
    assert valid.err.splitlines() == [f"warning: {line}" for line in told]
    applied = await command("apply", str(file))
    assert applied.out == "0 added, 0 changed, 3 unchanged\n"
    assert applied.err == valid.err
    as_json = (await command("validate", str(file), "-o", "json")).json
    assert [f"{one['file']}:{one['line']}: {one['message']}" for one in as_json["warnings"]] == told
    changed = await command("apply", str(file), "-o", "json")
    assert [one["name"] for one in changed.json] == ["ana", "ben", "shop-down"]
    assert changed.err == valid.err
