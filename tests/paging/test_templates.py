"""Templates that replace a page's words: refused when they are saved, bounded when they are rendered."""

import time
from pathlib import Path

import pytest

from activities.paging.pages import page_letter
from definitions.catalog import Catalog
from definitions.checks import check
from definitions.contacts import ChannelType
from definitions.loader import load
from definitions.message_templates import LONGEST_CONTENT, LONGEST_SUBJECT, MessageTemplates
from definitions.problems import DefinitionError
from definitions.template_language import FACTS, TemplateFailure, problem_of, render
from tests.paging.examples import PUBLIC_URL, SIGNER, channel, page

MAIL, SMS = channel(ChannelType.EMAIL), channel(ChannelType.SMS)


def test_a_template_speaks_of_every_fact() -> None:
    said = " ".join("{{ " + name + " }}" for name in FACTS)
    templates = MessageTemplates(content=said)
    message = page(
        MAIL, subject="[impact 2] Down", title="Down", sender="alarm", stage=1, send=3, templates=templates
    )
    letter, failure = page_letter(message, SIGNER, PUBLIC_URL, others=4)
    assert failure == ""
    assert letter.content == (
        f"{message.incident_id} {message.engagement_id} [impact 2] Down Down Nobody can buy. 2 shop"
        " ana Ana alarm 1 3 4 email EMAIL"
    )
    assert letter.subject == "[impact 2] Down, and 4 more incidents"


def test_a_template_replaces_its_own_text_only() -> None:
    templates = MessageTemplates(subject="[{{ impact }}] {{ title }}", public_subject="{{ plan }}: call in")
    loud, _ = page_letter(page(MAIL, templates=templates), SIGNER, PUBLIC_URL)
    quiet, _ = page_letter(page(SMS, templates=templates), SIGNER, PUBLIC_URL)
    assert (loud.subject, loud.content) == ("[2] The shop is down", "Nobody can buy.")
    assert (quiet.subject, quiet.content) == ("shop: call in", "")


def test_the_example_in_the_manual_gives_what_it_promises(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    file = tmp_path / "plan.yaml"
    file.write_text(manual.partition("```yaml\n")[2].partition("```")[0])
    templates = check(load([file]), Catalog()).response_plans["shop"].messages
    facts = {
        "subject": "[impact 1] The shop is down",
        "title": "The shop is down",
        "impact": 1,
        "templates": templates,
    }
    loud, _ = page_letter(page(MAIL, **facts), SIGNER, PUBLIC_URL)
    quiet, _ = page_letter(page(SMS, **facts), SIGNER, PUBLIC_URL)
    assert (loud.subject, quiet.subject) == ("[1] The shop is down", "Call in now")
    assert f"`{loud.subject}`" in manual


def test_conditions_and_filters_are_for_templates() -> None:
    template = "{% if impact and impact <= 2 %}BAD: {% endif %}{{ plan | default('no plan', true) | upper }}"
    facts: dict[str, object] = dict.fromkeys(FACTS)
    assert render(template, facts | {"impact": 1, "plan": "shop"}, longest=99) == "BAD: SHOP"
    assert render(template, facts, longest=99) == "NO PLAN"


REFUSED = [
    ("{{ titel }}", "unknown variable 'titel'; known are incident_id, engagement_id, subject, title,"),
    ("{{ titel }}", "did you mean 'title'?"),
    ("{{ title", "line 1"),
    ("{% for i in range(10 ** 9) %}x{% endfor %}", "has a loop"),
    ("{{ 'a' * 10 ** 9 }}", "computes something"),
    ("{{ '%1000000000d' % 1 }}", "computes something"),
    ("{{ title | center(1000000000) }}", "unknown filter 'center'; known are"),
    ("{{ title.__class__.__mro__ }}", "looks inside a value"),
    ("{{ title['__class__'] }}", "looks inside a value"),
    ("{{ lipsum() }}", "calls something"),
    ("{{ '{:>1000000000}'.format(1) }}", "calls something"),
    ("{% set a = content %}{% set a = a ~ a %}", "assigns a variable"),
    ("{% macro a() %}{% endmacro %}", "defines a macro"),
    ("{% include '/etc/passwd' %}", "includes another template"),
    ("{{ title | truncate('a') }}", "not supported"),
    ("{{ impact > 1 }}", "impact is empty outside incidents; write {% if impact and impact < 3 %}"),
    ("{% if impact < 3 %}x{% endif %}", "impact is empty outside incidents; write {% if impact and"),
    ("{{ plan > 1 }}", "not supported"),
    ("{{" + "(" * 1500 + "1" + ")" * 1500 + "}}", "nested too deeply"),
    ("{{" + "not " * 1000 + "1}}", "nested too deeply"),
]


@pytest.mark.parametrize(("template", "words"), REFUSED)
def test_what_could_run_away_or_fail_is_refused_at_once(template: str, words: str) -> None:
    began = time.monotonic()
    problem = problem_of(template)
    assert problem is not None
    assert words in problem
    assert time.monotonic() - began < 2


def test_a_refused_template_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(
        "kind: ResponsePlan\nname: shop\nincident_template: {title: Shop, impact: 1}\n"
        "messages:\n  subject: '{{ title }}'\n  public_content: '{{ titel }}'\n"
    )
    with pytest.raises(DefinitionError) as refusal:
        check(load([file]), Catalog())
    [problem] = refusal.value.problems
    assert str(problem).startswith(f"{file}:6: messages.public_content: unknown variable 'titel'; known are")


def test_a_good_template_passes_the_door(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(
        "kind: ResponsePlan\nname: shop\nincident_template: {title: Shop, impact: 1}\n"
        "messages: {subject: '[{{ impact }}] {{ title | truncate(40) }}'}\n"
    )
    plan = check(load([file]), Catalog()).response_plans["shop"]
    assert plan.messages is not None


def test_what_is_rendered_is_cut_off() -> None:
    templates = MessageTemplates(subject="{{ content }}" * 100, content="{{ content }}" * 100)
    said, failure = page_letter(page(MAIL, content="x" * 8000, templates=templates), SIGNER, PUBLIC_URL)
    assert failure == ""
    assert (len(said.subject), len(said.content)) == (LONGEST_SUBJECT, LONGEST_CONTENT)


def test_a_template_that_fails_after_all_leaves_the_standard_words() -> None:
    # As an older release may have let it through.
    templates = MessageTemplates(subject="{{ gone }}", content="New: {{ content }}")
    said, failure = page_letter(page(MAIL, templates=templates), SIGNER, PUBLIC_URL)
    assert (said.subject, said.content) == ("The shop is down", "New: Nobody can buy.")
    assert failure.startswith("the plan's messages.subject was not used: unknown variable 'gone'")


def test_rendering_tells_its_failure_in_one_line() -> None:
    with pytest.raises(TemplateFailure, match=r"^[^\n]+$"):
        render("{{ title | truncate('a') }}", {"title": "x\ny"}, longest=10)
