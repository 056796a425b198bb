"""Names and passwords in addresses: used where they are needed, and never shown, kept or logged."""

import re
from urllib.parse import quote, unquote

HIDDEN = "***"
SCHEME = r"[A-Za-z][\w+.-]*(?:::[\w+.-]+)*://"
# A password may hold any mark, "/" and "@" too: then it ends at the last "@".
USER_INFO = re.compile(r"(?<=://)(?:[^/\s]*:\S*|[^/\s?#]*)@")
WHOLE_ADDRESS = re.compile(rf"(?s)({SCHEME})(?:([^/:]*):(.*)|([^/?#]*))@(.*)")
PLAIN_HOST = re.compile(rf"{SCHEME}(\[[^]/]*\]|[^/?#:@]*)(:\d*)?(?![^/?#])")
WITH_USER_INFO = re.compile(rf"({SCHEME})([^/?#:]*)(?::([^/?#]*))?@([^/?#@]*(?:[/?#].*)?)", re.DOTALL)
SECRET_WORDS = "token|sig|secret|pass|pwd|credential|key|auth|odbc_connect"
IN_QUERY = re.compile(rf"(?i)([?&;#][^=&;\s]*(?:{SECRET_WORDS})[^=&;\s]*=)([^&;\s'\"]+)")
SHORTEST = 3  # characters of a secret: what is shorter stands in many words


def without_credentials(text: str, *addresses: str) -> str:
    """Return a text with what is secret in the addresses within it replaced by stars.

    Where an address can be read in two ways, such as `http://h:80/a@b`, what may be a password is hidden.

    addresses : which the text may repeat in part, or written otherwise, as errors of libraries do.

    >>> without_credentials("https://me:pw@host/a.csv?token=abc&x=1 does not answer")
    'https://***@host/a.csv?token=***&x=1 does not answer'
    >>> without_credentials("no bucket sec/ret@b", "s3://key:sec/ret@b")
    'no bucket ***@b'
    """
    for address in filter(None, addresses):
        text = text.replace(address, shown(address))
        for secret in secrets_of(address):
            text = text.replace(secret, HIDDEN)
    return IN_QUERY.sub(rf"\1{HIDDEN}", USER_INFO.sub(f"{HIDDEN}@", text))


def shown(address: str) -> str:
    """Return one address as it may be shown, whatever its password holds.

    >>> shown("s3://key:sec/r et@bucket/x")
    's3://***@bucket/x'
    """
    return IN_QUERY.sub(rf"\1{HIDDEN}", WHOLE_ADDRESS.sub(rf"\1{HIDDEN}@\5", address))


def secrets_of(address: str) -> list[str]:
    """Return what is secret in an address as texts may repeat it: whole, in parts, decoded; longest first."""
    match = WHOLE_ADDRESS.fullmatch(address)
    found = [match[3] or match[4] or ""] if match else []
    found += [value for _, value in IN_QUERY.findall(address)]
    found += [part for secret in found for part in re.split(r"[/?#@:]", secret)]
    found += [other for secret in found for other in (unquote(secret), quote(secret, safe=""))]
    return sorted({secret for secret in found if len(secret) >= SHORTEST}, key=len, reverse=True)


def split_credentials(uri: str) -> tuple[str, str | None, str | None]:
    """Return (the URI without name and password, name, password); None for what there is not.

    >>> split_credentials("http://me:p%40w@host:5000/x")
    ('http://host:5000/x', 'me', 'p@w')
    """
    if PLAIN_HOST.match(uri):
        return uri, None, None
    match = WITH_USER_INFO.fullmatch(uri)
    if match:
        scheme, name, password, rest = match.groups()
    elif match := WHOLE_ADDRESS.fullmatch(uri):
        scheme, name, password, rest = match[1], match[2] or match[4], match[3], match[5]
    else:
        return uri, None, None
    return scheme + rest, unquote(name or "") or None, unquote(password or "") or None
