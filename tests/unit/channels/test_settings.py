"""Slips in what a channel is made of are refused at once, by the name of the argument and with the remedy."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, InvalidInput, LinkPart, TextPart
from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer
from csdesk.channels.telegram import Telegram
from csdesk.channels.webhook import WebhookChannel, WebhookSigner
from csdesk.channels.wecom import WeComKf
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.domain.records.commands import SendReply
from csdesk.errors import ChannelError
from csdesk.ports.channel import OutboundMessage, Sender

TOKEN = "123456:" + "t" * 35
SECRET = "whsec_" + "c2Vj" * 8  # 24 bytes
LOGIN = {"host": "mx.example", "user": "desk", "password": "hidden word"}


def mail(**given):
    return EmailChannel("mail", **{"address": "help@shop.example", "signing_keys": (b"k" * 16,), **given})


def telegram(**given):
    return Telegram("tg", **{"token": TOKEN, "polling": True, **given})


def whatsapp(**given):
    settings = {"phone_number_id": "1000", "token": "t", "app_secrets": ["s"], "verify_token": "v"}
    return WhatsAppCloud("wa", **{**settings, **given})


def wecom(**given):
    pytest.importorskip("cryptography", reason="cryptography is not installed (extra wecom)")
    settings = {"corp_id": "ww1", "secret": "s", "open_kfid": "wk1", "token": "T", "encoding_aes_key": "a" * 43}
    return WeComKf("kf", **{**settings, **given})


def webhook(**given):
    return WebhookChannel("own", **{"secrets": [SECRET], **given})


@pytest.mark.parametrize("server", [SmtpServer, ImapServer])
@pytest.mark.parametrize(
    ("security", "meant"),
    [
        ("ssl", "tls"),
        ("TLS", "'tls'"),
        ("STARTTLS", "'starttls'"),
        ("start_tls", "'starttls'"),
        ("", "tls"),
        (None, "tls"),
        (True, "tls"),
    ],
)
def test_a_password_never_goes_out_for_a_misspelt_security(server, security, meant):
    field = "smtp.security" if server is SmtpServer else "imap.security"
    with pytest.raises(InvalidInput, match=meant) as caught:
        server(**LOGIN, security=security)
    assert caught.value.field == field
    assert "hidden word" not in str(caught.value)


@pytest.mark.parametrize("server", [SmtpServer, ImapServer])
def test_in_the_clear_only_to_this_machine_or_when_asked_for(server):
    for given in ({}, {"allow_plain": "no"}):
        with pytest.raises(InvalidInput, match="in the clear"):
            server(**LOGIN, security="none", **given)
    assert server(**LOGIN, security="none", allow_plain=True).security == "none"
    assert server(**{**LOGIN, "host": "localhost"}, security="none").security == "none"


@pytest.mark.parametrize(
    ("make", "given", "remedy"),
    [
        (mail, {"signing_keys": ("k" * 32,)}, "bytes"),
        (mail, {"signing_keys": b"k" * 32}, "tuple of bytes"),
        (mail, {"signing_keys": "k" * 32}, "tuple of bytes"),
        (mail, {"signing_keys": None}, "tuple of bytes"),
        (mail, {"webhook_secrets": "sample"}, "tuple"),
        (mail, {"webhook_secrets": (b"sample",)}, "tuple"),
        (mail, {"also": "sales@shop.example"}, "tuple"),
        (mail, {"poll_every": 5}, "timedelta"),
        (mail, {"poll_every": timedelta(0)}, "timedelta"),
        (mail, {"smtp": {"host": "mx.example"}}, "SmtpServer"),
        (mail, {"imap": SmtpServer(host="mx.example")}, "ImapServer"),
        (telegram, {"groups": "of"}, "'off'"),
        (telegram, {"groups": None}, "addressed, all, off"),
        (telegram, {"quote": "allways"}, "'always'"),
        (telegram, {"markup": "html"}, "'HTML'"),
        (telegram, {"markup": "Markdown"}, "'MarkdownV2'"),
        (telegram, {"staff": ["@bob"]}, "numbers"),
        (telegram, {"staff": "12"}, "numbers"),
        (telegram, {"allowed_updates": "message"}, "list"),
        (telegram, {"allowed_updates": ["Message"]}, "list"),
        (telegram, {"allowed_updates": []}, "list"),
        (telegram, {"poll_every": 3}, "timedelta"),
        (telegram, {"poll_every": timedelta(0)}, "timedelta"),
        (telegram, {"poll_every": timedelta(seconds=-1)}, "timedelta"),
        (telegram, {"poll_seconds": "3"}, "0 to 50"),
        (telegram, {"secrets": [7], "polling": False}, "secrets"),
        (telegram, {"base_url": "api.telegram.org"}, "https"),
        (whatsapp, {"base_url": "http://evil.example"}, "https"),
        (whatsapp, {"base_url": "http://[evil"}, "https"),
        (whatsapp, {"base_url": None}, "https"),
        (whatsapp, {"media_hosts": "x.com"}, "list"),
        (whatsapp, {"media_hosts": ["*"]}, "domains"),
        (whatsapp, {"media_hosts": ["*.x.com"]}, "domains"),
        (whatsapp, {"media_hosts": ["com"]}, "domains"),
        (whatsapp, {"media_hosts": [""]}, "domains"),
        (whatsapp, {"app_secrets": b"secret"}, "secret"),
        (whatsapp, {"accounts": ["2000"]}, "dict"),
        (wecom, {"base_url": "http://proxy.example/cgi-bin"}, "https"),
        (wecom, {"base_url": "qyapi.weixin.qq.com"}, "https"),
        (wecom, {"duplicate_codes": "40058"}, "numbers"),
        (wecom, {"duplicate_codes": ["40058"]}, "numbers"),
        (wecom, {"accounts": "wk2"}, "dict"),
        (wecom, {"agents": {"li": 7}}, "dict"),
        (wecom, {"tolerance": 300}, "timedelta"),
        (wecom, {"tolerance": timedelta(0)}, "timedelta"),
        (webhook, {"secrets": [SECRET[:-4]]}, "24 to 64"),
        (webhook, {"secrets": b"s" * 32}, "24 to 64"),
        (webhook, {"tolerance": 300}, "timedelta"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_remedy(make, given, remedy):
    with pytest.raises(InvalidInput) as caught:
        make(**given)
    assert caught.value.field == next(iter(given))
    assert remedy in caught.value.remedy


def test_what_is_meant_so_is_taken():
    assert mail(also=["sales@shop.example"], signing_keys=[b"k" * 16])
    assert telegram(groups="all", quote="never", markup="MarkdownV2", staff={7}, allowed_updates=["message"])
    assert telegram(base_url="http://bot-api:8081"), "a server of one's own speaks nothing else"
    assert whatsapp(base_url="http://127.0.0.1:8080", media_hosts=["Media.Example"], app_secrets="s")
    assert wecom(base_url="http://localhost:1", duplicate_codes=[40058], agents={"li": "agt_1"})
    assert WebhookSigner(SECRET)


OUT = OutboundMessage(
    key="msg_out",
    account="mail",
    conversation="c-1",
    to=Sender(kind="email", external_id="li@customers.example"),
    parts=(TextPart(text="好的"),),
    occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
)


class Server(smtplib.SMTP):
    """A server that can be reached, and to which this end cannot write the password as SMTP wants it."""

    def __init__(self, *_, **__):
        self.sock = self.file = None

    def ehlo_or_helo_if_needed(self):
        pass

    def login(self, user, password):
        (user + password).encode("ascii")


def test_a_password_that_cannot_be_told_is_for_the_operator(monkeypatch):
    monkeypatch.setattr(smtplib, "SMTP", Server)
    channel = mail(smtp=SmtpServer(host="localhost", user="u", password="пароль", security="none"))
    with pytest.raises(ChannelError) as caught:
        channel.send_now(OUT)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "not_ascii")
    assert "пароль" not in str(caught.value)
    assert channel.check_now().status == "auth"


def test_a_mail_that_cannot_be_made_was_not_sent(monkeypatch):
    def breaks(*_, **__):
        raise TypeError("no")

    monkeypatch.setattr("csdesk.channels.email.adapter.compose", breaks)
    with pytest.raises(ChannelError) as caught:
        mail(smtp=SmtpServer(host="localhost", security="none")).send_now(OUT)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "TypeError")


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://shop.example/a:b", True),
        ("HTTP://shop.example", True),
        ("mailto:help@shop.example", True),
        ("tel:+4930123", True),
        ("pages/index?next=a:b", True),
        ("", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        (" java\tscript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_links_that_may_run_code_are_not_sent(url, is_taken):
    parts = (LinkPart(url=url, title="t"),)
    if is_taken:
        assert SendReply(ticket="tkt_0", actor=Actor.system(), parts=parts).parts == parts
        return
    with pytest.raises(InvalidInput, match="http, https, mailto or tel") as caught:
        SendReply(ticket="tkt_0", actor=Actor.system(), parts=parts)
    assert caught.value.field.endswith("parts")
