"""Passwords in addresses, headers and commands: `postgres://u:p@host`, `curl -u`, `Bearer ...`."""

import base64
import binascii
from collections.abc import Iterator

from bot.redaction.expressions import Match, Pattern, Plain
from bot.redaction.finding import Finding
from bot.redaction.labelled_values import values

_ADDRESS = Pattern(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,30})://(?P<user>[^\s/:@\"'<>|]{0,100}):"
    r"(?P<secret>[^\s\"'<>|]{1,200})@[\w$\[{(]"
)
_TOKEN_IN_ADDRESS = Pattern(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,30})://(?P<secret>[^\s/:@\"'<>|]{3,200})@[\w.\[-]"
)
_PASSWORD_ONLY = ("redis", "rediss", "amqp", "amqps", "mqtt", "mqtts", "valkey", "memcached")
"""Schemes whose addresses may have a password and no name."""
_PORT = Pattern(r"\d{1,5}(?:/.*)?")
_SIGNATURE = Pattern(
    r"[?&](?:sig|signature|x-amz-signature|x-goog-signature|x-amz-security-token|token"
    r"|access_token"
    r"|api_?key|auth|code|secret|password|pwd|pass|sas|private_token"
    r"|key)=(?P<secret>[\w%+/=.~-]{8,})"
)
_LONG_SIGNATURE = 16
_BEARER = Pattern(r"\b(?:bearer|token|apikey|api-key)[ :]{1,3}[\"'`]?(?P<secret>[\w.~+/=-]{12,})")
_HEADER = Pattern(
    r"\b(?:proxy-)?authorization[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`]?"
    r"(?:(?:bearer|basic|token|digest|apikey|negotiate|aws4-hmac-sha256|key)\s{1,3})?"
    r"(?P<secret>[^\s\"'`<>\[\]{}$()]{8,})"
)
_BASIC = Pattern(r"\bbasic\s{1,3}[\"'`]?(?P<secret>[a-z0-9+/]{8,}={0,2})")
_CURL = Pattern(
    r"\b(?:curl|wget|https?|xh|httpie)\b[^\n]{0,300}?\s(?:-u|--user|--proxy-user|-a"
    r"|--auth)(?:\s{1,3}|=)?"
    r"(?:\"[^\s\":]{0,60}:(?P<double>[^\"\n]{1,100})\"|'[^\s':]{0,60}:(?P<single>[^'\n]{1,100})'"
    r"|[^\s\"':]{0,60}:(?P<bare>[^\s\"'`]{1,100}))"
)
_OPTION = Pattern(
    r"\s--?(?:password|passwd|pass|pw|token|secret|api-key|http-password|ftp-password"
    r"|requirepass)"
    r"(?:=|\s{1,3})[\"']?(?P<secret>[^\s\"'`<>]{4,100})"
)
_COMMAND = Pattern(
    r"\b(?:mysql\w*|mariadb|mongo\w*|sshpass|docker login|podman login|twine upload|redis-cli|zip"
    r"|unzip|7z\w?|smbclient|ldapsearch|plink|psftp|net use|htpasswd|kinit|pg_dump|rabbitmqadmin"
    r"|mosquitto_\w+|sqlcmd|isql|sqlplus|expect|az login|ansible\w*|restic|helm \w+|nmcli)\b"
    r"[^\n|;]{0,120}?\s-(?:p|P|w|a|pw|pass)(?:\s"
    r"|=)?[\"']?(?P<secret>[^\s\"'`<>=-][^\s\"'`<>]{3,100})"
)
_SESSION = Pattern(
    r"\b(?:session(?:_?id)?|phpsessid|jsessionid|asp\.net_sessionid|connect\.sid|sid"
    r"|_\w{1,20}_session"
    r"|auth|remember_\w{1,20}|csrftoken)=(?P<secret>[\w%.-]{16,})"
)
_OTP = Pattern(r"otpauth://[^\s\"'<>]{0,300}?[?&]secret=(?P<secret>[a-z2-7=]{8,})")
_NET_USE = Pattern(r"/user:\S{1,80}\s{1,2}(?P<secret>[^\s\"'`<>]{4,100})")
_ORACLE = Pattern(
    r"\b(?:sqlplus|oracle|thin)[ :]{1,3}[\w.]{1,30}/(?P<secret>[^\s/@\"']{3,60})@[\w/]"
)
_NETRC = Pattern(
    r"\bmachine\s\S{1,100}\s{1,3}login\s\S{1,100}\s{1,3}password\s(?P<secret>\S{3,100})"
)

