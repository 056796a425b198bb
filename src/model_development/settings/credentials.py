"""Names and passwords in addresses: used where they are needed, and never shown, kept or logged."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

HIDDEN = "***"
USER_INFO = re.compile(r"(?<=://)[^/\s?#]*@")
IN_QUERY = re.compile(
    r"(?i)([?&;][^=&;\s]*(?:token|signature|sig|secret|passw|pwd|credential|accesskey|api_?key)[^=&;\s]*=)[^&;\s'\"]+"
)


def without_credentials(text: str) -> str:
    """Return a text with what is secret in the addresses within it replaced by stars.

    >>> without_credentials("https://me:pw@host/a.csv?token=abc&x=1 does not answer")
    'https://***@host/a.csv?token=***&x=1 does not answer'
    """
    return IN_QUERY.sub(rf"\1{HIDDEN}", USER_INFO.sub(f"{HIDDEN}@", text))


def split_credentials(uri: str) -> tuple[str, str | None, str | None]:
    """Return (the URI without name and password, name, password); None for what there is not.

    >>> split_credentials("http://me:p%40w@host:5000/x")
    ('http://host:5000/x', 'me', 'p@w')
    """
    scheme, place, *rest = urlsplit(uri)
    info, _, host = place.rpartition("@")
    name, _, password = info.partition(":")
    return urlunsplit((scheme, host, *rest)), unquote(name) or None, unquote(password) or None
