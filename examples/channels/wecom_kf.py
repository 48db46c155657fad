"""WeCom customer service (微信客服) against a stand-in for the platform, from the callback to the reply and its recall.

    python examples/channels/wecom_kf.py

Needs the extra wecom. For the real platform leave ``http`` and the stand-in out, and mount ``desk.handle``.
"""

import httpx

import csdesk
from csdesk.channels.wecom import ServiceState, WeComKf
from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.system.http import HttpxHttp
from csdesk.testing import FixedClock
from csdesk.testing.wecom import FakeKf

SECRET, TOKEN, KEY = "sample", "sampleToken1", "0123456789abcdefghijABCDEFGHIJ0123456789abc"
CONFIG = csdesk.DeskConfig.from_toml("""
[[accounts]]
name = "kf"
greeting = "您好，请问有什么可以帮您？"
greeting_choices = ["退款", "物流"]
""")


def callback(platform: FakeKf, clock: FixedClock) -> csdesk.RawRequest:
    """What the platform posts: only that something waits."""
    inner = f"<xml><Event>kf_msg_or_event</Event><Token>{platform.hint()}</Token><OpenKfId>wk1</OpenKfId></xml>"
    sealed = WeComCrypto(TOKEN, KEY, "ww1").encrypt(inner, int(clock.now().timestamp()), "nonce")
    query = f"msg_signature={sealed.msg_signature}&timestamp={sealed.timestamp}&nonce=nonce"
    return csdesk.RawRequest(method="POST", url=f"https://desk.example/kf?{query}", body=sealed.xml)


def main() -> None:
    clock = FixedClock()
    platform = FakeKf(clock.now, corp_id="ww1", secret=SECRET)
    kf = WeComKf("kf", corp_id="ww1", secret=SECRET, open_kfid="wk1", token=TOKEN, encoding_aes_key=KEY)
    client = httpx.Client(transport=platform.transport())
    with csdesk.open_desk("memory://", config=CONFIG, channels=[kf], clock=clock, http=HttpxHttp(client)) as desk:
        platform.enters("wm1", scene="shop")
        platform.writes("wm1", "我的订单三天没更新物流了")
        print("HTTP", desk.handle("kf", callback(platform, clock)).status, "pulled:", desk.run_due().pulled)
        (ticket,) = desk.tickets.list().items
        window = desk.tickets.window(ticket.id)
        print(f"ticket {ticket.number}: {window.remaining} replies left")
        sent = desk.reply(ticket.id, "已为您催促快递", actor=csdesk.Actor.agent("agt_1"))
        print(sent.delivery, [one.body["msgtype"] for one in platform.sent])
        desk.channels.recall(sent.message.id, actor=csdesk.Actor.agent("agt_1"))
        print("recalled:", platform.sent[-1].recalled)
        desk.channels.run(kf.sessions.move("wm1", ServiceState.HUMAN, servicer="agent_li"))
        desk.handle("kf", callback(platform, clock))
        desk.run_due()
        print("with:", desk.tickets.get(ticket.id).elsewhere)
        print("link:", desk.channels.run(kf.accounts.link("shop", param="from=order")))
        print("health:", desk.channels.check("kf").status)
    client.close()


if __name__ == "__main__":
    main()
