"""The command line as a whole: every command by name, what holds for all of them, and how they end.

Commands are named by import path and loaded when they run, so that `tocsin --help` answers at once.
"""

import asyncio
import contextlib
import inspect
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

from cyclopts import App, Group, Parameter

from client.cli.errors import ExitCode, complain, exit_code
from client.cli.session import Output, Session

GLOBAL = Group("Options of every command", sort_key=9)

INCIDENTS = Group("Incidents", sort_key=1)
TIMELINES = Group("Timeline and analysis", sort_key=2)
PEOPLE = Group("People", sort_key=3)
RUNBOOKS = Group("Runbooks", sort_key=4)
DEFINITIONS = Group("Definitions", sort_key=5)
SERVICES = Group("Running Tocsin", sort_key=6)

COMMANDS: dict[Group, dict[str, tuple[str, str]]] = {
    INCIDENTS: {
        "start": (
            "client.cli.incidents:start",
            "Open an incident by a response plan: people are paged at once.",
        ),
        "list": (
            "client.cli.incidents:list_",
            "List incidents, newest first; without options those that are open.",
        ),
        "show": (
            "client.cli.incidents:show",
            "Show an incident or engagement: how it stands, who was paged.",
        ),
        "watch": (
            "client.cli.watch:watch",
            "Watch an incident live until it is closed. Ctrl-C stops watching only.",
        ),
        "ack": ("client.cli.pages:ack", "Say that somebody has it: their paging stops."),
        "resolve": (
            "client.cli.incidents:resolve",
            "Say that it is over: paging stops, the analysis is due.",
        ),
        "reopen": ("client.cli.incidents:reopen", "Say that it was not over. Nobody is paged again by this."),
        "update": (
            "client.cli.incidents:update",
            "Change title, summary, impact or chat channel. Nobody is paged.",
        ),
    },
    TIMELINES: {
        "timeline": ("client.cli.timelines:timeline", "Print what happened, oldest first."),
        "note": ("client.cli.timelines:note", "Write a note on an incident's timeline."),
    },
    PEOPLE: {
        "engage": ("client.cli.engagements:engage", "Page somebody else for an open incident."),
        "disengage": (
            "client.cli.engagements:disengage",
            "Stop paging in one engagement, of an incident or alone.",
        ),
        "page": ("client.cli.engagements:page", "Page somebody without an incident."),
        "decline": ("client.cli.pages:decline", "Say that somebody cannot: whoever comes next is paged."),
        "unack": ("client.cli.pages:unack", "Say that somebody does not have it after all: paging goes on."),
        "snooze": ("client.cli.pages:snooze", "Say that somebody has it for a while, then is paged anew."),
        "hand-over": ("client.cli.pages:hand_over", "Give it to another contact, who is paged instead."),
        "accept": ("client.cli.pages:accept", "Acknowledge a page by the code that was sent with it."),
    },
    # The same as `tocsin runbook ...`: what people type at night is short.
    RUNBOOKS: {
        "run": ("client.cli.runbooks:run", "Start a runbook, for an incident or alone."),
        "execution": ("client.cli.runbooks:execution", "Show a runbook execution step by step."),
        "approve": ("client.cli.runbooks:approve", "Say yes to the step that waits for approval."),
        "reject": ("client.cli.runbooks:reject", "Say no to the step that waits for approval: it fails."),
        "resume": ("client.cli.runbooks:resume", "Let a paused runbook go on."),
        "stop": ("client.cli.runbooks:stop", "Stop a runbook execution."),
    },
    DEFINITIONS: {
        "validate": ("client.cli.definitions:validate", "Check definition files; nothing is changed."),
        "diff": ("client.cli.definitions:diff", "Show what applying definition files would change."),
        "apply": (
            "client.cli.definitions:apply",
            "Put definition files in force: all of them, or on any error none.",
        ),
        "get": ("client.cli.definitions:get", "Print definitions that are in force, as YAML."),
        "delete": (
            "client.cli.definitions:delete",
            "Take a definition out of force, if no other refers to it.",
        ),
        "rehearse": (
            "worker.rehearsal.command:command",
            "Run a plan without paging anybody: who would be paged when.",
        ),
        "schema": (
            "client.cli.definitions:schema",
            "Print JSON Schemas, for editors that check YAML as you type.",
        ),
    },
    SERVICES: {
        "up": (
            "worker.stack.command:up",
            "Run everything on this machine: PostgreSQL, Temporal, worker, server.",
        ),
        "worker": ("worker.command:worker", "Run one worker; PostgreSQL and Temporal are elsewhere."),
        "server": ("server.command:server", "Run the HTTP server; PostgreSQL and Temporal are elsewhere."),
        "migrate": ("worker.migrate:run", "Make an external PostgreSQL and Temporal ready for this version."),
    },
}

