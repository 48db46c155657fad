"""Media both ways: fetched from the provider while it has them, uploaded once for many messages."""

import io
from datetime import timedelta

import pytest

from csdesk import Actor
from csdesk.domain.records.messages import Delivery, MediaPart, TextPart
from csdesk.errors import ChannelError, StoreBusy
from csdesk.ports.channel import Capabilities, HttpRequest, MediaFetched, MediaLimit
from csdesk.testing import Fault, FaultyStore, ScriptedChannel, ScriptedHttp, ScriptedHttpChannel

AGENT = Actor.agent("agt_1")
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50
ABLE = Capabilities(
    parts=frozenset({"text", "media"}),
    media=(MediaLimit(media="image", most=1000), MediaLimit(media="file", most=1000)),
    fetches_media=True,
    idempotency="key",
)
UPLOADS = ABLE.model_copy(update={"media_by": "upload", "media_lives": timedelta(days=3)})


class MediaScripted(ScriptedChannel):
    """Keeps what is uploaded; fetches what ``shelf`` has under an id, or raises it."""

    def __init__(self, account="web", **given):
        super().__init__(account, **given)
        self.shelf, self.uploads = {}, []

    def upload_now(self, file):
        self.uploads.append(file)
        found = self.shelf.get("upload")
        if found is not None:
            raise found
        return f"media-{len(self.uploads)}"

    def fetch_now(self, wanted):
        found = self.shelf[wanted.provider_id]
        if isinstance(found, Exception):
            raise found
        return found


def photo(world, provider_id="m1", **given):
    return world.said(parts=(MediaPart(media="image", provider_id=provider_id, **given),))


def part_of(desk, got):
    return next(
        item.message
        for item in desk.tickets.timeline(got.ticket.id)
        if item.message and item.message.id == got.message.id
    ).parts[0]


