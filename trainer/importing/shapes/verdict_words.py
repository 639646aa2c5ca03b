"""Words that people judge an answer with, in four languages."""

import re
import unicodedata
from typing import Literal, TypeAlias

from trainer.importing.shapes.names import words

Verdict: TypeAlias = Literal["liked", "disliked", "neither", "pending", "unjudged"]

YES = words(
    "true yes y 1 x ✓ ✔ ☑ ✅ good great excellent perfect very_good best high positive up like"
    " liked thumbs_up thumb_up thumbsup upvote accept accepted approve approved chosen desirable"
    " correct right pass passed helpful very_helpful good_answer 👍 +1 :+1: :thumbsup: ❤ :heart:"
    " ja gut sehr_gut super richtig korrekt hilfreich positiv hoch freigegeben genehmigt akzeptiert"
    " oui bon bonne tres_bon tres_bien bien positif exact approuve valide eleve utile"
    " si bueno buena muy_bueno muy_bien correcto correcta positivo alto aprobado util"
)
NO = words(
    "false no n 0 bad poor low lowest worse worst terrible awful horrible very_bad very_poor"
    " negative down dislike disliked thumbs_down thumb_down thumbsdown downvote undesirable"
    " incorrect wrong false fail failed unhelpful not_helpful not_good not_correct not_ok useless"
    " unacceptable insufficient inaccurate harmful toxic rude low_quality bad_answer wrong_answer"
    " 👎 -1 :-1: :thumbsdown: ❌ ✗ ✘"
    " nein schlecht sehr_schlecht mangelhaft ungenugend falsch unbrauchbar niedrig negativ"
    " nicht_hilfreich nicht_gut"
    " non mauvais mauvaise tres_mauvais nul nulle faux fausse negatif insuffisant faible inutile"
    " malo mala muy_malo muy_mala pesimo pesima incorrecto incorrecta negativo bajo deficiente"
)
REFUSED = words(
    "reject rejected discard discarded declined deleted withdrawn spam disapproved denied refused"
    " not_approved unapproved not_accepted abgelehnt verworfen geloscht nicht_freigegeben"
    " rejete refuse supprime rechazado rechazada descartado eliminado no_aprobado"
)
PENDING = words(
    "pending draft review in_review needs_review to_review under_review for_review to_be_reviewed"
    " needs_work needs_changes changes_requested not_reviewed unreviewed not_yet todo to_do wip"
    " in_progress awaiting_approval waiting proposed proposal unverified"
    " entwurf ausstehend offen in_prufung zu_prufen noch_nicht"
    " brouillon en_attente a_verifier pas_encore borrador pendiente por_revisar todavia_no"
)
NEITHER = words(
    "neutral ok okay average medium mixed mediocre so_so fair acceptable partly partially"
    " partially_correct unsure undecided mittel mittelmassig teilweise unentschieden"
    " moyen moyenne partiel regular medio parcial"
)
NOTHING = words(
    "none null na n/a nan unrated not_rated skipped unlabeled unlabelled - \u2013 \u2014 ?"
)
"""What says that nobody judged."""

_PICTURE = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # the look of a picture, its skin
_BETWEEN = re.compile(r"(?<=[^\W\d_])[\s\-_]+(?=[^\W\d_])")


def plain_word(text: str) -> str:
    """Returns some words as one, without case, accents and what stands around them."""
    letters = unicodedata.normalize("NFKD", _PICTURE.sub("", text))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    bare = bare.casefold().strip().rstrip(".!,;").strip()
    return _BETWEEN.sub("_", bare)


def verdict_of(text: str) -> Verdict | None:
    """Returns what a word says about an answer, None of a word that is none of these."""
    word = plain_word(text)
    if word in NO or word in REFUSED:
        return "disliked"
    if word in YES:
        return "liked"
    if word in PENDING:
        return "pending"
    if word in NEITHER:
        return "neither"
    return "unjudged" if not word or word in NOTHING else None
