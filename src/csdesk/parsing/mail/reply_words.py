"""The words by which mail programs begin a quote, a forwarded mail or a signature, in fifteen languages.

Every pattern is anchored and is tried on one short line, or on a few lines joined to one: no text makes them slow.
"""

from __future__ import annotations

import re
from typing import Final


def _any(*words: str) -> str:
    return "|".join(words)


WROTE: Final = re.compile(
    r"(?:"
    + _any(
        r"\b(?:wrote|writes|schrieb|schreef|escribi[óo]|escreveu|napisał\(a\)|napisał|napisała|napsal\(a\)|napsal)",
        r"\b(?:a écrit|ha scritto|skrev|kirjoitti|yazdı|написала?|написал\(а\)|пишет)",
        r"\b(?:geschrieben|het volgende geschreven|şunu yazdı)",
        r"写道|寫道|写到|來信|来信|のメール|は書きました|님이 작성|님이 다음과 같이 작성",
    )
    + r")\s*[:：]$",
    re.IGNORECASE,
)
"""How a line that introduces a quote ends."""
WROTE_ENDS: Final = frozenset(
    {"", "te", "es", "eb", "ef", "ió", "io", "eu", "a)", "ał", "ła", "al", "it", "to", "ev", "ti", "dı", "en"}
    | {"ал", "ла", "а)", "ет", "写道", "寫道", "写到", "来信", "來信", "ール", "した", "작성"}
)
"""The last two signs of it before the colon, which may also stand alone on its line."""

OPENS: Final = re.compile(
    r"(?:on|am|le|el|il|em|op|den|dnia|w dniu|dne|am um|pe|ke|в|at|il giorno|a las)\b|在|于|於", re.IGNORECASE
)
"""How such a line begins where it begins with its date."""

