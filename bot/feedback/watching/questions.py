"""Tells a question from whatever else people write to each other, by its form. Knows no Slack.

The rule is careful: a sentence with a question mark, or one that begins as only questions do. It
takes no model, so that it may look at every message of a channel. Whether somebody has taught the
answer decides the rest.
"""

import re

SHORTEST, LONGEST = 8, 1000
"""Characters of a message that may be a question."""
WORDS = 3
"""Words of a question, in scripts that put spaces between them."""
_NO_PROSE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^[ \t]*(?:>|&gt;)[^\n]*|\b\w+://\S+", re.DOTALL | re.MULTILINE
)
"""Code, what is quoted of others, and addresses, which may have question marks of their own."""
_SENTENCE = re.compile(r"[^.!?\uff1f؟。\uff01\n]+[.!?\uff1f؟。\uff01]*")
_MARK = re.compile(r"[?\uff1f؟]")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
"""Letters of Japanese, Chinese and Thai."""
_RHETORICAL = re.compile(
    r"\W*(?:"
    r"(?:oh |and |but |so |well |aw |aww )?(?:really|seriously|srsly|right|ok|okay|what|huh|eh)\b"
    r"(?: now| then| though)?\W*$"
    r"|who (?:cares|knew|knows|would have thought|else but)\b"
    r"|why (?:not|me|oh why)\W*$"
    r"|what (?:could|can) (?:possibly )?go wrong|what else is new|what'?s (?:new|up)\b"
    r"|how (?:cool|great|awesome|nice|cute|funny|hard can) (?:is|are|was|it)\b|how dare\b"
    r"|how are (?:you|things|we)\b|how'?s it going"
    r"|isn'?t (?:it|that|this) (?:great|nice|funny|ironic|lovely|beautiful|awesome)"
    r"|(?:did|do|have) (?:you|i) (?:know|mention|hear|see) (?:that|what|how)\b"
    r"|you know what\b|guess (?:what|who)\b|remember (?:when|how)\b|am i right"
    r"|(?:is|was) (?:this|that|it) (?:a joke|for real)|are you (?:kidding|serious|joking)"
    r"|anyone (?:up )?for\b|(?:coffee|lunch|beer|drinks)\b"
    r"|echt jetzt|ernsthaft|wen (?:juckt|interessiert)|wer hätte das gedacht|na und|was soll'?s"
    r"|wie geht(?:'?s| es)\b|ça va\b|qué tal\b|come (?:va|stai)\b|tudo bem\b"
    r")",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"(?:(?:hi|hello|hey|hallo|moin|salut|bonjour|hola|ciao|good morning)\b[\w ]{0,20}[,!:-]*\s*)?"
    r"(?:"
    # English: the question word and the verb behind it, or the verb and whom it is about.
    r"(?:how|where|what|which|who|whom|whose|why|when)"
    r"(?:'s|'re| (?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|to|much|many"
    r"|long|often|soon|far)) "
    r"|(?:can|could|may|should|do|does|did|is|are|has|have|will) "
    r"(?:i|we|you|they|it|he|she|there|this|that|the|our|my|any\w*|some\w*) "
    r"|any(?:one|body) (?:know|knows|got|has|have|here)\b|any (?:idea|ideas|clue|hint|tips) "
    r"|(?:does|do|has|is|can) any(?:one|body) "
    # German
    r"|(?:wie|wo|wohin|woher|wann|warum|wieso|weshalb|wer|wen|wem|was|womit|wozu|woran"
    r"|welche[nrsm]?) (?:\w+ )?(?:ist|sind|war|kann|können|könnt|muss|müssen|soll|sollen|darf"
    r"|finde|finden|bekomme|krieg\w*|geht|gibt|gilt|mach\w*|komm\w*|wird|werden|hat|haben|heißt"
    r"|lautet|steht|liegt|buch\w*|meld\w*|stell\w*|funktioniert) "
    r"|(?:weiß|hat|kann|kennt) (?:jemand|wer|einer|eine) |gibt es |kann (?:ich|man|mir) "
    # French
    r"|(?:est-ce|qu'est-ce) qu|(?:où|comment|quand|pourquoi|combien|quels?|quelles?) "
    r"(?:est|sont|se|on|je|faire|puis|peut|faut|de|dois)\b|quelqu'un (?:sait|a|peut|connaît)\b"
    # Spanish and Portuguese: the accent makes the question.
    r"|(?:cómo|dónde|cuándo|quién|cuál|cuáles|cuánto|cuántos|por qué|onde fica|quando é) "
    r"|(?:alguien|alguém) (?:sabe|tiene|puede|tem|pode)\b"
    # Italian and Dutch
    r"|(?:dove|come|quando) (?:è|sono|si|posso|possiamo|trovo|faccio)\b|qualcuno (?:sa|ha|può)\b"
    r"|(?:waar|hoe|wanneer|waarom|wie|wat) (?:is|zijn|kan|moet|vind|werkt|doe|krijg)\b"
    r"|weet iemand\b"
    # Russian and Polish
    r"|(?:где|как|когда|почему) (?:мне|можно|найти|взять|получить|сделать|настроить|находится)\b"
    r"|кто-нибудь (?:знает|в курсе)|(?:gdzie|jak|kiedy) (?:jest|są|mogę|można|znajdę)\b"
    r")",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?:吗|呢|か|かな|까|나요|ไหม)[。.!\uff01\s]*$")
"""Words that end a question in Chinese, Japanese, Korean and Thai."""


def is_question(text: str) -> bool:
    """Returns whether a message asks something that somebody could answer.

    A greeting or a remark with a question mark is none ("Really?", "How are you?"), nor is a
    question mark in code, in an address or in what was quoted.

    Args:
        text: the message as a person reads it.
    """
    if len(text) > LONGEST:
        return False
    prose = _NO_PROSE.sub(" ", text).strip()
    if len(prose) < SHORTEST and not _UNSPACED.search(prose):
        return False
    sentences = [" ".join(found[0].split()) for found in _SENTENCE.finditer(prose)]
    return any(_asks(sentence) for sentence in sentences if sentence)


def _asks(sentence: str) -> bool:
    if _RHETORICAL.match(sentence):
        return False
    if _ENDS.search(sentence):
        return True
    if _MARK.search(sentence):
        return bool(_UNSPACED.search(sentence)) or len(sentence.split()) >= WORDS
    # Who ends it with a full stop or an exclamation mark tells something.
    ended = sentence[-1] in ".!。\uff01"
    return not ended and bool(_BEGINS.match(sentence)) and len(sentence.split()) >= WORDS
