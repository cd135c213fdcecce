"""A local server that speaks Twilio's API, and calls back as Twilio does: signed by Twilio's own library."""

import asyncio
import base64
import json
import re
import time
import uuid
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree  # what is parsed here was written by the code under test

import httpx2
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "twilio-auth-token-of-the-tests"

_MESSAGE_FIELDS = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
_CALL_FIELDS = {"To", "From", "Twiml", "StatusCallback", "StatusCallbackEvent", "Timeout"}
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class Behaviour:
    """How the next requests are answered: after `delay` seconds with `status`, or not at all.

    `hang`: the request is taken and nothing said. `drop`: it is taken and the connection broken. Either way it counts
    as taken: Twilio may have sent it.
    """

    status: int = 201
    code: int | None = None
    message: str = ""
    retry_after: int | None = None
    delay: float = 0.0
    hang: bool = False
    drop: bool = False
    times: int | None = None


@dataclass(frozen=True)
class Message:
    """One SMS that was taken."""

    sid: str
    form: dict[str, str]
    at: float = field(default_factory=time.time)

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def sender(self) -> str:
        return self.form.get("From") or self.form["MessagingServiceSid"]

    @property
    def body(self) -> str:
        return self.form["Body"]

    @property
    def status_callback(self) -> str | None:
        return self.form.get("StatusCallback")


@dataclass(frozen=True)
class Call:
    """One call that was taken."""

    sid: str
    form: dict[str, str]
    at: float = field(default_factory=time.time)

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def sender(self) -> str:
        return self.form["From"]

    @property
    def twiml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.form["Twiml"])  # noqa: S314 - written by the code under test

    @property
    def spoken(self) -> list[str]:
        """What is said, one item for each Say."""
        return [say.text or "" for say in self.twiml.iter("Say")]

    @property
    def action(self) -> str | None:
        """Where a key press goes."""
        gather = self.twiml.find("Gather")
        return None if gather is None else gather.get("action")

    @property
    def status_callback(self) -> str | None:
        return self.form.get("StatusCallback")


