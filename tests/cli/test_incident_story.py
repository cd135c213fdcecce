"""One incident from alarm to lesson, told by the command line alone."""

from pathlib import Path

from tests.cli.command import ROOT, Command

SHOP = ROOT / "examples" / "shop"


async def test_an_incident_from_its_alarm_to_its_analysis(working: Command, tmp_path: Path) -> None:
    tocsin = working.process
    applied = await tocsin("apply", str(SHOP), "-o", "json")
    assert applied.err == ""
    assert {change["action"] for change in applied.json} == {"added"}

    on_call = (await working("oncall", "shop-on-call", "-o", "json")).json
    person = on_call[0]["contacts"][0]["name"]

    started = await tocsin(
        *("--as", "carla", "start", "payments-slow", "--title", "Nobody can pay", "--impact", "2"),
        *("--source", "grafana", "--raw-data", "-", "-o", "json"),
        stdin='{"alarm": "p99 > 10s"}',
    )
    assert started.json["created"] is True
    incident = started.json["incident"]
    id_ = incident["incident_id"]
    assert (incident["title"], incident["impact"], incident["status"]) == ("Nobody can pay", 2, "OPEN")
    assert incident["trigger"]["raw_data"] == '{"alarm": "p99 > 10s"}'
    assert incident["created_at"].endswith("Z")

    listed = (await working("list", "--plan", "payments-slow", "--impact", "2", "-o", "json")).json
    assert [one["incident_id"] for one in listed] == [id_]

    await working.until("timeline", id_, shows=f"paged {person} on mail")
    acknowledged = (await tocsin("--as", person, "ack", id_[:8], "--note", "on it", "-o", "json")).json
    assert acknowledged["incident_id"] == id_
    shown = (await working("show", id_, "-o", "json")).json
    assert shown["engagements"][0]["acknowledged_by"] == person

    assert (await working("note", id_, "The provider is slow", "--as", person)).code == 0
    assert (await working("update", id_, "--impact", "4", "-o", "json")).json["impact"] == 4
    resolved = (await working("resolve", id_, "--note", "they fixed it", "-o", "json")).json
    assert (resolved["status"], resolved["analysis_status"]) == ("RESOLVED", "PENDING")

    questions = (await working("analysis", "show", id_, "-o", "json")).json
    asked = [q for section in questions["template"]["sections"] for q in section["questions"]]
    required = [question["id"] for question in asked if question["required"]]
    answers = tmp_path / "answers.yaml"
    answers.write_text("summary: Slow\nanswers:\n" + "".join(f"  {q}: Yes.\n" for q in required[1:]))
    completed = await tocsin(
        *("analysis", "complete", id_, "--file", str(answers), "--answer", f"{required[0]}=No=never."),
        *("--action", "A second provider", "-o", "json"),
    )
    assert completed.json["answers"][required[0]] == "No=never."
    assert completed.json["action_items"] == ["A second provider"]

    recorded = (await working("timeline", id_, "-o", "json")).json
    from_history = (await tocsin("timeline", id_, "--from-history", "-o", "json")).json
    assert recorded == from_history
    assert len(recorded) >= 8

    closed = await working("show", id_)
    assert closed.out.startswith("CLOSED  impact 4 (low)  Nobody can pay")
    assert (await working("list", "-o", "json")).json == []
    assert [
        one["incident_id"] for one in (await working("list", "--status", "resolved", "-o", "json")).json
    ] == [id_]


async def test_people_read_the_same_as_text(shop: Command) -> None:
    id_ = await shop.start("shop-down")
    told = await shop.until("timeline", id_, shows="paged ana on mail")
    assert "triggered by aws.ssm-incidents.custom" in told.out
    assert "opened with impact 1: The shop is down" in told.out

    shown = (await shop("show", id_[:6])).out
    assert shown.startswith("OPEN  impact 1 (critical)  The shop is down")
    assert "pager-then-ben  ENGAGED  stage 1 of 2, stage 2 in 59m" in shown
    assert "ana  paged by stage 1 of their plan, which ends in 59m" in shown
    assert "mail: 1 sent" in shown
    assert f"{id_[:8]}  OPEN" in (await shop("list")).out


