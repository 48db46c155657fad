"""Commands: what somebody asks the desk to do. ``desk.execute`` runs any of them; the methods of the desk build them.

Every command carries its actor. ``expected_version`` makes it fail with ``VersionConflict`` if the record has moved on;
without it a conflict is retried. ``idempotency_key`` makes a second run return the first one's outcome; a key belongs
to one kind of command and one record (a merged ticket and its survivor are two).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.ids import (
    AgentId,
    ArticleId,
    CustomerId,
    IdentityId,
    MessageId,
    PhraseId,
    SettlementId,
    TicketId,
    article_id,
    phrase_id,
)
from csdesk.domain.records._model import GivenScalar, Instant, Key, Name, Text, Value, clean_text, plain_key, replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Presence, Skill
from csdesk.domain.records.articles import Article, ArticleLink
from csdesk.domain.records.authority import ExceptionAnswer, Period
from csdesk.domain.records.business import MOST_VALUES, ProfileValue
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.messages import HtmlPart, LinkPart, Part, Purpose, TextPart, is_safe_link, says_nothing
from csdesk.domain.records.money import exact
from csdesk.domain.records.phrases import LibraryPhrase, Variable, Wording
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Priority, Role
from csdesk.errors import sentence

MOST_WRITTEN: Final = 65_536
"""The longest text of a reply or a note, in bytes of UTF-8."""

T = TypeVar("T")


def _phrase_name(name: str) -> PhraseId:
    return phrase_id(name)


PhraseName = Annotated[PhraseId, AfterValidator(_phrase_name)]
"""The id of a phrase; what people call it is given the prefix."""


def _article_name(name: str) -> ArticleId:
    return article_id(name)


ArticleName = Annotated[ArticleId, AfterValidator(_article_name)]
"""The id of an article; what people call it is given the prefix."""


def nothing_unknown(value: T) -> T:
    """Refuse values that carry fields nobody knows: a slip of the caller, where stored records may have them."""
    for one in value if isinstance(value, tuple) else (value,):
        unknown = getattr(one, "__pydantic_extra__", None)
        if unknown:
            raise ValueError(sentence("has an unknown field {name}", name=min(unknown)))
    return value


class _Command(Value):
    actor: Actor = Actor.system()
    idempotency_key: Key | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: object) -> object:
        return clean_text(value)


Subject = Annotated[Text, Field(max_length=200)]
"""What something given to a customer is about: a name of the host's, such as ``order:123``."""

Number = Annotated[int, Field(strict=True)]
"""A whole number as it was given out: text that looks like one is a slip."""


class _TicketCommand(_Command):
    ticket: TicketId
    expected_version: int | None = None
    fence: Number | None = None
    """The fencing number of the caller's lease: the command fails if the lease is over. None: not checked."""


