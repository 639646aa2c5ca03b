"""Whether a value that stands beside "password" or "key" is one, or a placeholder, code or prose."""

from bot.redaction.expressions import Pattern
from bot.redaction.gitleaks import entropy

_LETTER = Pattern(r"[a-z]")
_DIGIT = Pattern(r"\d")
_WORD = Pattern(r"[a-z]+(?:['-][a-z]+)*")
_SYMBOL_INSIDE = Pattern(r"[^a-z0-9\s.,;:'\"()/\-][a-z0-9]|[a-z0-9][$#%&*+=^~|@_!?]+[a-z0-9]|[!$#%&*+=^~]{1,3}$")
_MIXED_CASE = Pattern(r"[a-z][A-Z][A-Za-z]*[a-z]|[A-Z]{2}[a-z]{2,}[A-Z]", ignore_case=False)
_LOWER = Pattern(r"[a-z]", ignore_case=False)
_UPPER = Pattern(r"[A-Z]", ignore_case=False)
_PLACEHOLDERS = Pattern(
    r"\$\{.*|\$\(.*|\$\$?[A-Z_][A-Z0-9_]*|\$[a-z_]+(?:[.:\[(].*)?|\$[a-z]+(?:[A-Z][a-z]+)+"
    r"|%[A-Z_]+%|%\(?\w*\)?[sdrvq]|%[a-z]|\{.*|#\{.*|<.*|\[.*|\(.*|@[A-Z_]+@?|:[a-z_]+|\?+|!vault.*"
    r"|[*xX.\-_#+=?/]{2,}|(?:[*x.\-_#?]{3,})\S{0,4}|\S{0,4}[*]{3,}\S{0,4}"
    r"|__?\w+__?|(?:[A-Z]+_)+[A-Z]+(?:_\d)?|[A-Z]{2,}(?:-[A-Z]{2,})+"  # YOUR_KEY, YOUR-KEY
    r"|(?i:(?:your|my|the|dein|ihr|euer|mein|votre|ton|mon|tu|su|mi)[-_][a-z_-]+)"
    r"|(?i:(?:your|my|dein|mein)(?:pass\w*|token|key|secret|kennwort|pw|api\w*))"
    r"|(?i:change[-_]?(?:me|it)|changeme\d*|placeholder|example|redacted|insert\w*|todo|tbd|n/a|none|null"
    r"|nil|undefined|true|false|foo|bar|foobar|dummy|string|str|text|pass(?:word|wort|phrase|wd|code)?"
    r"|kennwort|pwd|pw|secret|token|api[-_]?key|key|user(?:name)?|hidden|motdepasse)"
    r"|[a-zA-Z_]\w*(?:\.\w+)*\(.*"  # a call
    r"|[a-zA-Z_]\w*(?:\.\w+)*\[.*"  # an entry, os.environ[
    r"|(?i:os|process|env|secrets|config|cfg|conf|settings|self|this|args|request|req|res|response"
    r"|vars?|local|data|params|options|opts|ctx|context|app|credentials|creds|vault|system|github"
    r"|inputs|steps|environ(?:ment)?|values|form|user|auth|session|input|props|state|event|body|json"
    r"|keyring|client|node|module|values|lookup|ssm)\.[a-zA-Z_][\w.]*"
    r"|(?:Read|Get|New|ConvertTo|ConvertFrom|Import|Invoke)-[A-Z]\w+"
    r"|(?i:op|env|file|ref\+\w+|vault|ssm|arn|https?|ftp|mailto):/?.*"
    r"|(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)+/?|[a-z]:\\.*"  # paths
    r"|(?i:await|async|new|lambda|function|def|return|const|let)",
    ignore_case=False,
)
_HARMLESS = Pattern(
    r"\d{1,4}[./-]\d{1,2}(?:[./-]\d{1,4})?\.?|\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[ap]m|h|uhr)?"  # dates
    r"|v?\d+(?:\.\d+)+(?:[-+.]?[a-z]+[.\d]*)*|v\d+"  # versions
    r"|[A-Z]{2,10}-\d{1,7}"  # tickets
    r"|\d+(?:st|nd|rd|th|e|er|d|h|s|m|x|k|min|mm|cm|km|gb|mb|tb|kb|bit|fach|ten|te|ter)"
    r"|[a-z]{1,3}-?\d{1,3}(?:\.\d{1,4})*|q[1-4][-/]?\d{0,4}|\w{1,3}=\d+"  # rooms, quarters
    r"|\d{1,5}-[a-z]+(?:-[a-z]+)*|[a-z]+-\d{1,2}"  # 8-stellig
    r"|(?:sha|md|aes|rsa|utf|ed|base|iso|oauth|saml|tls|ssl|http|ipv|wpa|x|s|mp|p)-?\d{1,5}(?:[-/]\w+)*"
    r"|2fa|mfa|totp|fido2?|1password|keepass\w*|office365|m365|o365|windows-?\d+|argon2\w*|pbkdf2"
    r"|bcrypt|365|i18n|k8s|s3|ec2|db\d|wpa[23]|[a-z]+:\w+-\w+"
    r"|[\w.-]+\.(?:md|txt|pdf|xlsx?|docx?|kdbx?|env|py|ya?ml|json|toml|conf|ini|csv|html?|js|ts|sh|log|png|jpg|gpg|pem|key|local|internal|com|de|org|net|example|io|fr|eu)(?::\d+)?\.?"
    r"|[a-z]+(?:/[a-z]+)+|\S+@\S+\.[a-z]{2,}|(?:https?|ftp|ssh|smb):.*|#\w+|@\w+|[\d.,]+\s?(?:%|eur|usd|\?)"
)
PROSE = frozenset(
    """
    a able about above abgelaufen again ahora alle allowed already also always an and angepasst any
    anything are as ask at auch auf aus available available back bad be because been before being below
    bekannt best better bitte blank bleibt blocked both broken by cambiada cambiado can case changed
    checked communique compulsory confidential correct correcta correcto could created currently das
    de deaktiviert default defekt dein deine dem demnach den der des deleted denied dans demande
    die different diferente disabled displayed do does dort down du due during each easy either ein eine
    einem einen einer empty en enough encrypted ersetzt erforderlich et etait expired expire expirado
    expiree expires even ever every everyone fällig fallig falsch false fine first five forgotten
    four for from from free fort fuer fur gesperrt geandert generated getrennt given gleich going
    gone good gut gueltig gultig had handled hard has hashed have here hidden hier hinterlegt how i
    identical if ihr im immer important in incorrect incorrecta incorrecto inside invalid invalide
    ist it its itself just jetzt kept klein known la lang larger last le leer letzte less like limited
    locked long longer los lost made mandatory masked may meant mentioned mine missing mit more must
    my named necessary needed neu never new nicht nichts no non none normal not noted nothing notiert
    nur obligatoire ohne ok okay old on once one only open optional or our out outdated over
    para pas personal please por pour possible posted printed private probably protected provided public
    purely que quite random ready really recently refreshed rejected removed renewed requested required
    requerida reset resetted reused revoked right rotated safe same saved schon schwach se secret secure
    see sehr sensitive sent separate set several shared sharedshort short should shown sicher sichtbar
    simple since so some somewhere soon stale standard stark still stored string strong stronger such
    supplied talk taken temporary terrible than that the their them then there these they this three
    to too total tres true trivial twelve two typed ueber ultimately um unbekannt unchanged und undefined
    under une ungueltig ungultig unique unknown unsafe unset until up updated used useless usual valid
    valide verfallen verloren verschlusselt very via visible vom von vor was weak weg well what when
    where which who why will with within without wo would wrong y you your yours zu zum zur zuruckgesetzt
    zwingend written wie weiter whoever whatever whatsoever steht stehen liegt liegen lives live comes
    come kommt gilt bei beim im am ans ab an wird wurde werden worden muss mussen must kann konnen soll
    sollte darf hat haben hatte est sont sera doit peut es son esta estan debe puede sin con del al el
    los las un una lo su sus avec dans chez sur par au aux ne plus deja encore toujours jamais non oui si
    yes ja nein nope contact contains change string see siehe frag fragen frage anna nachfragen hangt
    managed manages synced sync expiring rotating shortly weekly monthly daily yearly hourly annually
    manually automatically separately securely never often usually accepted approved pending
    """.split()
)
"""Words after "password is" or "password:" that say something about it."""


ABOUT_PASSWORDS = frozenset(
    """
    access attempt auth authentication box change changes check dialog entry expiry field fields file
    form generator hash hashes hashing hint history input length list login manager managers mask
    page policies policy prompt protected protection question recovery reset resets rotation rule rules
    safe schutz screen setting settings spray storage store sync tool vault verification wiederherstellung
    richtlinie richtlinien eingabe feld abfrage anderung wechsel liste lange regel regeln
    """.split()
)
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
    return bool(
        _DIGIT.occurs(value) or _SYMBOL_INSIDE.occurs(value) or _MIXED_CASE.occurs(value)
    )


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
