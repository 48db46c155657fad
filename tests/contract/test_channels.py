"""The bundled channels keep the channel contract."""

import pytest

from csdesk.testing import ChannelContract, ChannelRig
from csdesk.testing.rigs import LoopbackRig, WeComRig
from csdesk.testing.telegram.rigs import TelegramPollingRig, TelegramRig
from csdesk.testing.webchats import WebChatRig
from csdesk.testing.webhooks import WebhookRig
from csdesk.testing.whatsapp.rigs import WhatsAppRig


class TestLoopback(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return LoopbackRig()


class TestWeCom(ChannelContract):
    def make_rig(self) -> ChannelRig:
        pytest.importorskip("cryptography", reason="the extra wecom is not installed")
        return WeComRig()


class TestWebhook(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return WebhookRig()


class TestWebChat(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return WebChatRig()


class TestTelegram(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return TelegramRig()


class TestTelegramPolling(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return TelegramPollingRig()


class TestWhatsApp(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return WhatsAppRig()