def _fits_a_row(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Refuse what is longer than a person writes: it would make every list of messages slow."""
    texts = [one.text for one in parts if isinstance(one, TextPart)]
    texts += [one.html for one in parts if isinstance(one, HtmlPart)]
    if any(len(text) > MOST_WRITTEN // 4 and len(text.encode()) > MOST_WRITTEN for text in texts):
        raise ValueError(
            sentence(
                "holds a text of more than {most} bytes; send it as a file (MediaPart)",
                most=MOST_WRITTEN,
            )
        )
    return parts


class ReceiveMessage(_Command):
    """Take in what somebody said."""

    kind: Literal["receive"] = "receive"
    message: InboundMessage


class SendReply(_TicketCommand):
    """Answer the customer in public. A bot speaks only under the ``fence`` of its lease.

    Links (``LinkPart``) are http, https, mailto or tel, or a page of a mini program: others may run code when pressed.
    """

    kind: Literal["reply"] = "reply"
    parts: tuple[Part, ...] = Field(min_length=1)
    subject: Text = ""
    phrase: PhraseName | None = None
    """The suggested phrase it was made from."""
    shown: tuple[PhraseName, ...] = Field(default=(), max_length=50)
    """The phrases that were suggested, best first; what became of them is learnt from."""
    question: MessageId | None = None
    """The customer's message it answers; None: the last one."""
    override: Text = ""
    """Why words are sent that the policy on wording refuses."""
    purpose: Purpose = Purpose.SERVICE

    @field_validator("parts")
    @classmethod
    def _says_something(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if says_nothing(parts):
            raise ValueError("says nothing")
        if any(isinstance(one, LinkPart) and not is_safe_link(one.url) for one in parts):
            raise ValueError("holds a link whose scheme is not http, https, mailto or tel")
        return _fits_a_row(parts)


class AddNote(_TicketCommand):
    """Write an internal note."""

    kind: Literal["note"] = "note"
    parts: tuple[Part, ...] = Field(min_length=1)

    _short = field_validator("parts")(_fits_a_row)


class AssignTicket(_TicketCommand):
    """Give the ticket to an agent (None: to nobody). A person's choice may pass the agent's capacity."""

    kind: Literal["assign"] = "assign"
    agent: AgentId | None
    reason: Text = ""


class AcceptOffer(_TicketCommand):
    """The actor takes what was offered: work that waits, or a transfer."""

    kind: Literal["accept_offer"] = "accept_offer"
    number: Number | None = None
    """Which offer; None: the present one."""


class DeclineOffer(_TicketCommand):
    """The actor leaves what was offered: work to others, who are asked next; a transfer to the giver, who goes on."""

    kind: Literal["decline_offer"] = "decline_offer"
    number: Number | None = None
    """Which offer; None: the present one."""
    reason: Text = ""


Span = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))]


class LeaseTicket(_TicketCommand):
    """Work on the ticket: the actor (an agent or a bot), or the department for which the actor speaks."""

    kind: Literal["lease"] = "lease"
    department: Name | None = None
    span: Span | None = None
    """How long; None: a bot as long as an answer may take, others without an end."""
    take_over: bool = False
    """Take it from whoever works on it now, for a ``reason``."""
    reason: Text = ""


class RenewLease(_TicketCommand):
    """Go on working on the ticket for that long from now, under the same number."""

    kind: Literal["renew_lease"] = "renew_lease"
    fence: Number
    span: Span | None = None


class ReleaseTicket(_TicketCommand):
    """Stop working on the ticket. It waits for people; who is accountable stays so."""

    kind: Literal["release"] = "release"
    fence: Number
    reason: Text = ""


class HandOff(_TicketCommand):
    """Give a bot's ticket to people."""

    kind: Literal["hand_off"] = "hand_off"
    reason: Name = "wanted"
    """A code of yours."""
    brief: Text = ""
    """What they must know; kept as an internal note."""


class HandBack(_TicketCommand):
    """Give the ticket to the bot of its queue again, or of another queue."""

    kind: Literal["hand_back"] = "hand_back"
    queue: Name | None = None
    reason: Text = ""


class TransferTicket(_TicketCommand):
    """Move the work to a queue, an agent or a department. The latter are asked first, unless ``ask`` says otherwise."""

    kind: Literal["transfer"] = "transfer"
    queue: Name | None = None
    """The queue it belongs to then; None: an agent takes it where it is, a department in its own queue."""
    agent: AgentId | None = None
    department: Name | None = None
    ask: bool | None = None
    """True: it is offered, and the giver has it until somebody accepts. False: it goes over at once."""
    reason: Name = "wanted"
    """A code of yours."""
    brief: Text = ""
    """What the next one must know; kept as an internal note."""
    fields: tuple[tuple[Name, Text], ...] = ()
    """Named parts of the brief; the configuration says which ones must be there."""
    within: Span | None = None
    """How long the offer stands; None: as the configuration says."""
    returns: bool = False
    """The return clause: the work is lent, the giver stays accountable and gets it back."""
    return_within: Span | None = None
    """How long it is lent at most; None: until it is released."""


class WithdrawTransfer(_TicketCommand):
    """Take an offered transfer back."""

    kind: Literal["withdraw_transfer"] = "withdraw_transfer"
    number: Number | None = None