NESTED: dict[str, tuple[Group, str, dict[str, tuple[str, str]]]] = {
    "oncall": (
        PEOPLE,
        "Show who is on call, and until when; overrides, swaps, calendars and feeds.",
        {
            "now": ("client.cli.on_call:now", "Show who is on call, and until when. `oncall` alone does it."),
            "next": ("client.cli.on_call:next_", "Show the next hand-offs: who goes and who comes."),
            "show": ("client.cli.on_call:show", "Show the calendar of a schedule or rotation day by day."),
            "hours": ("client.cli.on_call:hours", "Show how many hours each person is on call."),
            "override add": ("client.cli.on_call:add_override", "Put others on call for a while."),
            "override remove": ("client.cli.on_call:remove_override", "Take an override away."),
            "override list": ("client.cli.on_call:list_overrides", "List overrides."),
            "swap": ("client.cli.on_call:swap", "Swap two people's shifts within a time."),
            "preview": ("client.cli.on_call:preview", "Show what rotations in files would do."),
            "feed": ("client.cli.on_call:feed", "Print the address of a calendar feed to subscribe to."),
        },
    ),
    "channel": (
        PEOPLE,
        "Show, activate, deactivate or test the channels that people are paged on.",
        {
            "list": ("client.cli.channels:list_", "Show which channels are paged, and which must not be."),
            "send-code": ("client.cli.channels:send_code", "Send an activation code to a channel's address."),
            "activate": (
                "client.cli.channels:activate",
                "Activate a channel by the code that was sent to it.",
            ),
            "deactivate": ("client.cli.channels:deactivate", "Page a channel no more."),
            "test": ("client.cli.channels:test", "Send a test notice, no alarm, to an activated channel."),
        },
    ),
    "runbook": (
        RUNBOOKS,
        "Check, draw, simulate, run and steer runbooks.",
        {
            "lint": (
                "client.cli.runbook_lint:lint",
                "Check Automation documents: every problem, with its line.",
            ),
            "graph": ("client.cli.runbook_graph:graph", "Draw a runbook's flow as text, Mermaid or SVG."),
            "simulate": (
                "client.cli.runbook_simulate:simulate",
                "Run a document without any effect: answers from a file, or invented.",
            ),
            "run": ("client.cli.runbooks:run", "Start a runbook, for an incident or alone."),
            "show": (
                "client.cli.runbooks:execution",
                "Show an execution: its steps, what they put out and print.",
            ),
            "approve": ("client.cli.runbooks:approve", "Say yes to the step that waits for approval."),
            "reject": ("client.cli.runbooks:reject", "Say no to the step that waits for approval: it fails."),
            "resume": ("client.cli.runbooks:resume", "Go on after a pause, or when a manual step is done."),
            "start-step": (
                "client.cli.runbook_steps:start_step",
                "Let the next step of an interactive execution begin.",
            ),
            "retry-step": (
                "client.cli.runbook_steps:retry_step",
                "Try the failed step again (onFailure: Pause).",
            ),
            "skip-step": (
                "client.cli.runbook_steps:skip_step",
                "Go on without the failed, or the manual, step.",
            ),
            "stop-step": (
                "client.cli.runbook_steps:stop_step",
                "Stop the running step; its onFailure decides what follows.",
            ),
            "stop": ("client.cli.runbooks:stop", "Stop an execution."),
            "rollback": (
                "client.cli.runbook_steps:rollback",
                "Undo an execution: run the onRollback of its steps in reverse.",
            ),
        },
    ),
    "event": (
        TIMELINES,
        "Change or delete what people wrote on a timeline.",
        {
            "edit": ("client.cli.timelines:edit_event", "Replace the text of a note or custom event."),
            "delete": ("client.cli.timelines:delete_event", "Take a note or custom event off the timeline."),
        },
    ),
    "analysis": (
        TIMELINES,
        "Show, complete or skip the analysis that a resolved incident owes.",
        {
            "show": ("client.cli.analyses:show", "Show the questions, and the answers once there are some."),
            "complete": (
                "client.cli.analyses:complete",
                "Answer the questions; the incident is closed by it.",
            ),
            "skip": ("client.cli.analyses:skip", "Close the incident without an analysis, for a reason."),
        },
    ),
    "relate": (
        INCIDENTS,
        "Tie tickets, metrics, resources or other incidents to an incident.",
        {
            "add": ("client.cli.related_items:add", "Tie something to an incident."),
            "remove": ("client.cli.related_items:remove", "Untie something from an incident."),
        },
    ),
}


