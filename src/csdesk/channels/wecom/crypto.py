"""The envelope of WeCom callbacks: a signature over everything, and AES-256-CBC inside.

Key = base64 of the EncodingAESKey's 43 characters, 32 bytes; the initial vector is its first half. Plain text = 16
random bytes, the length of the message in 4 bytes (big endian), the message, the receive id; padded to 32 bytes as
PKCS#7 does. The signature is SHA-1 over the sorted token, timestamp, nonce and cipher text. See "Encryption and
decryption" in the platform's documentation for receiving messages.

Everything that can be wrong with what a stranger sends is one ``RequestRejected``. AES comes from the package
``cryptography`` (extra ``wecom``), imported when the first ``WeComCrypto`` is made.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha1
from hmac import compare_digest
from secrets import token_bytes  # noqa: TID251  an envelope can be made without a desk
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from csdesk._sentence import is_a
from csdesk.channels.wecom.envelopes import cipher_of, envelope
from csdesk.errors import InvalidInput, MissingExtra, RequestRejected

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
    from cryptography.hazmat.primitives.ciphers.modes import CBC

_BLOCK: Final = 32
_HEAD: Final = 20
_KEY: Final = re.compile(r"[0-9A-Za-z+/]{43}")
_TOKEN: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_RECEIVER: Final = re.compile(r"[\x21-\x7e]{1,128}")
_TEXT: Final = re.compile(r"(?s).+")
_SIGNED: Final = re.compile(r"[0-9a-f]{40}")
_PLAIN: Final = re.compile(r"[^<>&\]\s\x7f-\U0010ffff]{1,128}")

MOST_BYTES: Final = 1_000_000
"""The largest body that is looked at; the platform's callbacks have a few hundred bytes."""


@dataclass(frozen=True, slots=True)
class EncryptedReply:
    """An encrypted answer: the parts that the signature covers, and the signature."""

    encrypt: str
    msg_signature: str
    timestamp: str
    nonce: str

    @property
    def xml(self) -> bytes:
        """The body to answer with."""
        return envelope(self.encrypt, self.msg_signature, self.timestamp, self.nonce)


