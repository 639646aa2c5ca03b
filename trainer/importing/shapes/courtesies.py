"""Tells a message that only thanks from one that says or asks something."""

import re

from trainer.importing.shapes.names import words

_LONGEST = 120
_THANKS = words(
    "thanks thank dank thx ty cheers tysm danke dankeschön dankeschon merci gracias grazie obrigado"
    " obrigada 👍 🙏 ❤️ 🎉 +1"
)
_BESIDE = words(
    # Words that stand beside thanks and say nothing of their own.
    "you so much very a lot many all again for the your this that it help helping quick answer"
    " reply explanation info information works worked helped helps solved fixed did trick now ok"
    " okay great perfect awesome super nice cool excellent wonderful good amazing got yes yep ah"
    " oh i appreciate really was is exactly what needed everyone guys team found"
    " das vielen schön schon sehr dir ihnen euch für fur die hilfe schnelle antwort hat geholfen"
    " funktioniert klappt jetzt ja gut prima toll das es mir herzlichen besten tausend"
    " gefunden habe ich's"
    " beaucoup bien mille pour votre ton ta aide réponse ça marche parfait super oui c'est"
    " j'ai trouvé"
    " muchas muchísimas muchisimas mil por la ayuda respuesta tu su funciona perfecto"
    " 😊 😀 🙂 :) ;) !"
)
_MENTION = re.compile(r"<@[UW]\w+(?:\|[^>]*)?>|@[\w.\-]+")
_EMOJI = re.compile(r":(?:\+1|pray|thumbsup|heart|tada|raised_hands|slightly_smiling_face):")
_PICTURE = re.compile("[👍🙏🎉😊😀🙂]")
_WORD = re.compile(r"[^\s,.!;]+")


def is_thanks(text: str) -> bool:
    """Returns whether a message thanks and does nothing else, in four languages.

    "Thanks, but it still fails" says something, and so does everything with a question in it.
    A name right after the thanks ("Thanks Ann!") is a name where it has a capital letter.
    """
    if len(text) > _LONGEST or "?" in text:
        return False
    words = _WORD.findall(_spaced(text))
    thanked = False
    before = ""
    for word in words:
        plain = word.casefold().strip("()[]\"'…-:")
        if plain in _THANKS:
            thanked = True
        elif plain and plain not in _BESIDE and not (before in _THANKS and _is_name(word)):
            return False
        before = plain
    return thanked


def _spaced(text: str) -> str:
    """The text without mentions, every picture a word of its own."""
    return _PICTURE.sub(r" \g<0> ", _EMOJI.sub(" 👍 ", _MENTION.sub(" ", text)))


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.isalpha()
