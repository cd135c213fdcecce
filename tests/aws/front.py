"""What stands in front of moto: notes every call, answers what moto cannot, and passes on all else."""

import http.client
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Call:
    """One request: AWS's service and API, and its parameters as far as they stand in the body."""

    service: str
    api: str
    parameters: dict[str, Any]
    headers: dict[str, str]

    @property
    def speaks_json(self) -> bool:
        return "json" in self.headers.get("content-type", "") or self.service == "lambda"


@dataclass
class Rule:
    api: str
    reply: Callable[[Call], Reply | None]
    times: int | None = None


@dataclass
class Front:
    """Rules apply before moto is asked, the latest first; `calls` are all there were."""

    moto: tuple[str, int]
    calls: list[Call] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def start(self) -> str:
        """The URL it listens on."""
        front = self

        class Handler(_Handler):
            served = front

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        self.calls.clear()
        self.rules.clear()

    def calls_of(self, api: str) -> list[dict[str, Any]]:
        """The parameters of every call of the API so far."""
        return [call.parameters for call in self.calls if call.api == api]

    def say(self, api: str, answer: Any, *, times: int | None = None) -> None:
        """Answer the API with JSON, or with XML if `answer` is a text; `answer` may be a function of the call."""

        def reply(call: Call) -> Reply:
            given = answer(call) if callable(answer) else answer
            if isinstance(given, str):
                return 200, {"Content-Type": "text/xml"}, given.encode()
            return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(given).encode()

        self.rules.insert(0, Rule(api, reply, times))

    def reply(self, api: str, reply: Callable[[Call], Reply | None]) -> None:
        """Answer the API with a whole HTTP reply; None leaves the call to others, and to moto."""
        self.rules.insert(0, Rule(api, reply))

    def say_command_outcome(self, output: str = "done", *, code: int = 0) -> None:
        """ListCommandInvocations, which moto lacks: one instance with one plugin."""
        plugin = {"Name": "runShell", "ResponseCode": code, "Output": output}
        self.say(
            "ListCommandInvocations",
            {"CommandInvocations": [{"InstanceId": "i-1", "CommandPlugins": [plugin]}]},
        )

    def refuse(
        self, api: str, code: str, *, status: int = 400, message: str = "no", times: int | None = None
    ) -> None:
        """Refuse the API as AWS does."""

        def reply(call: Call) -> Reply:
            if call.speaks_json:
                body = json.dumps({"__type": code, "message": message, "Message": message})
                return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body.encode()
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            body = f"<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"
            if call.service != "ec2":
                body = f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"
            return status, {"Content-Type": "text/xml"}, body.encode()

        self.rules.insert(0, Rule(api, reply, times))

    def reply_of(self, call: Call) -> Reply | None:
        for rule in self.rules:
            if rule.api == call.api and rule.times != 0:
                rule.times = None if rule.times is None else rule.times - 1
                if (reply := rule.reply(call)) is not None:
                    return reply
        return None


class _Handler(BaseHTTPRequestHandler):
    served: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self._body()
        call = _call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.served.calls.append(call)
        status, headers, content = self.served.reply_of(call) or self._moto(body)
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method is served alike
            return self.do_GET
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_expect_100(self) -> bool:
        return True  # done with the body

    def _moto(self, body: bytes) -> Reply:
        connection = http.client.HTTPConnection(*self.served.moto, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _call(path: str, headers: dict[str, str], body: bytes) -> Call:
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("authorization", ""))
    service = scope.group(1) if scope else ""
    if target := headers.get("x-amz-target"):
        return Call(service, target.rpartition(".")[2], _json(body), headers)
    form = dict(parse_qsl(body.decode(errors="replace"))) if b"Action=" in body else {}
    if form:
        return Call(service, form["Action"], form, headers)
    if invoked := re.search(r"/functions/([^/]+)/invocations", path):
        return Call(
            service, "Invoke", {"FunctionName": unquote(invoked.group(1)), "Payload": body.decode()}, headers
        )
    last = re.sub(r"[?].*", "", path).rpartition("/")[2]
    return Call(service, last, _json(body), headers)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