class TwilioPeer:
    """Takes messages and calls of one account; tells the other side what became of them when a test says so.

    `proxy`: (public, real): call-backs to URLs that begin with the first go to the second, signed for the first.
    """

    def __init__(
        self,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        *,
        proxy: tuple[str, str] | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.proxy = proxy
        self.messages: list[Message] = []
        self.calls: list[Call] = []
        self.requests = 0
        self._behaviour = Behaviour()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """What TOCSIN_TWILIO_URL is set to."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def behave(
        self,
        *,
        status: int = 201,
        code: int | None = None,
        message: str = "",
        retry_after: int | None = None,
        delay: float = 0.0,
        hang: bool = False,
        drop: bool = False,
        times: int | None = None,
    ) -> None:
        """Answer so from now on, or for the next `times` requests; without arguments: take everything."""
        self._behaviour = Behaviour(status, code, message, retry_after, delay, hang, drop, times)

    async def reply(
        self, to_url: str, from_number: str, to_number: str, body: str, *, signature: str | None = None
    ) -> httpx2.Response:
        """Somebody sends an SMS to our number. `signature` replaces the right one."""
        sid = _sid("SM")
        form = self._told(sid, "Message") | {"From": from_number, "To": to_number, "Body": body}
        return await self._post(to_url, form | {"NumMedia": "0", "NumSegments": "1"}, signature)

    async def press(self, call: Call, digits: str, *, signature: str | None = None) -> httpx2.Response:
        """The one who was called presses keys; the answer is the TwiML to go on with."""
        assert call.action is not None, "the call asks for no key"
        form = self._told(call.sid, "Call") | {
            "From": call.sender,
            "To": call.to,
            "CallStatus": "in-progress",
        }
        pressed = {"Direction": "outbound-api", "Digits": digits, "FinishedOnKey": ""}
        return await self._post(call.action, form | pressed, signature)

    async def report(
        self,
        subject: Message | Call,
        status: str,
        *,
        error_code: int | None = None,
        signature: str | None = None,
    ) -> httpx2.Response:
        """Twilio says what became of a message (delivered, undelivered ...) or a call (completed, busy ...)."""
        assert subject.status_callback is not None, "nobody asked to be told"
        kind = "Message" if isinstance(subject, Message) else "Call"
        form = self._told(subject.sid, kind) | {"From": subject.sender, "To": subject.to}
        form |= {f"{kind}Status": status} | ({"SmsStatus": status} if kind == "Message" else {})
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        return await self._post(subject.status_callback, form, signature)

    def _told(self, sid: str, kind: str) -> dict[str, str]:
        told = {f"{kind}Sid": sid, "AccountSid": self.account_sid, "ApiVersion": "2010-04-01"}
        return told | ({"SmsSid": sid, "SmsMessageSid": sid} if kind == "Message" else {})

    async def _post(self, url: str, form: dict[str, str], signature: str | None) -> httpx2.Response:
        signed = signature or RequestValidator(self.auth_token).compute_signature(url, form)
        if self.proxy is not None and url.startswith(self.proxy[0]):
            url = self.proxy[1] + url.removeprefix(self.proxy[0])
        async with httpx2.AsyncClient(timeout=10.0) as http:
            return await http.post(url, data=form, headers={"X-Twilio-Signature": signed})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            lines = [line.split(": ", 1) for line in head[1:] if line]
            headers = {name.lower(): value for name, value in lines}
            payload = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests += 1
            behaviour = self._take_behaviour()
            await asyncio.sleep(behaviour.delay)
            status, answer = self._answer(head[0], headers, payload, behaviour)
            if behaviour.hang:
                await reader.read()
            elif not behaviour.drop:
                writer.write(_response(status, answer, behaviour.retry_after))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take_behaviour(self) -> Behaviour:
        behaviour = self._behaviour
        if behaviour.times is not None:
            left = behaviour.times - 1
            self._behaviour = replace(behaviour, times=left) if left else Behaviour()
        return behaviour

    def _answer(
        self, line: str, headers: dict[str, str], payload: bytes, behaviour: Behaviour
    ) -> tuple[int, dict[str, object]]:
        """Status and JSON, as Twilio answers: refusals first, in the order in which Twilio looks."""
        method, path, _ = line.split()
        match = re.fullmatch(r"/2010-04-01/Accounts/(\w+)/(Messages|Calls)\.json", path)
        if method != "POST" or match is None:
            return 404, _error(404, 20404, f"The requested resource {path} was not found")
        basic = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if headers.get("authorization") != f"Basic {basic}" or match[1] != self.account_sid:
            return 401, _error(401, 20003, "Authenticate")
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            return 415, _error(415, 20415, "Unsupported media type")
        if behaviour.status != 201:
            words = behaviour.message or "as the test said"
            return behaviour.status, _error(behaviour.status, behaviour.code or 20001, words)
        pairs = parse_qsl(payload.decode(), keep_blank_values=True)
        form = dict(pairs)
        fields = _MESSAGE_FIELDS if match[2] == "Messages" else _CALL_FIELDS
        strange = sorted(form.keys() - fields)
        if strange:
            return 400, _error(400, 20001, f"Unknown parameter {strange[0]}")
        refused = _wrong_message(form) if match[2] == "Messages" else _wrong_call(form)
        if refused is not None:
            return 400, refused
        sid = _sid("SM" if match[2] == "Messages" else "CA")
        if match[2] == "Messages":
            self.messages.append(Message(sid, form))
        else:
            self.calls.append(Call(sid, form))
        return 201, {"sid": sid, "status": "queued", "account_sid": self.account_sid, "error_code": None}


def _wrong_message(form: dict[str, str]) -> dict[str, object] | None:
    if not _NUMBER.fullmatch(form.get("To", "")):
        return _error(400, 21211, f"Invalid 'To' Phone Number: {form.get('To', '')}")
    if not (_NUMBER.fullmatch(form.get("From", "")) or form.get("MessagingServiceSid", "").startswith("MG")):
        return _error(400, 21212, "Invalid From Number")
    if not form.get("Body"):
        return _error(400, 21602, "Message body is required")
    if len(form["Body"]) > 1600:
        return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return _wrong_callback(form.get("StatusCallback"), 21609)


def _wrong_call(form: dict[str, str]) -> dict[str, object] | None:
    if not _NUMBER.fullmatch(form.get("To", "")):
        return _error(400, 21211, f"Invalid 'To' Phone Number: {form.get('To', '')}")
    if not _NUMBER.fullmatch(form.get("From", "")):
        return _error(400, 21212, "Invalid From Number")
    if len(form.get("Twiml", "")) > 4000:
        return _error(400, 21218, "Twiml is longer than 4000 characters")
    try:
        root = ElementTree.fromstring(form.get("Twiml", ""))  # noqa: S314 - written by the code under test
    except ElementTree.ParseError as error:
        return _error(400, 12100, f"Document parse failure: {error}")
    if root.tag != "Response":
        return _error(400, 12200, "Schema validation warning")
    return _wrong_callback(form.get("StatusCallback"), 21609)


def _wrong_callback(url: str | None, code: int) -> dict[str, object] | None:
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        return _error(400, code, "Invalid StatusCallback URL")
    return None


def _error(status: int, code: int, message: str) -> dict[str, object]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def _sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


def _response(status: int, answer: dict[str, object], retry_after: int | None) -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    if retry_after is not None:
        head += f"retry-after: {retry_after}\r\n"
    return (head + "connection: close\r\n\r\n").encode() + body
