"""Whether what stands beside "password" or "key" is a value, or a placeholder, code or prose."""

from pathlib import Path

from bot.redaction.expressions import Pattern
from bot.redaction.gitleaks import entropy

_LETTER = Pattern(r"[a-z]")
_DIGIT = Pattern(r"\d")
_WORD = Pattern(r"[a-z]+(?:['-][a-z]+)*")
_SYMBOL_INSIDE = Pattern(
    r"[^a-z0-9\s.,;:'\"()/\-][a-z0-9]|[a-z0-9][$#%&*+=^~|@_!?]+[a-z0-9]|[!$#%&*+=^~]{1,3}$"
)
_MIXED_CASE = Pattern(r"[a-z][A-Z][A-Za-z]*[a-z]|[A-Z]{2}[a-z]{2,}[A-Z]", ignore_case=False)
_LOWER = Pattern(r"[a-z]", ignore_case=False)
_UPPER = Pattern(r"[A-Z]", ignore_case=False)
_PLACEHOLDERS = Pattern(
    r"\$\{.*|\$\(.*|\$\$?[A-Z_][A-Z0-9_]*|\$[a-z_]+(?:[.:\[(].*)?|\$[a-z]+(?:[A-Z][a-z]+)+"
    r"|%[A-Z_]+%|%\(?\w*\)?[sdrvq]|%[a-z]|\{.*|#\{.*|<.*|\[.*|\(.*|@[A-Z_]+@?|:[a-z_]+|\?+"
    r"|!(?:vault|secret|env|ref|sub|include)\b.*|[a-z-]{2,12}=|(?i:\w+_(?:password|passwd|pwd|token))"
    r"|[\w.-]*(?:x{6,}|X{6,})[\w.-]*|\?\w+"  # ${PASSWORD:?missing}
    r"|[*xX.\-_#+=?/]{2,}|(?:[*x.\-_#?]{3,})\S{0,4}|\S{0,4}[*]{3,}\S{0,4}"
    r"|__?\w+__?|<<\w+>>|@@\w+@@|![A-Z]\w*|\d{3,5}[xX]{3,}"
    r"|\$\d|(?i:replace\w*|unset|fill\w*)|(?i:(?:enter|insert|put|replace|hier|type)[-_].*"
    r"|\w+[-_](?:here|hier|ici|aqui))"
    r"|(?:[A-Z]+_)+[A-Z]+(?:_\d)?|[A-Z]{2,}(?:-[A-Z]{2,})+"  # YOUR_KEY, YOUR-KEY
    r"|(?i:(?:your|my|the|dein|ihr|euer|mein|votre|ton|mon|tu|su|mi)[-_][\w-]+)"
    r"|(?i:(?:your|my|dein|mein)(?:pass\w*|token|key|secret|kennwort|pw|api\w*))"
    r"|(?i:change[-_]?(?:me|it)|changeme\d*|placeholder|example|redacted|insert\w*|todo|tbd|n/a"
    r"|none|null"
    r"|nil|undefined|true|false|foo|bar|foobar|dummy|string|str|text|pass(?:word|wort|phrase|wd"
    r"|code)?"
    r"|kennwort|pwd|pw|secret|token|api[-_]?key|key|user(?:name)?|hidden|motdepasse)"
    r"|[a-zA-Z_]\w*(?:\.\w+)*\(.*"  # a call
    r"|[a-zA-Z_]\w*(?:\.\w+)*\[.*"  # an entry, os.environ[
    r"|(?i:os|process|env|secrets|config|cfg|conf|settings|self|this|args|request|req|res"
    r"|response"
    r"|vars?|local|data|params|options|opts|ctx|context|app|credentials|creds|vault|system|github"
    r"|inputs|steps|environ(?:ment)?|values|form|user|auth|session|input|props|state|event|body"
    r"|json"
    r"|keyring|import|client|node|module|values|lookup|ssm)\.[a-zA-Z_][\w.]*"
    r"|(?:Read|Get|New|ConvertTo|ConvertFrom|Import|Invoke)-[A-Z]\w+"
    r"|(?i:op|env|file|ref\+\w+|vault|ssm|arn|https?|ftp|mailto):/?.*"
    r"|(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)+/?|[a-z]:\\.*"  # paths
    r"|(?i:await|async|new|lambda|function|def|return|const|let)",
    ignore_case=False,
)
_HARMLESS = Pattern(
    # dates and times
    r"\d{1,4}[./-]\d{1,2}(?:[./-]\d{1,4})?\.?|\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[ap]m|h|uhr)?"
    r"|v?\d+(?:\.\d+)+(?:[-+.]?[a-z]+[.\d]*)*|v\d+"  # versions
    r"|(?-i:[A-Z]{2,10}-\d{1,7})"  # tickets
    r"|\d+(?:st|nd|rd|th|e|er|d|h|s|m|x|k|min|mm|cm|km|gb|mb|tb|kb|bit|fach|ten|te|ter)"
    r"|[a-z]{1,3}-?\d{1,3}(?:\.\d{1,4})*|q[1-4][-/]?\d{0,4}|\w{1,3}=\d+"  # rooms, quarters
    r"|\d{1,5}-[a-z]+(?:-[a-z]+)*|[a-z]+-\d{1,2}"  # 8-stellig
    r"|(?:sha|md|aes|rsa|utf|ed|base|iso|oauth|saml|tls|ssl|http|ipv|wpa|x|s|mp"
    r"|p)-?\d{1,5}(?:[-/]\w+)*"
    r"|2fa|mfa|totp|fido2?|1password|keepass\w*|office365|m365|o365|windows-?\d+|argon2\w*|pbkdf2"
    r"|bcrypt|365|i18n|k8s|s3|ec2|db\d|wpa[23]|[a-z]+:\w+-\w+"
    r"|[\w.-]+\.(?:md|txt|pdf|xlsx?|docx?|kdbx?|env|py|ya?ml|json|toml|conf|ini|csv|html?|js|ts"
    r"|sh|log|png|jpg|gpg|pem|key|local|internal|com|de|org|net|example|io|fr|eu)(?::\d+)?\.?"
    r"|(?:strg|ctrl|control|alt|shift|umschalt|cmd|win|option|fn)\+\S+"
    r"|[a-z]+(?:/[a-z]+)+|\S+@\S+\.[a-z]{2,}|(?:https?|ftp|ssh|smb):.*|#\w+|@\w+|[\d.,]+\s?(?:%"
    r"|eur|usd|\?)"
)


