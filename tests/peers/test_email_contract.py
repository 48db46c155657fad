"""The mail channel keeps the channel contract: sent over aiosmtpd, pulled from pymap, or taken in as web requests."""

import pytest

from csdesk.testing import ChannelContract, ChannelRig

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")
pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")


class TestEmail(ChannelContract):
    def make_rig(self) -> ChannelRig:
        from csdesk.testing.mail import EmailRig

        return EmailRig()


class TestEmailByRequest(ChannelContract):
    def make_rig(self) -> ChannelRig:
        from csdesk.testing.mail import MailHookRig

        return MailHookRig()
