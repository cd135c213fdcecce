"""How one person is paged by their own plan."""

from records.engagements import EngagementStatus
from tests.engagement.story import Stories

TWO_CHANNELS = """
    kind: Contact
    name: ana
    channels:
      - {{name: mail, type: EMAIL, address: ana@shop.example}}
      - {{name: home, type: EMAIL, address: ana@home.example}}
    plan:
      stages: {stages}
"""


def ana(stages: str) -> str:
    return TWO_CHANNELS.format(stages=stages)


async def test_nobody_answers_so_the_second_stage_pages_the_other_channel(stories: Stories) -> None:
    await stories.given(
        ana("[{duration: 5m, targets: [{channel: mail}]}, {duration: 5m, targets: [{channel: home}]}]")
    )
    story = await stories.page("ana")
    await story.at("4m50s")
    await story.expect("0s ana mail")
    await story.at("2h")
    await story.expect("0s ana mail", "5m ana home")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_a_page_is_repeated_each_retry_interval_until_the_stage_ends_and_not_after(
    stories: Stories,
) -> None:
    await stories.given(
        ana("[{duration: 5m, targets: [{channel: mail, retry_interval: 1m}]}, {duration: 30m}]")
    )
    story = await stories.page("ana")
    await story.at("2h")
    await story.expect("0s ana mail", "1m ana mail", "2m ana mail", "3m ana mail", "4m ana mail")
    pages = (await story.record()).people["ana"].pages
    assert len(pages) == 1, "repetitions are receipts of one page"
    letters = stories.mailbox.to("ana@shop.example")
    assert len({letter.message_id for letter in letters}) == 5, "a repetition is a new mail"


async def test_a_retry_interval_as_long_as_the_stage_pages_once(stories: Stories) -> None:
    await stories.given(ana("[{duration: 5m, targets: [{channel: mail, retry_interval: 5m}]}]"))
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail")


async def test_an_empty_first_stage_is_a_pure_wait(stories: Stories) -> None:
    await stories.given(ana("[{duration: 10m}, {duration: 5m, targets: [{channel: mail}]}]"))
    story = await stories.page("ana")
    await story.at("9m50s")
    await story.expect()
    await story.at("10m")
    await story.expect("10m ana mail")


async def test_two_channels_of_a_stage_are_paged_at_once_and_repeat_on_their_own(stories: Stories) -> None:
    await stories.given(
        ana(
            "[{duration: 6m, targets: [{channel: mail, retry_interval: 2m}, {channel: home, retry_interval: 3m}]}]"
        )
    )
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ana home", "2m ana mail", "3m ana home", "4m ana mail")


async def test_a_channel_named_in_two_stages_is_paged_in_both_as_one_page(stories: Stories) -> None:
    await stories.given(
        ana("[{duration: 5m, targets: [{channel: mail}]}, {duration: 5m, targets: [{channel: mail}]}]")
    )
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ana mail")
    assert len((await story.record()).people["ana"].pages) == 1


async def test_a_stage_of_no_duration_pages_and_goes_straight_on(stories: Stories) -> None:
    await stories.given(
        ana("[{duration: 0s, targets: [{channel: mail}]}, {duration: 5m, targets: [{channel: home}]}]")
    )
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ana home")


async def test_an_answer_ends_repetitions_and_later_stages(stories: Stories) -> None:
    await stories.given(
        ana(
            "[{duration: 5m, targets: [{channel: mail, retry_interval: 2m}]},"
            " {duration: 5m, targets: [{channel: home}]}]"
        )
    )
    story = await stories.page("ana")
    await story.at("2m30s")
    await story.acknowledge("ana", note="on my way")
    await story.expect("0s ana mail", "2m ana mail")
    record = await story.record()
    assert record.status is EngagementStatus.ACKNOWLEDGED
    assert record.people["ana"].pages[0].receipts[-1].info == "on my way"


async def test_a_contact_without_a_plan_is_engaged_and_never_paged(stories: Stories) -> None:
    await stories.given("{kind: Contact, name: dora}")
    story = await stories.page("dora")
    await story.at("1h")
    await story.expect()
    await story.acknowledge("dora")
    assert (await story.record()).acknowledged_by == "dora"