class SetStatus(_TicketCommand):
    """Move the ticket to a status: one of the fixed categories, or a custom name of the configuration."""

    kind: Literal["set_status"] = "set_status"
    status: Name
    reason: Text = ""
    until: Instant | None = None
    """The end of a snooze."""


class SetTicketField(_TicketCommand):
    """Set ``priority``, ``type``, ``language``, ``subject`` or ``x.<custom field>``; None clears a custom field."""

    kind: Literal["set_field"] = "set_field"
    name: Key
    value: GivenScalar | Priority


class TagTicket(_TicketCommand):
    """Put tags on the ticket."""

    kind: Literal["tag"] = "tag"
    tags: tuple[Key, ...] = Field(min_length=1)
    source: TagSource = TagSource.HAND
    expires_at: Instant | None = None


class UntagTicket(_TicketCommand):
    """Take tags from the ticket; whoever counts for less than the source does not put them back."""

    kind: Literal["untag"] = "untag"
    tags: tuple[Key, ...] = Field(min_length=1)
    source: TagSource = TagSource.HAND


class FlagTicket(_TicketCommand):
    """Write down a warning about a ticket, or (``lifted``) lift it; the same flag again takes the old one's place."""

    kind: Literal["flag_ticket"] = "flag_ticket"
    flag: Name
    reason: Text = ""
    evidence: tuple[Key, ...] = Field(default=(), max_length=50)
    until: Instant | None = None
    lifted: bool = False


class SetGoal(_TicketCommand):
    """Say what the present session with the customer should lead to, or (``goal`` None) give that up."""

    kind: Literal["set_goal"] = "set_goal"
    goal: GoalName | None
    span: Span | None = None
    """How long nobody says anything before the session is over; None: the configuration's ``session_gap``."""


class NewParticipant(Value):
    """An identity that joins the ticket."""

    identity: IdentityId
    role: Role = Role.CC


class ChangeParticipants(_TicketCommand):
    """Add people to the ticket, or take them off it; the requester stays."""

    kind: Literal["participants"] = "participants"
    add: tuple[NewParticipant, ...] = ()
    remove: tuple[IdentityId, ...] = ()


class RunMacro(_TicketCommand):
    """Run a macro of the configuration: all of its actions happen, or none.

    The actor must be allowed every command that does the same by hand.
    """

    kind: Literal["run_macro"] = "run_macro"
    macro: Name


class MergeTickets(_TicketCommand):
    """Merge ``ticket`` into ``into``, which takes its messages from now on."""

    kind: Literal["merge_tickets"] = "merge_tickets"
    into: TicketId


class UnmergeTicket(_TicketCommand):
    """Take a merged ticket out of its survivor; it is open, and otherwise as it was before the merge."""

    kind: Literal["unmerge_ticket"] = "unmerge_ticket"


class SplitTicket(_TicketCommand):
    """Move some of the ticket's messages to a new ticket, linked to it as ``split_from``."""

    kind: Literal["split_ticket"] = "split_ticket"
    messages: tuple[MessageId, ...] = Field(min_length=1)
    subject: Text = ""
    """Of the new ticket; empty: that of the first moved message, or of the ticket."""


class ReassessTicket(_TicketCommand):
    """Look at the ticket's promises again under the service levels in force.

    ``pin`` keeps every clock as it is; ``forward``: live clocks take the terms in force from now on, what was used
    stays; ``retro``: as if these terms had held from the opening on.
    """

    kind: Literal["reassess"] = "reassess"
    mode: Literal["pin", "forward", "retro"] = "forward"


class StartClock(_TicketCommand):
    """Begin a step, or promise something: within a time of the calendar, or until an instant."""

    kind: Literal["start_clock"] = "start_clock"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    name: Name | None = None
    within: timedelta | None = Field(default=None, gt=timedelta(0), le=timedelta(days=3653))
    until: Instant | None = None
    calendar: Name | None = None
    """The calendar whose working time counts; None: every second (a step: as its target says)."""
    warn: timedelta | None = Field(default=None, gt=timedelta(0), le=timedelta(days=3653))
    """Warn when that much is left."""