ALONE = {"oncall": "now"}
"""What a group does when no command of it is named."""


def _version() -> str:
    return version("tocsin")


def _default(value: Any) -> str | None:
    """What help says of a default; nothing where it only means "not given"."""
    return None if value in (None, "", False, ()) else str(value).lower()


def build_app() -> App:
    """The command line without its global options."""
    app = App(
        name="tocsin",
        help="Tocsin: incidents, from the first page to the lesson learned.",
        version=_version,
        suppress_keyboard_interrupt=False,
        group_commands=Group("Help", sort_key=10),
        group_parameters=Group("Options", sort_key=8),
        group_arguments=Group("Arguments", sort_key=7),
        default_parameter=Parameter(negative=(), show_default=_default),
    )
    for group, commands in COMMANDS.items():
        for place, (name, (path, told)) in enumerate(commands.items()):
            app.command(path, name=name, help=told, group=group, sort_key=place)
    for name, (group, told, commands) in NESTED.items():
        nested = App(
            name=name, help=told, group=group, sort_key=len(COMMANDS[group]), group_commands=Group("Commands")
        )
        for words, (path, inner_told) in commands.items():
            *above, inner = words.split()
            _below(nested, above).command(path, name=inner, help=inner_told)
        app.command(nested)
    return app


def _below(app: App, words: Sequence[str]) -> App:
    """The group within a group that these words lead to."""
    for word in words:
        if word not in app:
            app.command(App(name=word, help=f"Commands about {word}s.", group_commands=Group("Commands")))
        app = app[word]
    return app


def _spelled_out(tokens: Sequence[str]) -> Sequence[str]:
    """The command line with the command that its group stands for alone."""
    meant = ALONE.get(tokens[0]) if tokens else None
    if meant is None:
        return tokens
    known = {words.split()[0] for words in NESTED[tokens[0]][2]} | {"--help", "-h"}
    return tokens if tokens[1:2] and tokens[1] in known else (tokens[0], meant, *tokens[1:])


def main() -> NoReturn:
    """The process `tocsin`: run its command line and end."""
    code = run_command(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    # Threads of Temporal's client now and then abort an interpreter that is shutting down. A command that has
    # done its work must not end in a crash, so the interpreter is not asked to shut down.
    os._exit(code)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code, see `ExitCode`. Not to be called where an event loop runs."""
    try:
        return _launch(arguments)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.DONE  # whoever reads our output has seen enough
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        complain(str(error))
        return code


def _launch(arguments: Sequence[str]) -> int:
    app = build_app()

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        data: Annotated[Path | None, Parameter(group=GLOBAL)] = None,
        author: Annotated[str | None, Parameter(name="--as", group=GLOBAL)] = None,
        output: Annotated[Output, Parameter(name=["--output", "-o"], group=GLOBAL)] = Output.TABLE,
    ) -> int:
        """Options that stand before a command or anywhere after it.

        Parameters
        ----------
        data
            The folder of the stack that `tocsin up` runs. Default: TOCSIN_DATA, else one in your home.
        author
            Your name, as it stands behind what you do. Default: your login name.
        output
            A table for people, or JSON for programs.
        """
        if data is not None:
            # Commands that run services read it from here as well, and hand it on to their processes.
            os.environ["TOCSIN_DATA"] = str(data)
        command, bound, left_out = app.parse_args(
            _spelled_out(tokens), exit_on_error=False, print_error=False
        )
        session = Session(author=author, output=output)
        result = command(*bound.args, **bound.kwargs, **dict.fromkeys(left_out, session))
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        return result if isinstance(result, int) else ExitCode.DONE

    result = app.meta(
        arguments, exit_on_error=False, print_error=False, result_action="return_value", verbose=False
    )
    return result if isinstance(result, int) else ExitCode.DONE
