"""Whatever happens to channels, in whatever order, against a model of the rules."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.errors import TocsinError
from records.activation_codes import CODE_SENDS, CODE_TRIES, new_code
from records.database import Pool
from tests.channels.conftest import NUMBER, OTHER, Desk, other_than

WAITS, ACTIVE, OFF, OUT = "NOT_ACTIVATED", "ACTIVATED", "DEACTIVATED", "OPTED_OUT"
CHANNELS = ("desk", "phone", "call")
UNSAID = {"desk": ACTIVE, "phone": WAITS, "call": WAITS}

EVENTS = st.one_of(
    st.tuples(st.sampled_from(["send", "right", "wrong", "deactivate"]), st.sampled_from(CHANNELS)),
    st.tuples(st.sampled_from(["opt out", "opt in", "move to"]), st.sampled_from([NUMBER, OTHER])),
    st.tuples(st.just("wait"), st.just("15")),
)


@dataclass
class Code:
    """The newest code of a channel."""

    address: str
    text: str
    tries: int = 0
    good: bool = True
    expired: bool = False


@dataclass
class Model:
    """What the rules say; ana's phone and call have `number`."""

    number: str = NUMBER
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    codes: dict[str, Code] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def address(self, channel: str) -> str:
        return "desk@shop.example" if channel == "desk" else self.number

    def status(self, channel: str) -> str:
        if channel == "phone" and self.number in self.opted_out:
            return OUT
        address, status = self.said.get(channel, ("", ""))
        return status if address == self.address(channel) else UNSAID[channel]

    def say(self, channel: str, status: str) -> None:
        self.said[channel] = (self.address(channel), status)
        if channel in self.codes:
            self.codes[channel].good = False

    def guess(self, channel: str, *, right: bool) -> bool:
        """Whether a code activates the channel."""
        code = self.codes.get(channel)
        if self.status(channel) in (ACTIVE, OUT) or code is None or not code.good or code.expired:
            return False
        if code.address != self.address(channel) or code.tries == CODE_TRIES:
            return False
        code.tries += 1
        if right:
            self.say(channel, ACTIVE)
        return right


async def play(desk: Desk, model: Model, event: str, about: str) -> None:
    """Let it happen, in Tocsin and in the model."""
    match event:
        case "send":
            await _send(desk, model, about)
        case "right" | "wrong":
            code = model.codes[about].text if about in model.codes else "000000"
            text = code if event == "right" else other_than(code)
            expected = model.guess(about, right=event == "right")
            try:
                await desk.tocsin.activate_channel("ana", about, text)
                activated = True
            except TocsinError:
                activated = False
            assert activated == expected
        case "deactivate":
            # A channel that is off already is left as it is.
            if model.status(about) != OFF:
                model.say(about, OFF)
            await desk.tocsin.deactivate_channel("ana", about)
        case "opt out":
            model.opted_out.add(about)
            await desk.tocsin.opt_out(about)
        case "opt in":
            if about in model.opted_out:
                model.opted_out.remove(about)
                if about == model.number:
                    model.say("phone", WAITS)
            await desk.tocsin.opt_in(about)
        case "move to":
            model.number = about
            await desk.apply(number=about)
        case "wait":
            model.sent.clear()
            for sent in model.codes.values():
                sent.expired = True
            await desk.later(int(about))


async def _send(desk: Desk, model: Model, channel: str) -> None:
    """Make a code as the worker does; nobody needs to carry it here."""
    found = (await desk.tocsin.catalog()).contacts["ana"].channel(channel)
    async with desk.pool.acquire() as connection, connection.transaction():
        made = await new_code(connection, "ana", found)
    sent = model.sent.get(channel, 0)
    assert (made.code_id is not None) == (sent < CODE_SENDS)
    if made.code_id is not None:
        model.sent[channel] = sent + 1
        model.codes[channel] = Code(model.address(channel), made.code)


async def _forget(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("truncate channel_states, activation_codes, opted_out_numbers")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=st.lists(EVENTS, max_size=25))
async def test_a_channel_is_where_the_rules_say_whatever_happened(
    desk: Desk, events: list[tuple[str, str]]
) -> None:
    await _forget(desk.pool)
    await desk.apply()
    model = Model()
    seen: dict[str, dict[int, str]] = {}
    for event, about in events:
        await play(desk, model, event, about)
        now = await desk.statuses()
        assert {channel: now[channel] for channel in CHANNELS} == {one: model.status(one) for one in CHANNELS}
        # Whoever keeps a catalog until its version moves on has never an old state.
        async with desk.pool.acquire() as connection:
            version = await connection.fetchval("select version from catalog_version")
        for channel in CHANNELS:
            assert seen.setdefault(channel, {}).setdefault(version, now[channel]) == now[channel]
