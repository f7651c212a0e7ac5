"""What is said when an encrypted line, to a mail server or a mailbox, could not be trusted."""

import ssl

_EXPIRED = 10
_OTHER_NAMES = (62, 64)
"""The certificate is not for this name, or not for this number (OpenSSL's X509_V_ERR_…_MISMATCH)."""


def distrust(place: str, setting: str, error: ssl.SSLError) -> str:
    """Say why no encrypted line came about, and what to do; nothing secret was said to the other side.

    Args:
        place: the host, perhaps with its port.
        setting: where its address stands, such as `mail.smtp`.
    """
    if not isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"no encrypted line to {place} came about ({error.reason or error}): is this the port that "
            f"{setting} should name?"
        )
    if error.verify_code in _OTHER_NAMES:
        return (
            f"the certificate of {place} could not be trusted: it is for another name. Write the server "
            f"into {setting} by the name in its certificate"
        )
    if error.verify_code == _EXPIRED:
        return f"the certificate of {place} could not be trusted: it has run out. Its keepers renew it"
    return (
        f"the certificate of {place} could not be trusted: {error.verify_message}. If it is signed by "
        "an authority of your own, name that one's file in SSL_CERT_FILE"
    )