class EndClock(_TicketCommand):
    """End a step or settle a promise: kept, or (``kept`` False) given up."""

    kind: Literal["end_clock"] = "end_clock"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    cycle: int | None = None
    """Which one; None: the oldest that is live (of that ``name``)."""
    name: Name | None = None
    kept: bool = True


class SetProfile(_Command):
    """Set a customer's name, level, stage, language, dedicated agent and profile values."""

    kind: Literal["set_profile"] = "set_profile"
    customer: CustomerId
    expected_version: int | None = None
    name: Text | None = None
    level: Text | None = None
    stage: Text | None = None
    language: Text | None = None
    dedicated_agent: AgentId | None = None
    attributes: tuple[tuple[Key, GivenScalar], ...] = ()
    source: Key = "host"
    confidence: float = Field(default=1.0, ge=0, le=1)


class FillProfile(_Command):
    """Take over what another system knows of a customer, where nobody said otherwise who counts for as much.

    A value is set where the customer has none of that name, where the same source set the one there (and not later),
    or where that one is less sure. One of None takes back what the same source set.
    """

    kind: Literal["fill_profile"] = "fill_profile"
    customer: CustomerId
    expected_version: int | None = None
    values: tuple[ProfileValue, ...] = Field(min_length=1, max_length=MOST_VALUES)


class TagCustomer(_Command):
    """Put tags on a customer, or take them off."""

    kind: Literal["tag_customer"] = "tag_customer"
    customer: CustomerId
    expected_version: int | None = None
    add: tuple[Key, ...] = ()
    remove: tuple[Key, ...] = ()
    source: TagSource = TagSource.HAND
    expires_at: Instant | None = None


class SyncTags(_Command):
    """Let a customer have exactly these tags of a namespace: what a system outside, such as the shop, says of them."""

    kind: Literal["sync_tags"] = "sync_tags"
    customer: CustomerId
    expected_version: int | None = None
    namespace: Annotated[Name, Field(pattern=r"^[^:]+$")]
    tags: tuple[Name, ...] = ()
    """Without the namespace."""


class FlagCustomer(_Command):
    """Write down a warning about a customer, or (``lifted``) lift it; the same flag again takes the old one's place."""

    kind: Literal["flag"] = "flag"
    customer: CustomerId
    expected_version: int | None = None
    flag: Name
    reason: Text = ""
    evidence: tuple[Key, ...] = Field(default=(), max_length=50)
    until: Instant | None = None
    lifted: bool = False


class RecordAct(_Command):
    """Write down what a customer did in the shop: browse, fill a cart, order, pay, get a refund, redeem."""

    kind: Literal["record"] = "record"
    customer: CustomerId
    expected_version: int | None = None
    did: Literal["browse", "cart", "order", "payment", "refund", "redeem"]
    at: Instant | None = None
    """When; None: now."""
    amount: int | None = Field(default=None, ge=0, le=10**15)
    """In the smallest unit of the shop's currency."""
    reference: Text = ""
    product: Text = ""


class LinkIdentity(_Command):
    """Attach a new identity to a customer."""

    kind: Literal["link_identity"] = "link_identity"
    customer: CustomerId
    expected_version: int | None = None
    identity: Sender


class MergeCustomers(_Command):
    """Merge ``customer`` into ``into``; both stay restorable."""

    kind: Literal["merge_customers"] = "merge_customers"
    customer: CustomerId
    into: CustomerId
    expected_version: int | None = None
    evidence: Evidence = Evidence.AGENT


class UnmergeCustomers(_Command):
    """Take a merged customer out of its survivor."""

    kind: Literal["unmerge_customers"] = "unmerge_customers"
    customer: CustomerId
    expected_version: int | None = None


class UnlinkIdentity(_Command):
    """Take an identity from its customer and give it a home of its own; ``expected_version`` is that customer's."""

    kind: Literal["unlink_identity"] = "unlink_identity"
    identity: IdentityId
    expected_version: int | None = None
    evidence: Evidence = Evidence.AGENT


