"""Every command, with every call to the store failing in every way: it happens once, or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from tests.integration.trials.story import Story, Trial, anonymous

from csdesk import Actor, Article, AssetVariant, LibraryPhrase, Sender, TextPart, Wording
from csdesk import commands as cmd
from csdesk.domain.records.business import ProfileValue
from csdesk.errors import StoreError
from csdesk.testing import Fault
from csdesk.testing.audit import problems_of

KEY = "the same each time"
PHRASE = LibraryPhrase(id="pay", title="Paying", wordings=(Wording(text="By card."),))
ARTICLE = Article(id="paying", title="Paying", what="How to pay")
LATER = datetime(2026, 2, 1, tzinfo=UTC)

Make = Callable[[SimpleNamespace], Any]
CASES: tuple[Make, ...] = (
    # messages
    lambda w: cmd.SendReply(ticket=w.ticket, parts=(TextPart(text="yes"),), actor=w.me),
    lambda w: cmd.AddNote(ticket=w.ticket, parts=(TextPart(text="hm"),), actor=w.me),
    lambda w: cmd.CorrectReply(ticket=w.ticket, message=w.answer, right="refund", actor=w.me),
    lambda w: cmd.RetryOutbound(message=w.dead, actor=w.me),
    lambda w: cmd.RetryOutbound(message=w.dead, discard=True, actor=w.me),
    # work
    lambda w: cmd.AssignTicket(ticket=w.ticket, agent=w.mei.id, actor=w.me),
    lambda w: cmd.AcceptOffer(ticket=w.offered, actor=w.mei),
    lambda w: cmd.DeclineOffer(ticket=w.offered, actor=w.mei),
    lambda w: cmd.LeaseTicket(ticket=w.ticket, actor=w.mei, take_over=True, reason="mine"),
    lambda w: cmd.RenewLease(ticket=w.held, fence=w.fence, actor=w.mei, span=timedelta(hours=5)),
    lambda w: cmd.ReleaseTicket(ticket=w.held, fence=w.fence, actor=w.mei),
    lambda w: cmd.HandOff(ticket=w.turn, actor=Actor.bot("echo"), fence=1),
    lambda w: cmd.HandBack(ticket=w.ticket, actor=w.me, queue="robots"),
    lambda w: cmd.TransferTicket(ticket=w.ticket, queue="vip", actor=w.me, brief="please"),
    lambda w: cmd.TransferTicket(ticket=w.ticket, agent=w.mei.id, actor=w.me, brief="please"),
    lambda w: cmd.WithdrawTransfer(ticket=w.offered, actor=w.me),
    # tickets
    lambda w: cmd.SetStatus(ticket=w.ticket, status="resolved", actor=w.me),
    lambda w: cmd.SetTicketField(ticket=w.ticket, name="priority", value="high", actor=w.me),
    lambda w: cmd.TagTicket(ticket=w.ticket, tags=("urgent",), actor=w.me),
    lambda w: cmd.UntagTicket(ticket=w.hasty, tags=("urgent",), actor=w.me),
    lambda w: cmd.FlagTicket(ticket=w.other, flag="press", actor=w.me),
    lambda w: cmd.FlagTicket(ticket=w.ticket, flag="press", lifted=True, actor=w.me),
    lambda w: cmd.SetGoal(ticket=w.ticket, goal="order", actor=w.me),
    lambda w: cmd.ChangeParticipants(ticket=w.ticket, add=(cmd.NewParticipant(identity=w.bob_identity),), actor=w.me),
    lambda w: cmd.RunMacro(ticket=w.ticket, macro="done", actor=w.me),
    lambda w: cmd.MergeTickets(ticket=w.ticket, into=w.other, actor=w.me),
    lambda w: cmd.UnmergeTicket(ticket=w.merged, actor=w.me),
    lambda w: cmd.SplitTicket(ticket=w.ticket, messages=(w.second,), actor=w.me),
    lambda w: cmd.ReassessTicket(ticket=w.ticket, mode="retro", actor=w.me),
    lambda w: cmd.StartClock(ticket=w.ticket, metric="step", name="look", within=timedelta(hours=1), actor=w.me),
    lambda w: cmd.EndClock(ticket=w.ticket, metric="promise", actor=w.me),
    # library and learning
    lambda w: cmd.SavePhrase(id="pay", title="Paying", wordings=(Wording(text="By card."),), actor=w.me),
    lambda w: cmd.SavePhrase(title="Paying", wordings=(Wording(text="By card."),), actor=w.me),
    lambda w: cmd.SavePhrase(phrase="refund", title="Money back", actor=w.me),
    lambda w: cmd.SaveAsset(title="Prices", variants=(AssetVariant(part=TextPart(text="9")),), actor=w.me),
    lambda w: cmd.SaveAsset(asset="brochure", title="Prices", actor=w.me),
    lambda w: cmd.PutPhrases(phrases=(PHRASE,), actor=w.me),
    lambda w: cmd.PutArticles(articles=(ARTICLE,), actor=w.me),
    lambda w: cmd.RetireArticle(article="returns", actor=w.me),
    lambda w: cmd.JudgeSuggestions(message=w.asked, fate="wrong", shown=("refund",), actor=w.me),
    lambda w: cmd.ForgetLessons(last=1, actor=w.me),
    lambda w: cmd.AdoptTraining(body=w.training, actor=w.me),
    lambda w: cmd.ChooseTraining(training=0, actor=w.me),
    lambda w: cmd.PromoteExemplar(ticket=w.solved, message=w.advice, phrase=PHRASE, actor=w.me),
    lambda w: cmd.PromoteExemplar(ticket=w.solved, message=w.advice, article=ARTICLE, actor=w.me),
    # customers
    lambda w: cmd.AddCustomer(identity=Sender(kind="phone", external_id="138", name="Cid"), actor=w.me),
    lambda w: cmd.SetProfile(customer=w.ann, name="Ann Li", level="gold", actor=w.me),
    lambda w: cmd.FillProfile(customer=w.ann, values=(ProfileValue(name="city", value="Bath"),), actor=w.me),
    lambda w: cmd.TagCustomer(customer=w.ann, add=("urgent",), actor=w.me),
    lambda w: cmd.SyncTags(customer=w.ann, namespace="shop", tags=("old",), actor=Actor.system("shop")),
    lambda w: cmd.FlagCustomer(customer=w.ann, flag="press", actor=w.me),
    lambda w: cmd.RecordAct(customer=w.ann, did="order", amount=900, actor=w.me),
    lambda w: cmd.LinkIdentity(customer=w.ann, identity=Sender(kind="email", external_id="a@example.com"), actor=w.me),
    lambda w: cmd.MergeCustomers(customer=w.ann, into=w.bob, actor=w.me),
    lambda w: cmd.UnmergeCustomers(customer=w.sibling, actor=w.me),
    lambda w: cmd.UnlinkIdentity(identity=w.bob_identity, actor=w.me),
    lambda w: cmd.BlockCustomer(customer=w.ann, actor=w.me),
    lambda w: cmd.EraseCustomer(customer=w.ann, actor=w.me),
    # staff
    lambda w: cmd.SaveAgent(name="Neo", queues=("default",), actor=w.boss),
    lambda w: cmd.SaveAgent(agent=w.me.id, presence="away", actor=w.me),
    lambda w: cmd.SaveHolidays(place="CN", year=2027, actor=w.boss),
    # authority
    lambda w: cmd.SettleAmount(ticket=w.ticket, action="refund", amount="20", subject="order:9", actor=w.me),
    lambda w: cmd.SettleAmount(ticket=w.other, action="refund", amount="120", ask="if_needed", brief="b", actor=w.me),
    lambda w: cmd.AnswerApproval(settlement=w.asking, approved=True, actor=w.boss),
    lambda w: cmd.AnswerApproval(settlement=w.asking, approved=False, answer="no", actor=w.boss),
    lambda w: cmd.WithdrawApproval(settlement=w.asking, actor=w.me),
    lambda w: cmd.ReverseSettlement(settlement=w.given, actor=w.boss),
    lambda w: cmd.ResolveCarrying(settlement=w.unknown, done=True, actor=w.boss),
    lambda w: cmd.GrantAuthority(agent=w.mei.id, action="refund", limit=9, until=LATER, reason="sale", actor=w.boss),
    lambda w: cmd.RevokeAuthority(agent=w.me.id, number=1, actor=w.boss),
    lambda w: cmd.AskException(ticket=w.fresh, wish="all of it", action="refund", amount="70", actor=w.me),
    lambda w: cmd.AnswerException(ticket=w.ticket, outcome="granted", actor=w.boss),
    lambda w: cmd.AnswerException(ticket=w.ticket, outcome="offered", alternative="voucher", actor=w.me),
    lambda w: cmd.AnswerException(ticket=w.merged, outcome="granted", actor=w.boss),
    lambda w: cmd.AnswerAlternative(ticket=w.other, accepted=True, actor=w.me),
    lambda w: cmd.ServeSelf(service="small_refund", ticket=w.ticket, amount=Decimal(9), subject="order:8"),
)
_UNKNOWN = (Fault.UNKNOWN_UNDONE, Fault.UNKNOWN_DONE)


def made(make: Make, story: Story) -> Any:
    command = make(story.w)
    return command.model_copy(update={"idempotency_key": KEY})


def name_of(make: Make) -> str:
    return make.__code__.co_names[1]


def test_every_command_is_tried() -> None:
    kinds = {one.__name__ for one in get_args(get_args(cmd.Command)[0])}
    elsewhere = {
        "ReceiveMessage",
        "SettleParked",
    }  # what waits behind a parked message is taken in by commits of its own
    assert {name_of(one) for one in CASES} == kinds - elsewhere


RECORDS = ("ticket", "new_ticket", "customer", "message", "agent", "phrase", "asset", "holidays", "settlement")


def told(done: Any, *, wholly: bool = False) -> str:
    """What a command's outcome says of records; with ``wholly`` also of what happened, which a duplicate leaves out."""
    found = [getattr(done, name) for name in RECORDS]
    if wholly:
        assert not done.duplicate
        found += [done.trace, [one._replace(position="") for one in done.entries]]
    return anonymous(repr(found))