YEAR: Final = re.compile(r"(?:19|20)\d\d|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
TIME: Final = re.compile(r"\d{1,2}[:.]\d\d")
ADDRESS: Final = re.compile(r"(?<=[^\s<>@])@(?=[^\s<>@])")
"""Where the sign of an address stands between two parts of one."""
CLOSED_BY_ADDRESS: Final = re.compile(r"<[^\s<>@]{1,100}@[^\s<>@]{1,100}>\s*[:：]$")
"""Japanese and Russian programs end the line with the address."""

_DASH: Final = r"(?:[-_=—－\s]|&nbsp;){2,}+"

_ORIGINAL: Final = _any(
    r"original(?: message| e?-?mail| appointment)?",
    r"replied message",
    r"reply message",
    r"urspr[üu]ngliche (?:nachricht|e-?mail)",
    r"message d['’]origine|message original",
    r"mensaje original|mensagem original",
    r"messaggio originale",
    r"oorspronkelijk bericht",
    r"(?:oryginalna wiadomość|wiadomość oryginalna)",
    r"(?:original|ursprungligt )meddelande|oprindelig meddelelse|opprinnelig melding",
    r"alkuperäinen viesti",
    r"původní (?:zpráva|e-mail)",
    r"orijinal (?:mesaj|ileti)|özgün ileti",
    r"исходное сообщение|оригинальное сообщение",
    r"原始邮件|原邮件|原始郵件|原郵件|回复的原邮件|回覆的原郵件|原始信件",
    r"元のメッセージ|元のメール",
    r"원본 메시지|원본 메일",
)
ORIGINAL: Final = re.compile(rf"{_DASH}(?:{_ORIGINAL})\s*+[:：]?{_DASH}$", re.IGNORECASE)
"""A line of dashes around the name of the mail that is answered."""

_FORWARDED: Final = _any(
    r"forwarded (?:message|mail)|forwarded by .{1,200}",
    r"weitergeleitete (?:nachricht|e-?mail)",
    r"message (?:transféré|réexpédié)",
    r"mensaje reenviado|mensagem (?:encaminhada|reencaminhada)",
    r"messaggio inoltrato",
    r"doorgestuurd bericht",
    r"wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości",
    r"vidarebefordrat (?:meddelande|mejl)|videresendt (?:meddelelse|melding)",
    r"välitetty viesti|edelleenlähetetty viesti",
    r"přeposlaná zpráva",
    r"yönlendirilmiş (?:mesaj|ileti)|iletilen (?:mesaj|ileti)",
    r"пересылаемое сообщение|пересланное сообщение",
    r"转发的?(?:邮件|消息|信息)|轉寄的?郵件|轉發的?(?:郵件|訊息)|转发邮件信息",
    r"転送(?:された)?メッセージ|転送メール",
    r"전달된 (?:메시지|메일)",
)
FORWARDED: Final = re.compile(
    rf"(?:{_DASH}(?:{_FORWARDED})\s*+[:：]?(?:{_DASH})?|begin forwarded message:|下面是转发的邮件[:：]"
    rf"|anfang der weitergeleiteten (?:nachricht|e-?mail):|début du message (?:transféré|réexpédié)\s?:"
    rf"|inicio del mensaje reenviado:|inizio messaggio inoltrato:|início da mensagem (?:encaminhada|reencaminhada):)$",
    re.IGNORECASE,
)
"""What follows was sent on, so it belongs to what is said."""

FORWARDED_BY: Final = frozenset("-_=—－&bB下aAdDiI")
"""The signs with which such a line may begin."""

RULE: Final = re.compile(r"\s*(?:_{10,}|-{10,}|={10,}|—{5,})\s*$")
"""A line that some programs draw above the head of the mail that is answered."""

HEADS: Final = {
    "from": _any(
        "from", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "от", "от кого", "gönderen", "kimden"
    )
    + "|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람",
    "sent": _any("sent", "gesendet", "envoyé", "enviado(?: el| em)?", "inviato", "verzonden", "wysłano", "skickat")
    + "|sendt|lähetetty|отправлено|gönderildi|gönderme tarihi|odesláno"
    + "|发送时间|发送日期|傳送時間|寄件日期|寄件時間|送信日時|보낸 날짜",
    "date": _any("date", "datum", "fecha", "data", "dato", "päivämäärä", "дата", "tarih") + "|日期|时间|時間|日付|날짜",
    "to": _any("to", "an", "à", "para", "a", "aan", "do", "till", "til", "vastaanottaja", "кому", "komu", "kime")
    + "|alıcı|收件人|收件者|宛先|받는 사람|받는사람",
    "cc": "cc|kopie|copie|copia|kopia|kopi|dw|копия|bilgi|抄送|副本|참조",
    "subject": _any("subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "temat", "ämne", "emne")
    + "|aihe|тема|konu|předmět|主题|主旨|件名|제목",
}
FROM_HEAD: Final = re.compile(rf"\*{{0,2}}(?:{HEADS['from']})\*{{0,2}}\s?[:：]", re.IGNORECASE)
"""The first line of such a head."""
HEADED_BY: Final = frozenset("*").union(*(one[0].lower() + one[0].upper() for one in HEADS["from"].split("|")))
"""The signs with which that line may begin: most lines are told by them."""

HEAD: Final = re.compile(
    r"\*{0,2}(?:" + "|".join(f"(?P<{name}>{words})" for name, words in HEADS.items()) + r")\*{0,2}\s?[:：]",
    re.IGNORECASE,
)
"""A line of the head of the mail that is answered, as Outlook and its like repeat it."""

_DEVICE: Final = r"[^.!?。！？,，;；]{1,40}"
_MADE_BY: Final = (
    r"iphone|ipad|android|安卓|foxmail|outlook|windows|网易|網易|qq\s?邮箱|qq\s?郵箱|小米|华为|華為|荣耀|vivo|oppo"
    r"|三星|苹果|微信|手机|手機|移动|yahoo|mac"
)
FROM_DEVICE: Final = re.compile(
    r"\s*(?:"
    + _any(
        rf"sent (?:from|via|with|using) (?:my |mail |outlook|yahoo|samsung|proton|spark|gmail|the |a )?{_DEVICE}",
        r"get outlook for (?:ios|android).{0,60}",
        rf"(?:发自|發自|来自|來自)\s*我的{_DEVICE}",
        rf"(?:发自|發自|来自|來自|发送自|發送自|从|從)\s*(?:{_MADE_BY})[^。！？，,]{{0,30}}",
        r"获取 outlook for .{1,20}|取得 outlook for .{1,20}",
        r"由网易邮箱大师定制|签名由\s*网易邮箱大师\s*定制",
        rf"von meinem {_DEVICE} gesendet|gesendet (?:von|mit) (?:meinem |der |outlook|mail){_DEVICE}",
        rf"envoyé (?:de|depuis|à partir de) (?:mon |ma |l['’]|outlook|yahoo){_DEVICE}",
        rf"enviado (?:desde|do|de|a partir do|com|con) (?:mi |meu |mon |o |el |outlook|yahoo|correo){_DEVICE}",
        rf"inviato da(?:l mio| mio|ll['’]| outlook| iphone| ipad| smartphone|l){_DEVICE}",
        rf"(?:verstuurd|verzonden) vanaf (?:mijn |outlook){_DEVICE}",
        rf"wysłane? z {_DEVICE}",
        rf"skickat från (?:min |mitt |outlook){_DEVICE}|sendt fra (?:min |mit |outlook){_DEVICE}",
        r"lähetetty (?:iphonesta|ipadista|androidista|puhelimestani)",
        rf"отправлено (?:с|из) {_DEVICE}",
        rf"odesláno z {_DEVICE}",
        r"(?:iphone|ipad|android)(?:['’](?:um|ım))?(?:dan|den) gönderildi",
        r"(?:iphone|ipad|android|スマートフォン|携帯)\s?から送信(?:されました)?",
        r"나의 (?:iphone|ipad|갤럭시).{0,20}에서 (?:보냄|보냈습니다)",
    )
    + r")[.。]?\s*$",
    re.IGNORECASE,
)
"""A line that a telephone or a program adds below a mail."""

FAREWELL: Final = re.compile(
    r"(?:"
    + _any(
        r"(?:with )?(?:my |our )?(?:best|kind|warm|kindest|warmest|many) (?:regards|wishes|thanks)",
        r"regards|best(?=,)|cheers(?=,)",
        r"sincerely(?: yours)?|(?:yours|very) (?:sincerely|truly|faithfully)|respectfully(?: yours)?",
        r"mit (?:freundlichen|besten) grü(?:ß|ss)en|(?:viele|beste|liebe|freundliche) grü(?:ß|ss)e",
        r"(?:bien |très )?cordialement|bien à vous|(?:sincères |meilleures )?salutations(?: distinguées)?",
        r"(?:un |atentos |cordiales )?saludos?(?: cordial(?:es)?)?|atentamente",
        r"atenciosamente|(?:com os melhores |melhores )?cumprimentos",
        r"(?:cordiali|distinti) saluti",
        r"met vriendelijke groet(?:en)?",
        r"(?:med )?vänliga hälsningar|med ven?n?lig hilsen|ystävällisin terveisin",
        r"pozdrawiam|z poważaniem|s pozdravem|с уважением|saygılarımla",
        r"此致(?:\s*敬[礼禮])?|敬[礼禮]|[顺順][颂頌祝][\u4e00-\u9fff]{2}|[祝敬][颂頌][\u4e00-\u9fff]{2}|祝好|祝商祺|商祺|敬上|[谨謹]上",
        r"敬具|(?:どうぞ)?(?:よろしく|宜しく)(?:お願い|御願い)(?:いた|致)?します",
        r"감사합니다",
    )
    + r")(?:\s*[,，.。!！～~]{0,2}|\s*[,，]\s*[^\s?？][^?？]{0,40})$",
    re.IGNORECASE,
)
"""How somebody takes leave, perhaps with the name on the same line."""
