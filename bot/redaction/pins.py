"""PINs, codes of doors and safes, and codes for one use: digits with a word that says so."""

from collections.abc import Iterator

from bot.redaction.expressions import Match, Pattern, Plain
from bot.redaction.finding import Finding
from bot.redaction.labelled_values.labels import UNIT

_PLACES = (
    r"door|gate|safe|alarm|garage|lock|locker|lockbox|padlock|key ?box|key ?safe|entrance|entry"
    r"|building|office|elevator|lift|gym|shed|keypad|cabinet|barrier|warehouse|turnstile"
    r"|strongbox"
    r"|bike|cellar|basement|archive|letterbox|mailbox|parking|car park|sim|phone|tablet|parkhaus"
    r"|car ?park"
    r"|voicemail|tur|haustur|tor|tresor|schloss|zahlenschloss|haus|eingang"
    r"|schlies?sfach"
    r"|tiefgarage|spind|schranke|alarmanlage|lager|buro|keller|hof|schlusselkasten|handy"
    r"|porte|portail|coffre|immeuble|cadenas|alarme|entree|parking|boite a cles|badge|ascenseur"
    r"|puerta|alarma|garaje|caja fuerte|porton|portal|candado|entrada|taquilla|oficina|almacen"
    r"|porta|cancello|cassaforte|portone|lucchetto|deur|poort|kluis|allarme|serranda|hek|magazijn|kantoor|ingang|verja|room|raum|\w{1,12}raum|archiv"
)
_CODE = (
    r"codes?|codigo|codice|kode|zahlencode|kombination|combination|combo|combinaison|combinacion"
    r"|zahlenkombination|ziffern"
)
_NAMES = Pattern(
    r"(?:^|[^a-z])(?:"
    r"(?P<pin>code[ -]pin|(?:(?:karten|handy|sim|bank|tablet|tresor|alarm|tur|gerate"
    r"|bildschirm)-?)?pins?(?:[ -]?(?:code|number|nummer))?|geheimzahl|puk[12]?|tan|otp|cvv2?"
    r"|cvc2?"
    r"|digicode|nip|passcode|kartenprufnummer)"
    r"|(?P<once>(?:verification|one[- ]time|confirmation|2fa|mfa|sms|security|authenticat\w+"
    r"|login"
    r"|log-in|backup|recovery|unlock|access|entry|entrance|activation|pairing|keypad|bestatigungs"
    r"|sicherheits|freischalt|entsperr|aktivierungs|zugangs|eingangs|zutritts)[ -]?(?:code"
    r"|passcode)"
    r"|(?:one[- ]time|einmal|temporary|initial)[ -]?(?:password|passwort|kennwort)"
    r"|(?:my|your|our|mein|dein|unser|neuer?|new|nouveau|mon|votre|ton|notre|mi|tu|nuevo"
    r"|(?:four|4|six|6)[ -]digit|(?:vier|sechs)stelliger?) code"
    r"|code (?:d'acces|d'entree|de securite|de verification)|codigo de (?:acceso|seguridad"
    r"|verificacion))"
    rf"|(?P<place>(?:{_PLACES})(?:[ -]door)?(?:'s)?[ -]?(?:{_CODE})"
    rf"|(?:{_CODE})(?: (?:for|of|to|on|at|fur|von|vom|zur|zum|am|der|des|die|den|dem|du|de|del"
    rf"|della|para|pour|da"
    rf"|the|our|das|la|le|l'|l|d|el|los|las|un|una|'s|back|front|main|side|new|neue[nrs]?|old"
    rf"|rear"
    rf"|server|staff"
    rf"|voor|het|van|[a-z]{{3,12}}))"
    rf"{{0,4}}?[ '-](?:[a-z]{{0,12}})(?:{_PLACES})[a-z]{{0,10}}))"
)
_JOIN = (
    r"(?:'s|'re| ?[:=]|[ ,]{1,2}(?:c'est|it's|is|was|are|ist|lautet|war|est|es|era|e|sera|now"
    r"|jetzt|ahora"
    r"|remains|bleibt"
    r"|to|auf|zu|a|reads|heisst|becomes|wird|wurde auf|en)(?: (?:now|still|currently|just|jetzt"
    r"|nun|noch|aktuell"
    r"|weiterhin|ahora|maintenant|again|wieder|always|immer))*:?| -)"
    r"(?: (?:ab|from|since|seit|depuis|desde|bis|until) \w+)?(?: ?(?:c'est|it's|it is|es ist"
    r"|sie ist))?(?: (?:die|the|la|le|el|der))?"
)
_NUMBER = (
    r"(?P<secret>\d{1,2}(?:[ -]\d{1,2}){2,3}|\d{2}[ ]\d{2}|\d{3}[ -]\d{3}"
    r"|[#*]?[a-z]?\d{3,8}[a-z]?[#*]?|\d{1,4}[a-z]\d{1,4})"
)
_TOLD = Pattern(
    rf"[\"'`*_)]{{0,2}}(?:(?:[^.!?;:=\n\d]"
    rf"|\.[a-z]){{0,60}}?){_JOIN}\s{{0,3}}[\"'`*_]{{0,2}}{_NUMBER}"
)
_NEXT = Pattern(
    rf"(?: (?:{_PLACES}|[a-z]{{3,15}}))?[\"'`*_)]{{0,2}} {{1,2}}[\"'`*_]{{0,2}}{_NUMBER}"
)
_LOCK = Pattern(
    r"\b(?:zahlenschloss|combination lock|lock ?box|key ?box|key safe|keypad|safe|tresor"
    r"|schlusselkasten|digicode"
    rf"|cadenas|candado|number lock)[^.!?:\n\d]{{0,30}}(?::| code) ?{_NUMBER}"
    rf"|\b(?:lock ?box|key ?box|key safe|keypad|combination lock|number lock|zahlenschloss"
    rf"|schlusselkasten|digicode|cadenas|candado)[^.!?:\n\d]{{0,30}} (?:is|ist|est|es|lautet|c'est)"
    rf" {_NUMBER.replace('secret', 'other')}"
    r"|(?:lock|schloss|safe|tresor|cadenas|candado)[^.!?:\n\d]{0,12} (?P<third>\d(?:[ -]\d){3,4})"
)
_OPENS = Pattern(
    rf"\b(?:{_PLACES})\b[^.!?\n\d]{{0,40}}\b(?:with|mit|avec|con|using|uber|enter|type|press"
    rf"|dial|key in|punch in|tippe?|gib|gilt|tapez|composez|marca|wants|takes|needs|braucht|will"
    rf"|bitte) (?:the |dem |die |der |den )?(?:code |pin )?{_NUMBER}"
    rf"|\b(?:enter|type|dial|press|tippe?n?|gib) [^.!?\n\d]{{0,20}}\b(?:{_PLACES})\b"
    rf"[^.!?\n\d]{{0,12}} (?:the |die |den )?(?:code |pin )?{_NUMBER.replace('secret', 'third')}"
    rf"|\bcode {_NUMBER.replace('secret', 'other')} [^.!?\n\d]{{0,40}}\b(?:{_PLACES})\b"
)
_SAID = Pattern(
    rf"\b(?:{_PLACES})\b[^.!?\n]{{0,25}}?\bcode:?(?: is| ist)? {_NUMBER}"
    rf"|\bcode(?: is| ist| lautet| est| es|:) {_NUMBER.replace('secret', 'other')}"
    rf"[^.!?\n\d]{{0,40}}\b(?:{_PLACES})\b"
    rf"|\b[a-z]{{3,12}}schloss {_NUMBER.replace('secret', 'third')}"
)
_ENTERED = Pattern(
    rf"\b(?:enter|type|dial|press|punch in|use|tippe?n?|gib|tapez|composez|marca) (?:the |den "
    rf"|le )?(?:code )?{_NUMBER}"
    rf"[^.!?\n\d]{{0,30}}\b(?:{_PLACES})\b|{_NUMBER.replace('secret', 'other')} as (?:its|the"
    rf"|your) (?:code|pin)\b"
)
_OPENING = Pattern(
    r"\b(?:key in|punch|gilt"
    r"|open|unlock|disarm|arm|deactivat|switch|turn|aus|auf|entsperr|offn|scharf|geht|ouvr"
    r"|desactiv|abr|code|enter|type|dial|tipp|gib|tapez|compos|marca|wants|takes|needs|bitte)"
)
_GOODS = Pattern(
    r"\b(?:spare|part\b|teil|artikel|article|order|bestell|serial|serien|ean\b|sku|produ|barcode"
    r"|isbn)"
)
_FEWEST = 4
_CVV = 3


