"""The words that say what a value is, and those that join them to it, in six languages.

They are written without accents, as `Plain` gives a text.
"""

from bot.redaction.expressions import Pattern

_NAMES_OF_PASSWORDS = (
    r"pass(?:words?|wort(?:es|s)?|worter|[ -]?phrases?|codes?|wd)|kennw(?:ort(?:es|s)?|orter)"
    r"|mots?[ _-]de[ _-]passe|contrasenas?|contrasenya|senha|palavra-passe|wachtwoord(?:en)?"
    r"|parola (?:d'ordine|chiave)|haslo|losenord|adgangskode|salasana|clave de acceso|losungswort"
    r"|pre-?shared[ -]key|community string"
)
_SHORT = (
    r"(?:user|db|root|admin|smtp|mail|ftp|sql|pg|my|require)?(?:pass|pwd|psw|pw)|mdp|psk|claves?"
)
_KEY = (
    r"(?:x[ _-])?(?:api|access|auth|client|application|app|shared ?access|account|storage|secret"
    r"|signing|encryption|master|private|licen[cs]e|webhook|deploy|service|session|refresh|bearer"
    r"|personal access|consumer|bot|management|subscription|primary|secondary|functions?|jwt"
    r"|cookie"
    r"|hmac|oauth|id)[ _-]?(?:access[ _-]?)?(?:keys?|tokens?|secrets?)(?:[ _-]?(?:key|base))?"
    r"|(?:api|zugangs|zugriffs|sicherheits)[- ]?(?:schlussel|token)"
    r"|cles? (?:d')?(?:api|secrete|d'acces)|clave (?:de )?(?:api|secreta)|api|pat|bearer"
    r"|(?:wlan|wifi|wi-fi|wpa2?|netz\w{0,4})[- ]?(?:schlussel|key|code|pass)"
    r"|(?:codes?|cles?|clave|chiave|sleutel|schlussel|key|codice) (?:du |del |de la |de l'|d'"
    r"|van de |van het |furs |fur das |for the |to the )?(?:wi-?fi|wlan)"
    r"|(?:recovery|backup|wiederherstellungs)[ -]?(?:codes?|keys?|schlussel)"
)
_WEAK = r"tokens?|secrets?|schlussel|credentials?|(?:^|[^a-z])(?:keys?|cles?|clave|creds)"
LABELS = Pattern(
    rf"(?:(?P<password>{_NAMES_OF_PASSWORDS})|(?:^|[^a-z])(?P<short>{_SHORT})|(?:^"
    rf"|[^a-z])(?P<key>{_KEY})"
    rf"|(?P<weak>{_WEAK}))(?:[^a-z]|$)"
)
"""`password`, `short`: a secret. `key`: called so by nobody else. `weak`: so is much else."""
NEEDED = (
    *("pass", "kenn", "pw", "ps", "mdp", "contrase", "senha", "wachtw", "parola", "haslo"),
    *("losen", "losung", "adgangsk", "salasana", "clave", "key", "token", "secret"),
    *("schlussel", "cle", "community", "cred", "api", "pat", "bearer", "code"),
)
"""Each label has one of them in it."""
WIFI = Pattern(r"wi-?fi|wlan|wpa|hotspot|\bssid\b|netzwerk|network|router|fritz")
"""What makes a key a password."""