class BlockCustomer(_Command):
    """Store a customer's messages without going further, or (``blocked`` False) lift that."""

    kind: Literal["block"] = "block"
    customer: CustomerId
    expected_version: int | None = None
    blocked: bool = True
    reason: Text = ""
    until: Instant | None = None


class EraseCustomer(_Command):
    """Erase everything personal about a customer and those merged with it; the desk goes on with it in ``run_due``."""

    kind: Literal["erase_customer"] = "erase_customer"
    customer: CustomerId
    expected_version: int | None = None


class SaveAgent(_Command):
    """Add an agent or change one; None leaves a value as it is."""

    kind: Literal["save_agent"] = "save_agent"
    agent: AgentId | None = None
    expected_version: int | None = None
    name: Text | None = None
    queues: tuple[Name, ...] | None = None
    skills: tuple[Skill, ...] | None = None
    languages: tuple[Key, ...] | None = None
    grade: int | None = Field(default=None, ge=1, le=9)
    capacity: int | None = Field(default=None, ge=0, le=1_000_000)
    weight: int | None = Field(default=None, ge=1, le=100)
    shift: Annotated[str, Field(max_length=64)] | None = None
    """A calendar of the configuration; empty: the hours of the queue."""
    sites: tuple[Name, ...] | None = None
    presence: Presence | None = None
    retired: bool | None = None
    roles: tuple[Name, ...] | None = None
    lead: Annotated[str, Field(max_length=64)] | None = None
    """The agent who leads the team; empty: nobody."""
    external_id: Annotated[str, Field(max_length=1000), AfterValidator(plain_key)] | None = None
    """What the host's staff system calls the agent; empty: it knows nothing of the agent."""


class SavePhrase(_Command):
    """Add a phrase (``phrase`` None) or change one; None leaves a value as it is."""

    kind: Literal["save_phrase"] = "save_phrase"
    phrase: PhraseName | None = None
    id: PhraseName | None = None
    """The id of a new phrase; None: a fresh one."""
    expected_version: int | None = None
    title: Text | None = Field(default=None, min_length=1)
    questions: tuple[Text, ...] | None = None
    keywords: tuple[Text, ...] | None = None
    wordings: tuple[Wording, ...] | None = Field(default=None, min_length=1)
    variables: tuple[Variable, ...] | None = None
    tags: tuple[Key, ...] | None = None
    language: Text | None = None
    channels: tuple[Key, ...] | None = None
    levels: tuple[Key, ...] | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    owner: Key | None = None
    rationale: Text | None = None
    related: tuple[PhraseName, ...] | None = None
    attachments: tuple[Key, ...] | None = None
    article: ArticleLink | None = None
    auto_reply: bool | None = None
    retired: bool | None = None

    _known = field_validator("wordings", "variables", "article", mode="after")(nothing_unknown)


class PutPhrases(_Command):
    """Put whole phrases in: new ones are added, known ones replaced, equal ones left alone. An import is made of these.

    Their version and times are the desk's own. Ids without the prefix of phrases are given it.
    """

    kind: Literal["put_phrases"] = "put_phrases"
    phrases: tuple[LibraryPhrase, ...] = Field(min_length=1, max_length=500)
    only: Literal["any", "new", "known"] = "any"
    """``new``: none of them may be there. ``known``: all of them must be."""
    expected_version: int | None = None
    """For a single phrase."""

    @field_validator("phrases", mode="before")
    @classmethod
    def _from_the_ground_up(cls, phrases: object) -> object:
        # A copy that was made of a phrase is not checked by itself.
        if not isinstance(phrases, tuple | list):
            return phrases
        return [one.model_dump(warnings=False) if isinstance(one, LibraryPhrase) else one for one in phrases]

    @field_validator("phrases")
    @classmethod
    def _named(cls, phrases: tuple[LibraryPhrase, ...]) -> tuple[LibraryPhrase, ...]:
        named = tuple(
            replaced(one, id=phrase_id(one.id), related=tuple(map(phrase_id, one.related))) for one in phrases
        )
        if len({one.id for one in named}) < len(named):
            raise ValueError("two phrases have one id")
        for one in named:
            nothing_unknown((one, *one.wordings, *one.variables, *([one.article] if one.article else ())))
        return named


