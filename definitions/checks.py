"""The door: new definitions and those in force must make sense together, or nothing changes."""

import json
from collections.abc import Iterator
from datetime import timedelta

from definitions.automation.document import AutomationDocument, DocumentError, load_document
from definitions.automation.problems import near_miss
from definitions.base import ENGAGEABLE, Kind
from definitions.catalog import Catalog, Definition
from definitions.contacts import ChannelType, Contact, is_one_mail_address
from definitions.durations import format_duration
from definitions.message_templates import MessageTemplates, template_problems
from definitions.nesting import check_nesting
from definitions.planned_runbooks import check_planned_runbook
from definitions.problems import DefinitionError, Path, Problem
from definitions.references import Reference, is_engageable, references
from definitions.response_plans import ResponsePlan
from definitions.rotations import Rotation
from definitions.runbooks import MAX_DOCUMENT_BYTES, Runbook
from definitions.sources import Loaded, Source
from definitions.wall_clock import UnknownTimeZoneError, time_zone
from definitions.working_hours import WorkingHours

MIN_COVERAGE = timedelta(minutes=30)

_A_KIND = {
    Kind.CONTACT: "contact",
    Kind.ESCALATION_PLAN: "escalation plan",
    Kind.ROTATION: "rotation",
    Kind.ON_CALL_SCHEDULE: "on-call schedule",
    Kind.RESPONSE_PLAN: "response plan",
    Kind.RUNBOOK: "runbook",
    Kind.ANALYSIS_TEMPLATE: "analysis template",
    Kind.WORKING_HOURS: "working hours",
}


def check(loaded: Loaded, stored: Catalog) -> Catalog:
    """The catalog that results when the loaded definitions replace stored ones of the same kind and name.

    Raises DefinitionError with every problem: names used twice, references that lead nowhere, documents that
    cannot run, planned parameters that do not fit, unknown time zones, templates that cannot be rendered, escalation
    plans that contain themselves or too many others.
    """
    result = Catalog.of([*stored, *loaded.definitions])
    problems = [*_doubles(loaded), *_shared_aliases(loaded, result)]
    documents: dict[str, AutomationDocument | None] = {}
    for definition, source in loaded:
        problems += _dangling(definition, source, result)
        match definition:
            case Rotation() | WorkingHours():
                problems += [*_zone(definition, source), *_short_windows(definition, source)]
            case Contact():
                problems += _mail_addresses(definition, source)
            case Runbook():
                documents[definition.name], found = _document(definition, source)
                problems += found
            case ResponsePlan(messages=MessageTemplates() as templates):
                problems += [source.problem(path, words) for path, words in template_problems(templates)]
    problems += check_nesting(loaded, result)
    problems += _planned_runbooks(loaded, result, documents)
    if problems:
        raise DefinitionError(problems)
    return result


def _doubles(loaded: Loaded) -> Iterator[Problem]:
    first: dict[tuple[Kind, str], Source] = {}
    for definition, source in loaded:
        before = first.setdefault((definition.kind, definition.name), source)
        if before is not source:
            words = f"{_A_KIND[definition.kind]} {definition.name!r} is already defined at {before}"
            yield source.problem(("name",), f"{words}; give one of them another name")


def _shared_aliases(loaded: Loaded, result: Catalog) -> Iterator[Problem]:
    where = {(definition.kind, definition.name): str(source) for definition, source in loaded}
    for definition, source in loaded:
        for kind in ENGAGEABLE:
            shared = is_engageable(definition) and kind is not definition.kind
            if shared and definition.name in result.shelf(kind):
                place = where.get((kind, definition.name), "in force")
                at = f"at {place}" if (kind, definition.name) in where else place
                words = f"the alias {definition.name!r} is also that of the {_A_KIND[kind]} {at}"
                yield source.problem(("name",), f"{words}; contacts, plans and schedules share their names")


def _dangling(definition: Definition, source: Source, catalog: Catalog) -> Iterator[Problem]:
    for reference in references(definition):
        if reference.found_in(catalog) is None:
            message = _wrong_kind(reference, catalog) or _unknown(reference, catalog)
            yield source.problem(reference.path, message)