# Counted repeats would make RE2 slow: how long a value is is looked at afterwards.
_VALUE = r"\*{0,2}(?P<value>\"[^\"\n]+\"|'[^'\n]+'|`[^`\n]+`|[^\s\"'`<>\[\]]+)"
_FILLERS = (
    r"(?: (?:now|still|currently|simply|just|again|jetzt|nun|noch|aktuell|weiterhin|einfach"
    r"|wieder"
    r"|ahora|maintenant|toujours|it|es|the following|wie folgt|ab sofort|from now on|always|immer"
    r"|since \w+|seit \w+|bisher|previously|wie immer|as always|as usual|comme toujours"
    r"|como siempre|nach wie vor|dann|then|bitte|please))*"
)
_COPULAS = (
    r"(?:is|was|are|were|isn't|wasn't|ist|war|lautet|lautete|sind|est|etait|sera|es|era|e|het"
    r"|bleibt|remains|stays|reste|becomes|equals|reads|hei(?:s|ss)t|ware|would be|to|auf|zu|as|into"
    r"|called|now|jetzt|ahora"
    r"|maintenant|wird|uses?|with|mit|also|namlich|namely|c'est|it's|sich|spelled|spelt)"
)
DIRECT = Pattern(
    rf"(?:\(s\))?(?: \([^)\n]{{1,30}}\))?(?:\\?[\"'`*_)\]]){{0,3}}\s{{0,3}}(?P<join>:{{1,2}}=?"
    rf"|-{{0,2}}=?>|="
    rf"|\|)\s{{0,4}}\\?{_VALUE}"
)
"""A label's end and its value with a colon, an equals sign or a table's bar between them."""
COPULA = Pattern(
    rf"(?: \([^)\n]{{1,40}}\))?(?P<join>'s|[\"'`*_)]{{0,2}} {_COPULAS}){_FILLERS}"
    rf" ?:?\s{{1,3}}{_VALUE}"
)
"""A label's end and its value with "is" or the like between them."""
ADJACENT = Pattern(rf"[\"'`*_)?]{{0,2}}{_FILLERS} {{1,2}}{_VALUE}")
"""A label's end and its value with nothing between them."""
FAR = Pattern(
    rf"(?:[ ,(-](?P<join>{_COPULAS}){_FILLERS} ?:?|[^:]:|[a-z] =| [-=]+>)\s{{1,3}}{_VALUE}"
)
"""A join and a value some words after a label."""
CLAUSE = Pattern(
    r"[,(-]\s{1,3}(?:(?:then |please |just |bitte |dann )?(?:type|enter|use|try|say|put in"
    rf"|tippe?|gib|nimm|tapez|saisis(?:sez)?|entrez|pon|usa|escribe) )?{_VALUE}"
)
"""A value some words after a label, with nothing that joins it."""
SENTENCE_END = Pattern(r"\s(?:and|und|et|y|until|bis|but|aber)\s|\s[(-]|[.!?;]\s|\n\n")
SENTENCE_ABOUT_IT = Pattern(
    r"[.!?;]\s{1,2}(?:it|es|er|sie|c'|new|neu|now|jetzt|ahora|the new|das neue)\b"
)
UNIT = Pattern(
    r"[- ]?(?:char|digit|zeichen|stell|letter|ziffer|buchst|caract|cifr|chiffr|lettr|word|wort"
    r"|day"
    r"|kg\b|kilo|eur\b|usd|watt|volt|kwh|km\b|m\b|met(?:er|re)|[gm]b\b|pcs|pieces?|items?|stuck"
    r"|tag|week|woche|month|monat|year|jahr|hour|stund|minut|min\b|sec|sek|times?\b|mal\b|%|bit"
    r"|byte|attempt|versuch|jour|mois|dias|meses|or more|oder mehr|users?|people|mm\b|cm\b|euro)"
)
"""What follows a number that counts something."""
MORE_WORDS = Pattern(r"\s[a-z]{2,}|\s[a-z]\s+[a-z]")
NEXT_CLAUSE = Pattern(
    r"\s(?:for|fur|pour|para|and|und|et|y|or|oder|on|in|at|am|im|please|bitte)\b|\s\("
)
MENU = Pattern(r"\s{1,2}(?:-?>|=|\?)\s")
"""What follows the name of a menu, as in "Settings > Security"."""
END = Pattern(r"[.,;!?)*_\"']{1,3}(?:\s|$)|\s{0,3}(?:\n|$)")
LOGIN = Pattern(
    r"\b(?:log ?-?ins?|credentials?|creds|zugangsdaten|anmeldedaten|zugang|identifiants?|usuario"
    r"|log into|wi-?fi|wlan|ssid"
    r"|user(?:name)?|benutzer(?:name)?|sign in|log in|einloggen|anmelden)"
    r"(?:[^.!?:=\n]{0,30}[:=]| (?:is|are|sind|ist)|[^.!?\n]{0,40}? (?:mit|with|as|als|avec"
    r"|con))\s{1,2}[\"'`]?[\w.@-]{2,40}[\"'`]?"
    r" ?(?:/|:|\||,|and|und|with|mit) ?[\"'`]?(?P<value>[^\s\"'`<>\[\]/]{5,60})"
)
"""A name and a password, as in "login: admin / ...": no word says that the second is one."""
GIVEN = Pattern(
    r"(?:with|mit|using|use|avec|con|enter) (?:(?:the|dem|das|le|la|el|new|neuen|neue"
    r"|old) ){0,2}$"
)
"""What stands before "password" where a plain word after it may be one."""
ACCESS = Pattern(r"wi-?fi|wlan|ssid|user|login|benutz|ftp|ssh|account|konto|host|server|netz")
BEFORE = Pattern(
    r"(?:^|[\s(,;:])(?P<value>\"[^\"\n]+\"|'[^'\n]+'|`[^`\n]+`|[^\s\"'`<>\[\](]+)[,;]?\s"
    r"(?:is|was|ist|war|est|es|as|als|comme|como|when (?:asked|prompted) for|for|fur) ?"
    r"(?:[a-z-]{2,12} ){0,4}[a-z-]{0,12}$"
)
"""A value and what joins it to the password label that follows."""
WORDS = Pattern(
    r"(?:password|passwort|kennwort|passcode) (?:is|ist"
    r"|lautet):? (?P<value>(?:[a-z]{2,12} ){2,4}[a-z]{2,12})(?:[.!]|\n|$)"
)
"""Some plain words to the end of a sentence."""
PASSPHRASE = Pattern(
    r"pass[ -]?phrase[^.!?:\n]{0,40}(?::| is"
    r"| ist)\s{1,2}[\"'`]?(?P<value>(?:[a-z]{2,12}[ -]){3,7}[a-z]{2,12})"
)
PUBLIC = Pattern(r"public|fingerprint|finger|checksum|hash|digest|sha\d|integrity|ssh-\w+ |\bpub\b")
"""What says that a random value is no secret."""
SECRET_NEAR = Pattern(
    r"\b(?:secret|token|api[ -]?key|keys?|credentials?|schlussel|cle|clave|passwor[dt]"
    r"|kennwort)\b"
)
RANDOM = Pattern(r"[A-Za-z0-9+/_=-]{24,200}")