def pins(plain: Plain) -> Iterator[Finding]:
    """PINs and codes, in no order; they may overlap."""
    if not any(digit in plain.text for digit in "0123456789"):
        return
    yield from _named(plain)
    for match in _LOCK.finditer(plain):
        if _is_code(plain, match, _FEWEST) and not _of_goods(plain, *match.found):
            yield Finding("secret", *match.found)
    for pattern in (_OPENS, _ENTERED, _SAID):
        for match in pattern.finditer(plain):
            start, end = match.found
            digits = sum(character.isdigit() for character in plain.text[start:end])
            around = plain.text[max(0, match.span()[0] - 40) : end + 40]
            if _of_goods(plain, start, end):
                continue
            if digits >= _FEWEST and (pattern is not _OPENS or _OPENING.occurs(around)):
                yield Finding("secret", start, end)


def _named(plain: Plain) -> Iterator[Finding]:
    """The code that follows "PIN", "door code" and the like."""
    for match in _NAMES.finditer(plain):
        end = max(match.span(name)[1] for name in ("pin", "once", "place"))
        if plain.text[end : end + 1].isalpha():
            continue
        name = match["pin"]
        fewest = _CVV if name.lower().startswith("cv") or match["place"] else _FEWEST
        told = _TOLD.match(plain, end, end + 120)
        # "PIN 4711" is one, "a pin 4711 of the connector" may be a part.
        sure = not name or not name.islower() or "code" in name
        beside = _NEXT.match(plain, end, end + 40) if sure else None
        for found in (told, beside):
            if found and _is_code(plain, found, fewest):
                yield Finding("secret", *found.span("secret"))
                break


def _of_goods(plain: Plain, start: int, end: int) -> bool:
    """Whether a word near it says that it is the number of a thing."""
    return _GOODS.search(plain, max(0, start - 40), end + 15) is not None


def _is_code(plain: Plain, match: Match, fewest: int) -> bool:
    """Whether it is long enough, counts nothing, and is not the beginning of something longer."""
    start, end = match.found
    signs = sum(character.isalnum() for character in plain.text[start:end])
    after, next_one = plain.text[end : end + 1], plain.text[end + 1 : end + 2]
    goes_on = (
        after.isalnum() or after in tuple("-/_%") or (after in tuple(".:,") and next_one.isdigit())
    )
    return signs >= fewest and not goes_on and not UNIT.match(plain, end)