def faults_of(calls: list[str], *, every: int = 1) -> list[tuple[int, Fault]]:
    """Every commit, in every way in which it can fail, and of the other calls one in so many."""
    return [
        (number, fault)
        for number, name in enumerate(calls)
        if name == "commit" or number % every == 0
        for fault in (Fault.BUSY, *(_UNKNOWN if name == "commit" else ()))
    ]


@pytest.mark.parametrize("make", CASES, ids=name_of)
def test_a_command_whose_store_fails_happens_once_or_not_at_all(story: Story, make: Make) -> None:
    command = made(make, story)
    clean = Trial(story)
    with clean.failing():
        first = clean.desk.execute(command)
    answer, whole = told(first), told(first, wholly=bool(first.entries))
    after = clean.changes()
    assert after, "it does nothing"
    assert clean.calls.count("commit") == 1
    again = clean.desk.execute(command)
    assert (again.duplicate, told(again), clean.changes()) == (True, answer, after)
    for at, fault in faults_of(clean.calls):
        once = Trial(story, lambda number, _: fault if number == at else None)  # noqa: B023
        with once.failing():
            done = once.desk.execute(command)
        assert told(done, wholly=bool(first.entries)) == whole, (at, fault)
        assert once.changes() == after, (at, fault)
        gone = Trial(story, lambda number, _: fault if number == at else Fault.BUSY if number > at else None)  # noqa: B023
        with gone.failing(), pytest.raises(StoreError):
            gone.desk.execute(command)
        if fault is Fault.UNKNOWN_DONE:
            assert gone.changes() == after, "an answer that was lost is no loss"
        else:
            assert gone.is_untouched, (at, fault)
        assert told(gone.desk.execute(command)) == answer, (at, fault)
        assert gone.changes() == after, (at, fault)
        assert problems_of(gone.store) == ()


def test_a_key_of_one_message_says_nothing_of_another(story: Story) -> None:
    trial = Trial(story)
    trial.desk.execute(made(lambda w: cmd.RetryOutbound(message=w.dead, actor=w.me), story))
    trial.web.fail("fix_content")
    other = trial.desk.reply(story.w.other, "refused", actor=story.w.me).message
    assert trial.desk.outbox.list(state="dead").items[0].message == other.id
    trial.desk.execute(made(lambda w: cmd.RetryOutbound(message=other.id, actor=w.me), story))
    assert trial.desk.outbox.list(state="dead").items == ()