class PutArticles(_Command):
    """Put whole articles in: new ones are added, known ones replaced, equal ones left alone.

    Their version and times are the desk's own. Ids without the prefix of articles are given it.
    """

    kind: Literal["put_articles"] = "put_articles"
    articles: tuple[Article, ...] = Field(min_length=1, max_length=500)
    expected_version: int | None = None
    """For a single article; 0: there must be none yet."""

    @field_validator("articles", mode="before")
    @classmethod
    def _from_the_ground_up(cls, articles: object) -> object:
        # A copy that was made of an article is not checked by itself.
        if not isinstance(articles, tuple | list):
            return articles
        return [one.model_dump(warnings=False) if isinstance(one, Article) else one for one in articles]

    @field_validator("articles")
    @classmethod
    def _named(cls, articles: tuple[Article, ...]) -> tuple[Article, ...]:
        named = tuple(replaced(one, id=article_id(one.id)) for one in articles)
        if len({one.id for one in named}) < len(named):
            raise ValueError("two articles have one id")
        for one in named:
            nothing_unknown((one, *one.fees, *one.questions))
        return named


class RetireArticle(_Command):
    """Take an article out of use, or (``retired`` False) into it again; it stays readable."""

    kind: Literal["retire_article"] = "retire_article"
    article: ArticleName
    retired: bool = True
    expected_version: int | None = None


class JudgeSuggestions(_Command):
    """Say what became of suggestions for a customer's message; replies that name their phrase say it themselves."""

    kind: Literal["judge"] = "judge"
    message: MessageId
    fate: Literal["shown", "picked", "edited", "ignored", "wrong"]
    picked: PhraseName | None = None
    """The phrase that was sent or would have been right; None: none of those shown."""
    shown: tuple[PhraseName, ...] = Field(default=(), max_length=50)
    """The phrases that were shown, best first."""

    @model_validator(mode="after")
    def _coherent(self) -> JudgeSuggestions:
        if self.fate in ("picked", "edited") and self.picked is None:
            raise PydanticCustomError("value_error", "picked: it is not said which phrase was sent")
        if self.fate in ("shown", "ignored") and self.picked is not None:
            raise PydanticCustomError("value_error", "picked: nothing was picked of what was only shown or ignored")
        if self.fate != "picked" and not self.shown:
            raise PydanticCustomError("value_error", "shown: it is not said which phrases")
        return self


class ForgetLessons(_Command):
    """Let lessons count no more, as if nobody had decided so: one of the three is given."""

    kind: Literal["forget"] = "forget"
    message: MessageId | None = None
    """Those about this message of a customer."""
    phrase: PhraseName | None = None
    """Those in which this phrase was picked or shown."""
    last: int | None = Field(default=None, ge=1, le=1000)
    """The latest so many."""

    @model_validator(mode="after")
    def _one(self) -> ForgetLessons:
        if sum(one is not None for one in (self.message, self.phrase, self.last)) != 1:
            raise PydanticCustomError("value_error", "pass message, phrase or last, one of them")
        return self


class AdoptTraining(_Command):
    """Use what a training of the phrases taught; ``desk.learning.optimize`` trains them and runs this."""

    kind: Literal["adopt_training"] = "adopt_training"
    body: str = Field(max_length=16_000_000)
    """What was taught, see ``LibraryTrained``."""


class ChooseTraining(_Command):
    """Go back to an earlier training, or to phrases as they are written."""

    kind: Literal["choose_training"] = "choose_training"
    training: int = Field(ge=0)
    """Its number; 0: none."""


class PromoteExemplar(_TicketCommand):
    """Keep the phrase or the article that a person made of a good answer on the ticket; one of the two is given."""

    kind: Literal["promote"] = "promote"
    message: MessageId
    """The answer."""
    phrase: LibraryPhrase | None = None
    article: Article | None = None
    override: Text = ""
    """Why words may stand in it that look personal."""

    @model_validator(mode="after")
    def _one(self) -> PromoteExemplar:
        if (self.phrase is None) == (self.article is None):
            raise PydanticCustomError("value_error", "pass phrase or article, one of them")
        return self


