"""DKIM by ourselves, for servers that do not sign what they are handed. Most do: then this stays off.

Source: RFC 6376; RFC 8058, section 4 (both headers of unsubscribing stand under the signature).
"""

from aggregator.errors import EngagedError

SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "Content-Language", "List-Id",
    "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip


class CannotSign(EngagedError):
    """No signature can be made with what is configured or installed."""

    code = "cannot-sign"


def signed(message: bytes, selector: str, domain: str, key: str) -> bytes:
    """Give a message with its signature before it.

    Args:
        message: with CRLF line ends.
        key: the private key, as PEM.

    Raises:
        CannotSign: dkimpy is not installed, or the key cannot be read.
    """
    try:
        import dkim  # an extra: who lets the server sign needs none of it
    except ImportError:
        raise CannotSign(
            'mail.dkim_key is set, and dkimpy is missing: pip install "engaged[mail]"'
        ) from None
    headers = [name.lower().encode() for name in SIGNED if _has(message, name)]
    try:
        signature: bytes = dkim.sign(
            message, selector.encode(), domain.encode(), key.strip().encode(), include_headers=headers
        )
    except (dkim.DKIMException, ValueError) as error:
        raise CannotSign(f"mail.dkim_key cannot be used to sign: {error}") from error
    return signature + message


def _has(message: bytes, name: str) -> bool:
    head = b"\r\n" + message.partition(b"\r\n\r\n")[0].lower()
    return b"\r\n" + name.lower().encode() + b":" in head