def _wrong_kind(reference: Reference, catalog: Catalog) -> str | None:
    if not set(reference.kinds) & set(ENGAGEABLE):
        return None
    other = catalog.engageable(reference.name)
    if other is None:
        return None
    wanted = " or ".join(_A_KIND[kind] for kind in reference.kinds)
    return f"{reference.name!r} is the alias of an {_A_KIND[other.kind]}; name a {wanted}"


def _unknown(reference: Reference, catalog: Catalog) -> str:
    known = [name for kind in reference.kinds for name in catalog.shelf(kind)]
    kinds = [_A_KIND[kind] for kind in reference.kinds]
    words = " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
    hint = near_miss(reference.name, known) or "; define it, or name one that exists"
    return f"there is no {words} {reference.name!r}{hint}"


def _zone(definition: Rotation | WorkingHours, source: Source) -> Iterator[Problem]:
    try:
        time_zone(definition.time_zone)
    except UnknownTimeZoneError as error:
        yield source.problem(("time_zone",), str(error))


def _mail_addresses(contact: Contact, source: Source) -> Iterator[Problem]:
    """Checked here and not in the model, so that what is stored can always be read."""
    for place, channel in enumerate(contact.channels):
        if channel.type is ChannelType.EMAIL and not is_one_mail_address(channel.address):
            words = f"{channel.address!r} is not one plain mail address; write it like ana@example.org"
            yield source.problem(("channels", place, "address"), words)


def _short_windows(definition: Rotation | WorkingHours, source: Source) -> Iterator[Problem]:
    """AWS: at least 30 minutes. Checked here and not in the model, so that what is stored can always be read."""
    path: Path
    if isinstance(definition, WorkingHours):
        path, days = ("hours",), definition.hours
    else:
        path, days = ("recurrence", "shift_coverages"), definition.recurrence.shift_coverages
    for day, windows in days.items():
        for place, window in enumerate(windows):
            if window.length < MIN_COVERAGE:
                lasts = f"{window.start:%H:%M} to {window.end:%H:%M} is {format_duration(window.length)}"
                words = f"{lasts}; a window lasts at least {format_duration(MIN_COVERAGE)}"
                yield source.problem((*path, day, place), words)


def _document(runbook: Runbook, source: Source) -> tuple[AutomationDocument | None, list[Problem]]:
    if runbook.file is not None:
        message = f"the document in {runbook.file} has not been read; load the runbook from its YAML file"
        return None, [source.problem(("file",), message)]
    size = len(json.dumps(runbook.document, separators=(",", ":")).encode())
    if size > MAX_DOCUMENT_BYTES:
        most = MAX_DOCUMENT_BYTES // 1024
        message = (
            f"the document is {size / 1024:.0f} KB; at most {most} KB fit, so move long scripts elsewhere"
        )
        return None, [source.problem(("document",), message)]
    try:
        return load_document(runbook.document), []
    except DocumentError as error:
        return None, [source.problem(("document", *found.path), found.message) for found in error.problems]


def _in_force(runbook: Runbook) -> AutomationDocument | None:
    """The document of a stored runbook; None if it no longer loads, which is no fault of what is new."""
    try:
        return load_document(runbook.document)
    except DocumentError:
        return None


def _planned_runbooks(
    loaded: Loaded, result: Catalog, documents: dict[str, AutomationDocument | None]
) -> Iterator[Problem]:
    """Parameters of every plan whose plan or whose runbook is new."""
    plans = {definition.name: source for definition, source in loaded if isinstance(definition, ResponsePlan)}
    runbooks = {definition.name: source for definition, source in loaded if isinstance(definition, Runbook)}
    for plan in result.response_plans.values():
        planned = plan.runbook
        if planned is None or planned.name not in result.runbooks:
            continue
        if plan.name not in plans and planned.name not in runbooks:
            continue
        if planned.name not in documents:
            documents[planned.name] = _in_force(result.runbooks[planned.name])
        document = documents[planned.name]
        if document is None:
            continue
        for path, message in check_planned_runbook(planned, document):
            if plan.name in plans:
                yield plans[plan.name].problem(("runbook", *path), message)
            else:
                words = f"the response plan {plan.name} in force does not fit: {message}"
                yield runbooks[planned.name].problem(("document", "parameters"), words)