class CorrectReply(_TicketCommand):
    """Say that an answer of ours was wrong: it is assessed, learnt from, and the customer is to be contacted again."""

    kind: Literal["correct"] = "correct"
    message: MessageId
    """The answer."""
    right: PhraseName | None = None
    """The phrase that would have been right."""
    reason: Text = ""
    within: timedelta | None = Field(default=None, gt=timedelta(0))
    """How long the second contact may take; None: as the configuration says."""


class SaveHolidays(_Command):
    """Save one year of a place's public holidays; a year saved before is replaced."""

    kind: Literal["save_holidays"] = "save_holidays"
    place: Name
    year: int = Field(ge=1900, le=9990)
    closed: tuple[date, ...] = ()
    working: tuple[date, ...] = ()
    """Weekend dates that are worked in return."""
    known: bool = True
    """False while nobody has announced the year."""


class SettleParked(_Command):
    """Discard a parked message: it stays stored as discarded and no longer holds up its conversation."""

    kind: Literal["discard_parked"] = "discard_parked"
    item: MessageId


class RetryOutbound(_Command):
    """Try a dead or unknown outbound message again, or (``discard``) give it up for good."""

    kind: Literal["retry_outbound"] = "retry_outbound"
    message: MessageId
    discard: bool = False


class _Amount(_Command):
    """What is asked of the ledger."""

    action: Name
    amount: Decimal | int | str = 1
    """In the action's unit: exact, never a float."""
    subject: Subject = ""
    """What it is about, such as ``order:123``; limits for a case count by it and by the ticket."""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal:
        return exact(value)


class SettleAmount(_Amount):
    """Give a customer something under the actor's authority, or ask somebody to approve it."""

    kind: Literal["settle"] = "settle"
    ticket: TicketId | None = None
    customer: CustomerId | None = None
    """For whom; None: for the ticket's requester."""
    ask: Literal["never", "if_needed", "always"] = "never"
    """Beyond the actor's limits: ``if_needed`` asks for approval. ``always``: inside them it is an error."""
    to: AgentId | None = None
    """Whom to ask; None: the first approvers whose limits suffice."""
    within: Span | None = None
    """How long they have to answer; None: as the configuration says."""
    reason: Text = ""
    brief: Text = ""
    """What the approver must know."""

    @model_validator(mode="after")
    def _for_somebody(self) -> SettleAmount:
        if self.ticket is None and self.customer is None:
            raise PydanticCustomError("value_error", "pass ticket or customer")
        return self


class _OfSettlement(_Command):
    settlement: SettlementId


class AnswerApproval(_OfSettlement):
    """Approve what was asked for, which settles it under the actor's own limits, or refuse it."""

    kind: Literal["answer_approval"] = "answer_approval"
    approved: bool
    answer: Text = ""


class WithdrawApproval(_OfSettlement):
    """Ask for it no longer."""

    kind: Literal["withdraw_approval"] = "withdraw_approval"
    reason: Text = ""


class ReverseSettlement(_OfSettlement):
    """Take back what was settled: the ledger has its room again, once."""

    kind: Literal["reverse_settlement"] = "reverse_settlement"
    reason: Text = ""


class ResolveCarrying(_OfSettlement):
    """Say whether something was carried out of which nobody knew; if not, the ledger has its room again."""

    kind: Literal["resolve_carrying"] = "resolve_carrying"
    done: bool
    reference: Text = ""
    """What the system that carried it out calls it."""