class WeComCrypto:
    """Verifies, decrypts and encrypts what goes between WeCom and a callback address. Safe between threads.

    Args:
        token: the Token of the callback's settings: 1 to 32 letters and digits.
        encoding_aes_key: the EncodingAESKey beside it: 43 characters.
        receive_id: the corp id (for a provider's application its suite id); always checked.

    Raises:
        InvalidInput: one of them cannot be what the platform gave.
        MissingExtra: the package ``cryptography`` is not installed.
    """

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        if not _is(_TOKEN, token):
            raise InvalidInput("token", "is no callback token", "pass its 1 to 32 letters and digits")
        if not _is(_KEY, encoding_aes_key):
            raise InvalidInput("encoding_aes_key", "is no EncodingAESKey", "pass its 43 characters")
        if not _is(_RECEIVER, receive_id):
            raise InvalidInput("receive_id", "is none", "pass the corp id, or a provider's suite id")
        self._token = token
        self._receive_id = receive_id.encode()
        self._cipher = _cipher(b64decode(encoding_aes_key + "="))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(receive_id={self._receive_id.decode()!r})"

    def verify_url(self, msg_signature: str, timestamp: str, nonce: str, echostr: str) -> str:
        """The text to answer a check of the address with, byte for byte.

        ``echostr`` may still be percent-encoded, as it stands in the query.

        Raises:
            RequestRejected: it is not from the platform.
        """
        given = unquote(echostr) if _is(_TEXT, echostr) and "%" in echostr else echostr
        plain = self._opened(msg_signature, timestamp, nonce, given)
        try:
            return plain.decode()
        except UnicodeDecodeError:
            raise RequestRejected("bad_text") from None

    def decrypt(self, msg_signature: str, timestamp: str, nonce: str, body: bytes) -> bytes:
        """The XML inside a posted body.

        Raises:
            RequestRejected: it is not from the platform, not for this receiver, or malformed.
        """
        if not _is_body(body):
            raise RequestRejected("bad_body")
        return self._opened(msg_signature, timestamp, nonce, cipher_of(body))

    def encrypt(
        self, plaintext: str | bytes, timestamp: str | int, nonce: str, *, random16: bytes | None = None
    ) -> EncryptedReply:
        """The message in an envelope of its own.

        Args:
            plaintext: the message.
            timestamp: Unix time in seconds.
            nonce: any text that is used once.
            random16: the 16 bytes in front; drawn at random if not given.

        Raises:
            InvalidInput: ``random16`` is not 16 bytes, or ``nonce`` cannot stand in a query.
        """
        text: object = plaintext
        if not isinstance(text, str | bytes):
            raise InvalidInput("plaintext", is_a(text), "pass str or bytes")
        first = token_bytes(16) if random16 is None else random16
        if len(first) != 16:
            raise InvalidInput("random16", "is not 16 bytes", "leave it out")
        stamp = str(timestamp)
        for name, value in (("timestamp", stamp), ("nonce", nonce)):
            if not _is(_PLAIN, value):
                raise InvalidInput(name, "cannot stand in a query", "pass 1 to 128 plain characters")
        message = text.encode() if isinstance(text, str) else text
        whole = first + struct.pack(">I", len(message)) + message + self._receive_id
        pad = _BLOCK - len(whole) % _BLOCK
        made = b64encode(_run(self._cipher.encryptor(), whole + bytes([pad]) * pad)).decode()
        return EncryptedReply(made, self.signature(stamp, nonce, made), stamp, nonce)

    def signature(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """The signature over them and the token, as 40 hexadecimal digits."""
        joined = "".join(sorted((self._token, timestamp, nonce, encrypt)))
        return sha1(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()

    def _opened(self, msg_signature: str, timestamp: str, nonce: str, encrypt: str) -> bytes:
        for value in (msg_signature, timestamp, nonce, encrypt):
            if not _is(_TEXT, value):
                raise RequestRejected("missing_signature")
        wanted = self.signature(timestamp, nonce, encrypt)
        if not _SIGNED.fullmatch(msg_signature) or not compare_digest(wanted, msg_signature):
            raise RequestRejected("bad_signature")
        return self._inside(_padded(self._cipher, encrypt))

    def _inside(self, plain: bytes) -> bytes:
        if len(plain) < _HEAD:
            raise RequestRejected("bad_cipher")
        (size,) = struct.unpack(">I", plain[16:_HEAD])
        end = _HEAD + size
        if end > len(plain):
            raise RequestRejected("bad_cipher")
        if not compare_digest(plain[end:], self._receive_id):
            raise RequestRejected("bad_receiver")
        return plain[_HEAD:end]


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_body(value: object) -> bool:
    return isinstance(value, bytes) and 0 < len(value) <= MOST_BYTES


def _padded(cipher: Cipher[CBC], encrypt: str) -> bytes:
    """The decrypted text without its padding, which must be whole: equal bytes, at least one."""
    try:
        sealed = b64decode(encrypt.encode("ascii"), validate=True)
    except (Base64Error, UnicodeEncodeError, ValueError):
        raise RequestRejected("bad_cipher") from None
    # Blocks of AES have 16 bytes, those of the padding 32: some libraries of the platform's users pad to 16.
    if not sealed or len(sealed) % 16:
        raise RequestRejected("bad_cipher")
    whole = _run(cipher.decryptor(), sealed)
    pad = whole[-1]
    if not 1 <= pad <= _BLOCK or pad > len(whole) or whole[-pad:] != bytes([pad]) * pad:
        raise RequestRejected("bad_padding")
    return whole[:-pad]


def _run(context: CipherContext, given: bytes) -> bytes:
    made: bytes = context.update(given) + context.finalize()
    return made


def _cipher(key: bytes) -> Cipher[CBC]:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ImportError as error:
        raise MissingExtra("wecom", "cryptography", "the callback of WeCom") from error
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