def test_media_of_customers_are_fetched_in_run_due(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = MediaFetched(content=PNG, type="image/png", name="../../etc/photo.png")
    got = desk.receive(photo(world))
    assert part_of(desk, got).ref is None
    report = desk.run_due()
    assert (report.fetched, report.failed) == (1, 0)
    ref = part_of(desk, got).ref
    assert (ref.type, ref.name, ref.size) == ("image/png", "photo.png", len(PNG))
    assert desk._core.media.open(ref).read() == PNG
    assert desk.run_due().fetched == 0


@pytest.mark.parametrize(
    ("name", "safe"), [("../../.ssh/id.png", "id.png"), ("gnp\u202eexe.png", "gnp_exe.png"), ("", "")]
)
def test_what_a_customer_calls_a_file_is_a_name_before_and_after_it_is_fetched(world, name, safe):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = MediaFetched(content=PNG, type="image/png", name="x.png")
    got = desk.receive(photo(world, name=name))
    assert part_of(desk, got).name == safe
    desk.run_due()
    assert (part_of(desk, got).name, part_of(desk, got).ref.name) == (safe, safe or "x.png")


@pytest.mark.parametrize("code", ["retry", "unknown_outcome", None])
def test_a_fetch_that_fails_is_tried_again_until_the_provider_no_longer_keeps_it(world, code):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = ChannelError("web", "down", disposition=code) if code else RuntimeError("adapter")
    got = desk.receive(photo(world))
    report = desk.run_due()
    assert (report.retried, report.next_due_at) == (1, world.clock.now() + timedelta(seconds=10))
    rounds = 0
    while (due := desk.run_due().next_due_at) is not None:
        world.clock.set(due)
        rounds += 1
    assert part_of(desk, got).problem == "expired"
    assert 60 < rounds < 100


@pytest.mark.parametrize(
    ("found", "problem", "type_"),
    [
        (ChannelError("web", "no", disposition="fix_content", provider_code="40007"), "40007", None),
        (MediaFetched(content=b"x" * 25_000_001), "too_large", None),
        (MediaFetched(content=b"<html><script>", type="image/png"), "type_mismatch", "application/octet-stream"),
        (MediaFetched(content=b"MZ...", type="image/png"), "type_mismatch", "application/octet-stream"),
        (MediaFetched(content=b"?", type="image/png"), "", "image/png"),
    ],
)
def test_what_is_wrong_with_media_stands_on_the_message(world, found, problem, type_):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = found
    got = desk.receive(photo(world))
    desk.run_due()
    part = part_of(desk, got)
    assert (part.problem, part.ref.type if part.ref else None) == (problem, type_)


def test_media_wait_for_a_process_that_has_the_channel(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = MediaFetched(content=PNG)
    desk.receive(photo(world))
    assert world.open().run_due().fetched == 0
    assert desk.run_due().fetched == 1


def stored(desk, content=PNG, **given):
    ref = desk._core.media.put(io.BytesIO(content), type="image/png", name="a/b\\c.png")
    return MediaPart(media="image", ref=ref, **given)


def test_the_bytes_go_with_the_message(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    sent = desk.reply(ticket.id, [TextPart(text="look"), stored(desk)], actor=AGENT)
    assert sent.delivery is Delivery.SENT
    (file,) = channel.sent[0].files
    assert (file.content, file.name, file.type) == (PNG, "c.png", "image/png")
    assert channel.uploads == []
    assert "PNG" not in repr(channel.sent[0])


def test_a_file_is_uploaded_once_while_its_id_lives(world):
    channel = MediaScripted(capabilities=UPLOADS)
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    for _ in range(2):
        desk.reply(ticket.id, [stored(desk)], actor=AGENT)
        world.later(days=1)
        desk.run_due()
    assert [one.parts[0].provider_id for one in channel.sent] == ["media-1", "media-1"]
    world.later(days=2)
    desk.run_due()
    desk.reply(ticket.id, [stored(desk)], actor=AGENT)
    assert len(channel.uploads) == 2


def test_an_id_that_is_no_longer_good_is_uploaded_once_more(world):
    channel = MediaScripted(capabilities=UPLOADS)
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    desk.reply(ticket.id, [stored(desk)], actor=AGENT)
    stale = ChannelError("web", "old", disposition="fix_content", provider_code="40007", media_expired=True)
    channel.answer(stale)
    assert desk.reply(ticket.id, [stored(desk)], actor=AGENT).delivery is Delivery.SENT
    desk.reply(ticket.id, [stored(desk)], actor=AGENT)
    assert [one.parts[0].provider_id for one in channel.sent] == ["media-1", "media-1", "media-2", "media-2"]
    channel.answer(stale, stale)
    assert desk.reply(ticket.id, [stored(desk)], actor=AGENT).message.delivery_reason == "40007"
    assert len(channel.uploads) == 3


def test_an_upload_that_nobody_knows_of_is_tried_again_and_leaves_no_doubt(world):
    channel = MediaScripted(capabilities=UPLOADS.model_copy(update={"idempotency": "none"}))
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    channel.shelf["upload"] = ChannelError("web", "lost", disposition="unknown_outcome")
    assert desk.reply(ticket.id, [stored(desk)], actor=AGENT).delivery is Delivery.PENDING
    del channel.shelf["upload"]
    world.later(seconds=5)
    assert desk.run_due().sent == 1


def test_an_upload_that_breaks_leaves_no_doubt(world):
    channel = MediaScripted(capabilities=UPLOADS.model_copy(update={"idempotency": "none"}))
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    channel.shelf["upload"] = TypeError("the adapter broke")
    message = desk.reply(ticket.id, [stored(desk)], actor=AGENT).message
    assert (message.delivery, message.delivery_reason, message.delivery_needs) == ("failed", "TypeError", "operator")
    assert channel.sent == []


def test_media_that_are_gone_are_refused_before_anything_is_sent(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    part = stored(desk)
    desk._core.media.delete(part.ref.sha256)
    message = desk.reply(ticket.id, [part], actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("media_missing", "other_content")
    assert channel.sent == []


def test_a_channel_without_the_power_says_so_in_the_outbox(world):
    desk = world.open(channels=[ScriptedChannel("web", capabilities=UPLOADS)])
    ticket = desk.receive(world.said()).ticket
    message = desk.reply(ticket.id, [stored(desk)], actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("unsupported", "operator")


class HttpMedia(ScriptedHttpChannel):
    def upload(self, file):
        response = yield HttpRequest(method="POST", url="https://scripted.invalid/up", body=file.content)
        return f"up-{response.status}"

    def fetch(self, wanted):
        response = yield HttpRequest(method="GET", url="https://scripted.invalid/get")
        return MediaFetched(content=response.body or PNG, type="image/png")


def test_an_http_channel_carries_media_by_exchanges(world):
    channel, http = HttpMedia("web", capabilities=UPLOADS), ScriptedHttp()
    desk = world.open(channels=[channel])
    desk._runner._http = http
    got = desk.receive(photo(world))
    assert desk.run_due().fetched == 1
    desk.reply(got.ticket.id, [stored(desk)], actor=AGENT)
    assert channel.sent[0].parts[0].provider_id == "up-200"
    assert [one.method for one in http.requests] == ["GET", "POST", "POST"]


def test_media_of_a_message_that_was_erased_meanwhile_are_let_go(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    got = desk.receive(photo(world))
    bob = desk.receive(world.said(by="bob", parts=(MediaPart(media="image", provider_id="m2"),)))
    desk.customers.erase(got.customer.id, actor=AGENT)

    def erases(wanted):
        desk.customers.erase(bob.customer.id, actor=AGENT)
        return MediaFetched(content=PNG)

    channel.fetch_now = erases
    desk.run_due()
    for one in (got, bob):
        assert [item.message.parts for item in desk.tickets.timeline(one.ticket.id) if item.message] == [()]
    assert desk.run_due().fetched == 0


def test_an_upload_that_is_refused_is_no_doubt(world):
    channel = MediaScripted(capabilities=UPLOADS)
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    channel.shelf["upload"] = ChannelError("web", "no", disposition="fix_content", provider_code="45001")
    message = desk.reply(ticket.id, [stored(desk)], actor=AGENT).message
    assert (message.delivery, message.delivery_reason) == (Delivery.FAILED, "45001")


def test_an_id_that_lives_for_one_message_is_not_remembered(world):
    channel = MediaScripted(capabilities=UPLOADS.model_copy(update={"media_lives": None}))
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    for _ in range(2):
        assert desk.reply(ticket.id, [stored(desk)], actor=AGENT).delivery is Delivery.SENT
    assert [one.parts[0].provider_id for one in channel.sent] == ["media-1", "media-2"]


def test_a_provider_may_ask_for_a_longer_wait_before_the_next_fetch(world):
    channel = MediaScripted(capabilities=ABLE)
    desk = world.open(channels=[channel])
    channel.shelf["m1"] = ChannelError("web", "slow down", disposition="retry", retry_after=90)
    desk.receive(photo(world))
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(seconds=90)


def test_a_store_that_fails_after_an_upload_is_told_and_the_message_goes_out_later(world):
    channel = MediaScripted(capabilities=UPLOADS)
    broken = False
    desk = world.open(
        channels=[channel],
        wrap=lambda store: FaultyStore(store, lambda name: Fault.BUSY if broken and name == "commit" else None),
    )
    ticket = desk.receive(world.said()).ticket
    sent = desk.reply(ticket.id, [stored(desk)], actor=AGENT, deliver=False)
    upload = channel.upload_now

    def breaks(file):
        nonlocal broken
        broken = True
        return upload(file)

    channel.upload_now = breaks
    with pytest.raises(StoreBusy):
        desk.run_due()
    broken, channel.upload_now = False, upload
    assert channel.sent == []
    world.later(minutes=2)
    assert desk.run_due().sent == 1
    assert [one.key for one in channel.sent] == [sent.message.id]
