"""Assets: kept in versions, sent in the form that the channel carries, refused before anything is stored otherwise."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import (
    Actor,
    AssetUnfit,
    AssetVariant,
    Capabilities,
    DeskConfig,
    InvalidInput,
    LinkPart,
    MediaPart,
    NotFound,
    Sender,
    TextPart,
    VersionConflict,
    render,
)
from csdesk.channels.loopback import LoopbackChannel
from csdesk.commands import SendReply
from csdesk.domain.core.conversation.pieces import Unfit, pieces_of
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import Limit, MediaLimit
from csdesk.domain.records.messages import MediaKind
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.testing.audit import problems_of

SYSTEM = Actor.system("care")
PDF, PNG = b"%PDF-1.7 all we sell", b"\x89PNG\r\n\x1a\n picture"
LINK = LinkPart(url="https://shop.example/brochure", title="Brochure")
WORDS = TextPart(text="See shop.example/brochure")

FILES = Capabilities(parts=frozenset({"text", "media", "link"}), media_bytes=1000)
PICTURES = Capabilities(
    parts=frozenset({"text", "media"}),
    media=(MediaLimit(media=MediaKind.IMAGE, most=1000, types=frozenset({"image/png"})),),
)
LINKS = Capabilities(parts=frozenset({"text", "link"}))
SMS = Capabilities(parts=frozenset({"text"}), text=Limit(amount=70), most_pieces=1)
CHANNELS = {"files": FILES, "pictures": PICTURES, "links": LINKS, "sms": SMS}


@pytest.fixture
def desk(world):
    channels = [LoopbackChannel(name, kind=name, capabilities=able) for name, able in CHANNELS.items()]
    yield (made := world.open(channels=channels))
    assert problems_of(made._store, made.name) == ()


def said(world, desk, account, **given):
    sender = Sender(kind=account, external_id="ann")
    return desk.receive(world.said(account=account, sender=sender, conversation=account, **given)).ticket.id


def brochure(desk, **more):
    pdf = desk.assets.file(PDF, name="brochure.pdf")
    png = desk.assets.file(PNG, name="brochure.png")
    return desk.assets.add("Brochure", [pdf, png, LINK, WORDS], name="brochure", **more)


# Keeping


def test_an_asset_is_added_changed_retired_and_read_in_every_version(world, desk):
    first = brochure(desk, about="for everybody", tags=["sales"], owner="marketing")
    assert (first.id, first.version, first.title) == ("ast_brochure", 1, "Brochure")
    assert [one.part.kind for one in first.variants] == ["media", "media", "link", "text"]
    assert first.variants[0].part.type == "application/pdf"
    world.later(days=1)
    second = desk.assets.change("brochure", variants=[WORDS], actor=SYSTEM)
    assert (second.version, second.about, len(second.variants)) == (2, "for everybody", 1)
    assert desk.assets.get("ast_brochure") == second
    assert desk.assets.get("brochure", version=1) == first
    assert [one.asset.version for one in desk.assets.history("brochure")] == [1, 2]
    assert desk.assets.history("brochure")[1].actor == SYSTEM
    desk.assets.retire("brochure")
    assert desk.assets.list().items == ()
    assert [one.id for one in desk.assets.list(retired=None).items] == ["ast_brochure"]
    assert not desk.assets.change("brochure", retired=False).retired


def test_the_files_of_every_version_stay(world, desk):
    first = brochure(desk)
    desk.assets.file(b"nobody refers to this")
    desk.assets.change("brochure", variants=[desk.assets.file(b"%PDF-1.7 new"), WORDS])
    desk.assets.change("brochure", title="Our brochure")
    world.later(days=2)
    for _ in range(5):
        desk.run_due()
    assert desk.assets.get("brochure").media >= first.media
    for variant in (*first.variants, *desk.assets.get("brochure").variants):
        if isinstance(variant.part, MediaPart):
            assert desk._core.read_media(variant.part.ref)
    assert desk._store.media_in_use(tuple(first.media)) == first.media


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        ([], "variants"),
        ([MediaPart()], "a file without its bytes"),
        ([TextPart(text="  ")], "says nothing"),
    ],
)
def test_assets_that_cannot_be_meant(desk, variants, problem):
    with pytest.raises(InvalidInput, match=problem):
        desk.assets.add("X", variants)


def test_slips(world, desk):
    brochure(desk)
    with pytest.raises(InvalidInput, match="there is an asset 'ast_brochure' already"):
        desk.assets.add("Again", [WORDS], name="brochure")
    with pytest.raises(InvalidInput, match="no name of an asset"):
        desk.assets.get("a b")
    for missing in (lambda: desk.assets.get("other"), lambda: desk.assets.get("brochure", version=2)):
        with pytest.raises(NotFound):
            missing()
    with pytest.raises(VersionConflict):
        desk.assets.change("brochure", title="Y", expected_version=7)
    with pytest.raises(InvalidInput, match="valid_until must lie after"):
        desk.assets.change("brochure", valid_from=world.clock.now(), valid_until=world.clock.now())
    with pytest.raises(InvalidInput, match="empty"):
        desk.assets.file(b"")
    with pytest.raises(InvalidInput, match="not what the bytes are"):
        desk.assets.file(PDF, type="image/png")


def test_a_key_adds_once(desk):
    one, again = (desk.assets.add("B", [WORDS], idempotency_key="k") for _ in range(2))
    assert one == again
    assert len(desk.assets.list().items) == 1


# Sending


@pytest.mark.parametrize(
    ("account", "kind", "place"),
    [("files", "media", 0), ("pictures", "media", 1), ("links", "link", 2), ("sms", "text", 3)],
)
def test_each_channel_gets_the_first_form_that_it_carries(world, desk, account, kind, place):
    brochure(desk)
    ticket = said(world, desk, account)
    form = desk.assets.form(ticket, "brochure")
    assert (form.use.version, form.use.variant, form.part.kind) == (1, place, kind)
    assert not isinstance(pieces_of((form.part,), CHANNELS[account]), Unfit)
    sent = desk.assets.send(ticket, "brochure", actor=SYSTEM)
    assert (sent.delivery.value, [one.kind for one in sent.message.parts]) == ("sent", [kind])
    (event,) = events_of(desk, ticket, ev.AssetSent)
    assert (event.message, event.asset, event.version, event.variant) == (sent.message.id, "ast_brochure", 1, place)


def test_forms_for_languages_and_channels(world, desk):
    variants = [
        AssetVariant(part=TextPart(text="资料"), languages=("zh",)),
        AssetVariant(part=TextPart(text="by link"), channels=("links",)),
        AssetVariant(part=TextPart(text="for all")),
    ]
    desk.assets.add("Words", variants, name="words")

    def text(account, **given):
        return desk.assets.form(said(world, desk, account, **given), "words").part.text

    assert text("sms", text="你好", language="zh-CN") == "资料"
    assert text("links", text="hello", language="en") == "by link"
    assert text("files", text="hello", language="en") == "for all"


def test_a_channel_that_carries_none_of_it_is_told_before_anything_is_stored(world, desk):
    desk.assets.add("Film", [desk.assets.file(b"\x00\x00\x00 ftypmp42" + b"x" * 2000, name="f.mp4"), LINK], name="film")
    ticket = said(world, desk, "sms")
    before = desk.tickets.get(ticket)
    with pytest.raises(AssetUnfit) as refused:
        desk.assets.send(ticket, "film", actor=SYSTEM)
    assert refused.value.params == {
        "asset": "ast_film",
        "account": "sms",
        "lacks": "media: part_not_supported, link: part_not_supported",
        "takes": "text",
    }
    assert "资料 ast_film" in render(refused.value, "zh-CN")
    assert desk.tickets.get(ticket) == before
    with pytest.raises(AssetUnfit, match="media: media_not_supported, link: part_not_supported"):
        desk.assets.form(said(world, desk, "pictures"), "film")
    assert desk.assets.form(said(world, desk, "files"), "film").part.kind == "link"  # the film is too large


def test_words_before_it_count_for_the_channel_too(world, desk):
    brochure(desk)
    ticket = said(world, desk, "files")
    sent = desk.assets.send(ticket, "brochure", text="Here it is:", actor=SYSTEM)
    assert [one.kind for one in sent.message.parts] == ["text", "media"]
    with pytest.raises(AssetUnfit, match="text: too_long"):
        desk.assets.send(said(world, desk, "sms"), "brochure", text="x" * 70, actor=SYSTEM)


def test_what_is_not_valid_now_is_not_sent(world, desk):
    now = world.clock.now()
    brochure(desk, valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=2))
    ticket = said(world, desk, "files")
    with pytest.raises(InvalidInput, match="is not valid before"):
        desk.assets.send(ticket, "brochure", actor=SYSTEM)
    world.later(days=1)
    assert desk.assets.form(ticket, "brochure")
    world.later(days=1)
    with pytest.raises(InvalidInput, match="is not valid since"):
        desk.assets.form(ticket, "brochure")
    desk.assets.retire("brochure")
    with pytest.raises(InvalidInput, match="has retired"):
        desk.assets.form(ticket, "brochure")


def test_a_second_run_sends_nothing_and_chooses_nothing_anew(world, desk):
    brochure(desk)
    ticket = said(world, desk, "files")
    first = desk.assets.send(ticket, "brochure", actor=SYSTEM, idempotency_key="k")
    desk.assets.retire("brochure")
    again = desk.assets.send(ticket, "brochure", actor=SYSTEM, idempotency_key="k")
    assert again.message.id == first.message.id
    assert len(events_of(desk, ticket, ev.AssetSent)) == 1


def test_a_process_without_the_channel_cannot_choose(world):
    desk = world.open()
    desk.assets.add("B", [WORDS], name="b")
    ticket = said(world, desk, "files")
    with pytest.raises(NotFound, match="ask a process that has its channel"):
        desk.assets.send(ticket, "b", actor=SYSTEM)


def test_a_command_that_names_a_version_which_is_not_there(world, desk):
    brochure(desk)
    ticket = said(world, desk, "files")
    use = {"asset": "ast_brochure", "version": 2, "variant": 0}
    with pytest.raises(InvalidInput, match="has no version 2"):
        desk.execute(SendReply(ticket=ticket, parts=(WORDS,), assets=(use,), actor=SYSTEM))


# With phrases


def test_a_phrase_brings_its_assets(world, desk):
    brochure(desk)
    wording = [{"text": "With pleasure."}]
    phrase = LibraryPhrase(
        id="phr_b", title="Brochure?", wordings=wording, attachments=("ast_brochure", "host/price.xlsx")
    )
    desk.replies.import_([phrase])
    for account, kind in (("files", "media"), ("links", "link")):
        ticket = said(world, desk, account)
        sent = desk.replies.send(ticket, "b", actor=SYSTEM)
        assert [one.kind for one in sent.message.parts] == ["text", kind]
        (event,) = events_of(desk, ticket, ev.AssetSent)
        assert event.asset == "ast_brochure"
    desk.assets.change("brochure", variants=[LINK])
    ticket = said(world, desk, "sms")
    with pytest.raises(AssetUnfit):
        desk.replies.send(ticket, "b", actor=SYSTEM)
    assert events_of(desk, ticket, ev.ReplyQueued) == []


def test_who_may_not_save_assets(world):
    access = {"grants": [{"kinds": ["agent"], "commands": ["save_asset"], "allow": False}]}
    desk = world.open(DeskConfig.model_validate({"access": access}))
    with pytest.raises(Exception, match="save_asset"):
        desk.assets.add("X", [WORDS], actor=Actor.agent("a"))