async def test_brackets_and_control_characters_in_a_title_are_only_text(shop: Command) -> None:
    id_ = await shop.start("quiet")
    assert "Odd [red]noise[/red]" in (await shop("list")).out
    assert (await shop("update", id_, "--title", "gone\x1b[2J\x1b[Hquiet")).code == 0
    out = (await shop("show", id_)).out
    assert "\x1b" not in out
    assert "gone\N{REPLACEMENT CHARACTER}[2J" in out


async def test_a_note_is_changed_and_deleted_by_the_beginning_of_its_id(shop: Command) -> None:
    id_ = await shop.start("quiet")
    at = "2026-01-01T12:00+01:00"
    event = (await shop("note", id_, "it began", "--event", "--at", at, "-o", "json")).json["event_id"]
    assert (await shop("event", "edit", id_, event[:8], "it began early")).code == 0
    events = (await shop("timeline", id_, "-o", "json")).json
    written = next(one for one in events if one["event_id"] == event)
    assert written["data"]["text"] == "it began early"
    assert written["event_type"] == "Custom Event"
    assert written["event_time"] == "2026-01-01T11:00:00Z"
    assert (await shop("event", "delete", id_, event[:8])).code == 0
    assert "it began" not in (await shop("timeline", id_)).out


async def test_related_items_come_and_go(shop: Command) -> None:
    id_ = await shop.start("quiet")
    ticket = "https://tickets.example/7"
    added = await shop("relate", "add", id_, "task", ticket, "--title", "Ticket", "-o", "json")
    assert added.json["related_items"] == [{"type": "TASK", "value": ticket, "title": "Ticket"}]
    removed = await shop("relate", "remove", id_, "TASK", ticket, "-o", "json")
    assert removed.json["related_items"] == []


async def test_a_resolved_incident_is_reopened(shop: Command) -> None:
    id_ = await shop.start("quiet")
    assert (await shop("resolve", id_)).code == 0
    reopened = await shop("reopen", id_, "--reason", "it is back", "-o", "json")
    assert (reopened.json["status"], reopened.json["resolved_at"]) == ("OPEN", None)


async def test_somebody_else_is_engaged_and_disengaged(shop: Command) -> None:
    id_ = await shop.start("quiet")
    engagement = (await shop("engage", id_, "ben", "-o", "json")).json["engagement_id"]
    await shop.until("show", id_, shows="ben  ENGAGED")
    acknowledged = (await shop("ack", engagement, "--contact", "ben", "-o", "json")).json
    assert acknowledged["incident_id"] == id_
    assert "ben  ACKNOWLEDGED  by ben" in (await shop("show", id_)).out

    second = (await shop("engage", id_, "ana", "-o", "json")).json["engagement_id"]
    await shop.until("show", id_, shows="ana  ENGAGED")
    stopped = await shop("disengage", id_, second[:8], "--reason", "asleep", "-o", "json")
    assert (stopped.json["status"], stopped.json["stop_reason"]) == ("STOPPED", "asleep")


async def test_a_page_without_an_incident_is_answered(shop: Command) -> None:
    page = (await shop("page", "ana", "--subject", "Milk is out", "-o", "json")).json["engagement_id"]
    await shop.until("timeline", page, shows="paged ana on mail")
    answered = (await shop("--as", "ana", "ack", page[:8], "-o", "json")).json
    assert (answered["status"], answered["acknowledged_by"]) == ("ACKNOWLEDGED", "ana")
    followed = await shop("timeline", page, "--follow")
    assert followed.out.rstrip().endswith("ana has it  (ana)")


async def test_who_is_on_call_at_another_time(shop: Command) -> None:
    before = (await shop("oncall", "pager", "--at", "2026-01-01T00:00Z", "-o", "json")).json
    assert before[0]["contacts"] == []
    assert before[0]["until"] == "2026-01-05T08:00:00Z"
    now = await shop("oncall")
    assert now.out.startswith("pager  ana (Ana Reis)  until ")