_SQL = Pattern(
    r"\bidentified (?:by|with \w{1,40} (?:by|as)) (?:password )?['\"]"
    r"(?P<secret>[^'\"\n]{4,100})['\"]"
)
_WINDOWS_USER = Pattern(r"\bnet user \S{1,60} (?P<secret>[^\s/\"'`<>]{4,100})")
_SUDO = Pattern(
    r"\becho\s{1,2}['\"]?(?P<secret>[^\s'\"|]{4,100})['\"]?\s?\|"
    r"\s?sudo\s[^\n]{0,20}-S\b"
)
_WIFI_CODE = Pattern(r"\bwifi:(?:[tsh]:[^;\n]{0,60};){0,3}p:(?P<secret>[^;\n]{4,63})")
"""What the QR code of a wireless network says."""
_DEFAULT_USER = Pattern(
    r"(?:^|[\s\"'`(])(?:admin|administrator|root|guest|gast):(?P<secret>[^\s\"'`<>/]{6,60})"
)

_WITH_A_WORD = (
    ("machine", _NETRC),
    ("identified", _SQL),
    ("net user", _WINDOWS_USER),
    ("sudo", _SUDO),
    ("wifi:", _WIFI_CODE),
)


def network_credentials(plain: Plain) -> Iterator[Finding]:
    """Passwords and tokens in addresses, headers and commands; findings may overlap."""
    if "://" in plain.text:
        yield from _addresses(plain)
        yield from _found(_OTP, plain)
    yield from _parameters(plain)
    yield from _headers(plain)
    yield from _commands(plain)
    yield from _default_users(plain)


def _parameters(plain: Plain) -> Iterator[Finding]:
    """Values in the query of an address, and in cookies."""
    if plain.has_any(("?", "&")):
        for match in _SIGNATURE.finditer(plain):
            name = match[0][1:].partition("=")[0].lower()
            signed = name.startswith(("sig", "x-")) and len(match["secret"]) >= _LONG_SIGNATURE
            if signed or values.random(match["secret"], 12):
                yield _whole(match)
    if plain.has_any(("sess", "sid=", "auth=", "remember_", "csrf")):
        yield from (_whole(m) for m in _SESSION.finditer(plain) if values.random(m["secret"]))


def _headers(plain: Plain) -> Iterator[Finding]:
    if plain.has_any(("bearer", "token", "apikey", "api-key")):
        for match in _BEARER.finditer(plain):
            if values.random(match["secret"].rstrip("."), 12):
                yield _whole(match)
    if "authorization" in plain.lower:
        for match in _HEADER.finditer(plain):
            value = match["secret"]
            if values.strong(value) or values.random(value, 12) or _pair(value):
                yield _whole(match)
    if "basic" in plain.lower:
        yield from (_whole(one) for one in _BASIC.finditer(plain) if _pair(one["secret"]))


def _addresses(plain: Plain) -> Iterator[Finding]:
    for match in _ADDRESS.finditer(plain):
        secret = match["secret"]
        port = "." in match["user"] or match["user"] == "localhost"
        if not (values.placeholder(secret) or (port and _PORT.fits(secret))):
            yield Finding("secret", *match.span("secret"))
    for match in _TOKEN_IN_ADDRESS.finditer(plain):
        secret = match["secret"]
        alone = match["scheme"].lower() in _PASSWORD_ONLY and not values.placeholder(secret)
        if alone or values.random(secret, 20):
            yield Finding("secret", *match.span("secret"))


def _commands(plain: Plain) -> Iterator[Finding]:
    if plain.has_any(("curl", "wget", "http", "xh")):
        yield from _found(_CURL, plain)
    if plain.has_any(("sqlplus", "oracle", "thin:")):
        yield from _found(_ORACLE, plain)
    if "/user:" in plain.lower:
        yield from _found(_NET_USE, plain)
    if " -" in plain.text or "\t-" in plain.text:
        for pattern in (_OPTION, _COMMAND):
            yield from (_whole(m) for m in pattern.finditer(plain) if values.strong(m["secret"]))
    for word, pattern in _WITH_A_WORD:
        if word in plain.lower:
            yield from _found(pattern, plain)


def _default_users(plain: Plain) -> Iterator[Finding]:
    """Passwords behind the names that every machine has, as in "admin:..."."""
    if plain.has_any(("admin", "root:", "guest:", "gast:")):
        for match in _DEFAULT_USER.finditer(plain):
            secret = match["secret"].rstrip(".,;:!?)")
            start = match.span("secret")[0]
            if values.strong(secret):
                yield Finding("secret", start, start + len(secret))


def _found(pattern: Pattern, plain: Plain) -> Iterator[Finding]:
    """What a pattern's first group matched, unless it stands for a value."""
    for match in pattern.finditer(plain):
        start, end = match.found
        if not values.placeholder(plain.text[start:end]):
            yield Finding("secret", start, end)


def _whole(match: Match) -> Finding:
    return Finding("secret", *match.span("secret"))


def _pair(text: str) -> bool:
    """Whether it is a name and a password in base64, as after "Basic"."""
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in said