class GrantAuthority(_Command):
    """Raise an agent's limits for a while; the actor, an agent, has at least as much."""

    kind: Literal["grant_authority"] = "grant_authority"
    agent: AgentId
    action: Name
    limit: Decimal | int | str
    """For each case, in the action's unit."""
    periods: tuple[tuple[Period, Decimal | int | str], ...] = ()
    """For the agent in a period."""
    until: Instant
    """The first instant at which it holds no more."""
    reason: Text = Field(min_length=1)

    @field_validator("limit", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal:
        return exact(value, "limit")


class RevokeAuthority(_Command):
    """Take a raise back before its end."""

    kind: Literal["revoke_authority"] = "revoke_authority"
    agent: AgentId
    number: Number
    reason: Text = ""


class _OfException(_Command):
    ticket: TicketId
    number: Number | None = None
    """Which of the ticket's exceptions; None: the latest that is open."""


class AskException(_Command):
    """Write down that the customer wishes something that policy refuses."""

    kind: Literal["ask_exception"] = "ask_exception"
    ticket: TicketId
    wish: Text = Field(min_length=1)
    action: Name | None = None
    amount: Decimal | int | str | None = None
    subject: Subject = ""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal | None:
        return None if value is None else exact(value)


class AnswerException(_OfException):
    """Grant the wish (what it names is settled under the actor's limits), refuse it, or offer something else."""

    kind: Literal["answer_exception"] = "answer_exception"
    outcome: ExceptionAnswer
    alternative: Name | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _coherent(self) -> AnswerException:
        if (self.outcome == "offered") != (self.alternative is not None):
            raise PydanticCustomError("value_error", "alternative: an offer names one, other answers do not")
        if self.outcome == "refused" and not self.reason.strip():
            raise PydanticCustomError("value_error", "reason: a refusal says why")
        return self


class AnswerAlternative(_OfException):
    """Say whether the customer takes what was offered instead."""

    kind: Literal["answer_alternative"] = "answer_alternative"
    accepted: bool


class ServeSelf(_Command):
    """Let a customer do something alone: inside the limits that the desk itself has."""

    kind: Literal["self_service"] = "self_service"
    service: Name
    ticket: TicketId | None = None
    customer: CustomerId | None = None
    """Who; None: the ticket's requester."""
    amount: Decimal | int | str | None = None
    """None: what the configuration says."""
    subject: Subject = ""
    facts: tuple[tuple[Name, GivenScalar], ...] = ()
    """What you know of the subject; conditions read it as ``ticket.x.<name>``."""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal | None:
        return None if value is None else exact(value)

    @model_validator(mode="after")
    def _for_somebody(self) -> ServeSelf:
        if self.ticket is None and self.customer is None:
            raise PydanticCustomError("value_error", "pass ticket or customer")
        return self


AuthorityCommand = (
    SettleAmount
    | AnswerApproval
    | WithdrawApproval
    | ReverseSettlement
    | ResolveCarrying
    | GrantAuthority
    | RevokeAuthority
    | AskException
    | AnswerException
    | AnswerAlternative
    | ServeSelf
)
"""The commands about who may give customers what."""

TicketCommand = (
    SendReply
    | AddNote
    | AssignTicket
    | AcceptOffer
    | DeclineOffer
    | LeaseTicket
    | RenewLease
    | ReleaseTicket
    | HandOff
    | HandBack
    | TransferTicket
    | WithdrawTransfer
    | SetStatus
    | SetTicketField
    | TagTicket
    | UntagTicket
    | FlagTicket
    | SetGoal
    | ChangeParticipants
    | RunMacro
    | MergeTickets
    | UnmergeTicket
    | SplitTicket
    | ReassessTicket
    | StartClock
    | EndClock
    | CorrectReply
    | PromoteExemplar
)
"""The commands that change one ticket."""

Command = Annotated[
    TicketCommand
    | SetProfile
    | FillProfile
    | TagCustomer
    | SyncTags
    | FlagCustomer
    | RecordAct
    | LinkIdentity
    | MergeCustomers
    | UnmergeCustomers
    | UnlinkIdentity
    | BlockCustomer
    | EraseCustomer
    | SaveAgent
    | SavePhrase
    | PutPhrases
    | PutArticles
    | RetireArticle
    | JudgeSuggestions
    | ForgetLessons
    | AdoptTraining
    | ChooseTraining
    | SaveHolidays
    | SettleParked
    | RetryOutbound
    | AuthorityCommand,
    Field(discriminator="kind"),
]
"""Everything ``desk.execute`` can run. ``ReceiveMessage`` has its own door: ``desk.receive``."""