def _words(file: str) -> frozenset[str]:
    """The words of a list beside this module, one a line, in lower case and without accents."""
    return frozenset(Path(__file__).with_name(file).read_text(encoding="ascii").split())


PROSE = _words("prose.txt")
"""Words after "password is" or "password:" that say something about it."""


ABOUT_PASSWORDS = _words("compounds.txt")
"""Words after "password" that make another thing of it."""


def placeholder(value: str) -> bool:
    """Whether it stands for a value: a variable, a call, a blank, the name of what goes there."""
    return _PLACEHOLDERS.fits(value)


def harmless(value: str) -> bool:
    """Whether it is a date, a version, a file, the name of a method or the like."""
    return _HARMLESS.fits(value)


def word(value: str) -> bool:
    """Whether it has letters only (and hyphens and apostrophes between them)."""
    return _WORD.fits(value)


def strong(value: str) -> bool:
    """Whether it looks as a password does: letters with digits, signs or capitals among them."""
    if len(value) < 5 or placeholder(value) or harmless(value):  # noqa: PLR2004
        return False
    if not _LETTER.occurs(value):
        return False
    return bool(_DIGIT.occurs(value) or _SYMBOL_INSIDE.occurs(value) or _MIXED_CASE.occurs(value))


def very_strong(value: str) -> bool:
    """Whether it is a password even some words away from what says so."""
    return (
        strong(value)
        and _DIGIT.occurs(value)
        and _LOWER.occurs(value)
        and (_UPPER.occurs(value) or _SYMBOL_INSIDE.occurs(value))
    )


def random(value: str, shortest: int = 16) -> bool:
    """Whether it looks as a key does: long, letters and digits, of many kinds."""
    return (
        len(value) >= shortest
        and _LETTER.occurs(value)
        and _DIGIT.occurs(value)
        and not placeholder(value)
        and not harmless(value)
        and entropy(value) >= 2.8  # noqa: PLR2004  hexadecimal digits have 4, of which few repeat
    )
