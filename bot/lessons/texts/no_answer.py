"""Tells an answer that says nothing, such as "Sorry, I do not know.", from one that does.

Whoever likes or teaches such words is asked first: as a lesson they would stand in the way of an
answer. It is one only where each part of it, between marks of punctuation, says that nothing is
known, excuses that, or offers more; "I don't know, ask Noor" tells whom to ask. Pure functions.
"""

import re

LONGEST = 600
"""Characters from which on a text is taken for an answer, unless it begins as NEAREST."""
NEAREST = "nobody has taught me exactly this"
"""The bot begins so where it shows the nearest lesson, which is an answer to something else."""
_PART = re.compile(r"[.!?;:,\n…–—。、，！？；：]+|\s-+\s")  # noqa: RUF001  marks of several scripts
_MARKS = re.compile(r"[*_~`\"“”„«»]+|^\s*[->#]+\s*", re.MULTILINE)
_JOINED = r"(?:(?:and|but|so|because|since|as|und|aber|weil|da|et|mais|car|y|pero|porque) )*"
_REST = r"(?:(?! (?:but|however|instead|except|unless|aber|sondern|mais|pero|sino) ).)*"
_ABOUT_IT = r"(?: (?:about|on|regarding|to|for) (?:that|this|it|(?:your|the|this|that) question))?$"
_THE_QUESTION = (
    r"(?:$|(?: you| with| to)* (?:that|this|it|your|the question|the answer|an answer|any answer|"
    r"any information|information|more|anything|when|where|who|what|how|why|which|whether|if)\b|"
    r" you(?: (?:there|here|yet|now))?$)"
)
"""What follows where it is the question that cannot be answered, and not some other thing."""
_UNKNOWN = (
    # English
    (
        r"(?:that |this |it )?(?:i |we )(?:\w+ly )?(?:really |just |still )?"
        r"(?:do not|don't|dont|did not|didn't) (?:\w+ly |really )?(?:know|understand)\b"
    ),
    (
        r"i (?:\w+ly )?(?:do not|don't|dont) (?:\w+ly |really )?have "
        r"(?:(?:any|the|that|this|an|a|enough|sufficient|specific|access|to|much) )*"
        r"(?:idea|clue|information|info|answer|knowledge|access|details?|context|data)\b"
    ),
    (
        r"we (?:\w+ly )?(?:do not|don't|dont) (?:\w+ly |really )?have (?:(?:any|an|a|the|enough) )*"
        rf"(?:idea|clue|information|info|answer|knowledge|details?){_ABOUT_IT}"
    ),
    r"(?:i |we )(?:have |'ve |ve )(?:absolutely )?no (?:idea|clue)\b",
    r"i (?:have |'ve |ve )(?:absolutely )?no (?:information|knowledge)\b",
    (
        r"(?:absolutely )?no (?:idea|clue)(?= (?:about|what|when|where|who|why|how|which|if|"
        r"whether|at all|sorry)\b|$)"
    ),
    rf"(?:we have )?(?:absolutely )?no (?:information|knowledge){_ABOUT_IT}",
    (
        r"(?:(?:i am|i'm|im|we are|we're) )?(?:\w+ly |really |still )?"
        r"(?:not sure|unsure|not certain)\b"
    ),
    r"(?:i am|i'm|im) (?:\w+ly |really |still )?(?:not aware|not familiar)\b",
    (
        r"i (?:\w+ly )?(?:cannot|can't|can not|could not|couldn't) "
        rf"(?:\w+ly )?(?:answer|say|tell|help|assist|find|provide|determine){_THE_QUESTION}"
    ),
    (
        r"i(?:'m| am) (?:not able|unable) to "
        rf"(?:answer|say|tell|help|assist|find|provide|determine){_THE_QUESTION}"
    ),
    (
        r"i (?:was not|wasn't|(?:have not|haven't) (?:yet )?been) (?:yet )?"
        r"(?:taught|told|trained)\b"
    ),
    r"(?:nobody|no one) has (?:yet )?(?:taught|told|trained) me\b",
    r"(?:idk|dunno|n/a|unknown|no answer|no comment)$",
    # German; casefolding writes ss
    (
        r"(?:(?:das|es) )?(?:weiss ich|ich weiss)"
        r"(?: (?:das|es|dazu|darüber|davon|leider|auch|noch|ja))* (?:nicht|nichts)\b"
    ),
    r"(?:ich habe |habe )?(?:leider )?(?:gar )?keine ahnung(?! (?:ist|haben)\b)",
    r"ich habe (?:\w+ ){0,3}keine (?:ahnung|antwort|information|informationen|kenntnis|angaben)\b",
    (
        r"(?:(?:ich|das|dazu|darauf|diese frage|deine frage|ihre frage) (?:kann|könnte)|kann ich)"
        r"(?: (?:ich|dir|euch|ihnen|das|es|dazu|dabei|darauf|diese|die|deine|ihre|frage|leider|so|"
        r"auch|noch|hier|gerade))* "
        r"(?:(?:nicht|nichts)(?: (?:genau|sicher))? (?:beantworten|sagen|helfen|antworten)|"
        r"keine (?:antwort|auskunft|information|informationen) (?:geben|dazu geben))\b"
    ),
    r"ich bin (?:mir )?(?:\w+ ){0,2}(?:nicht|un)\s?sicher\b",
    # French
    r"je (?:n'en |ne |n')?(?:le |l')?(?:sais|connais) (?:pas|rien)\b",
    r"(?:je n'ai )?aucune idée\b(?! (?:ne |n'))",
    r"je n'ai (?:pas|aucune?) (?:\w+[ '])*(?:idée|informations?|réponse)\b",
    r"je ne suis pas (?:\w+ ){0,3}sûre?\b",
    (
        r"je ne peux pas (?:(?:vous|te|y|en|malheureusement|le|bien) )*(?:répondre|aider|dire)"
        r"(?:$| (?:à )?(?:cela|ça|cette question|votre question|ta question|plus)\b)"
    ),
    # Spanish
    r"(?:yo )?no (?:lo )?(?:sé|conozco)\b",
    r"(?:no tengo )?ni idea\b",
    r"no (?:tengo|dispongo de) (?:\w+ ){0,3}(?:idea|información|respuesta)\b",
    (
        r"no (?:te |le |os |les |lo )?(?:puedo|podría) (?:responder|contestar|ayudar|decir)"
        r"(?:te|le|os|les|lo|la)?(?:lo|la)?"
        r"(?:$| (?:a |con )?(?:eso|esto|ello|esa pregunta|esta pregunta|tu pregunta|su pregunta)\b)"
    ),
    r"no estoy segur[oa]\b",
    # some more languages, in their plainest words
    r"non (?:lo )?so\b",
    r"(?:eu )?n[ãa]o sei\b",
    r"ik weet het niet\b",
    r"geen idee\b(?! is\b)",
    r"nie wiem\b",
    r"(?:я )?не знаю\b",
    r"(?:我)?不知道",
    r"(?:分|わ)かりません|知りません",
    r"모르겠(?:습니다|어요)|몰라요",
)
_AROUND = (
    (
        r"(?:i(?:'m| am)? |we(?:'re| are)? )?(?:very |so |really )?"
        r"(?:sorry|afraid|apologi[sz]e|apologies)\b.{0,60}"
    ),
    r"(?:my apologies|unfortunately|regrettably|honestly|well|hm+|oh|oops|actually|yet|either)$",
    r"as an? (?:\w+ ){0,3}(?:ai|language model|bot|assistant|model)\b.{0,40}",
    r"i(?:'m| am) (?:only |just )?an? (?:\w+ ){0,3}(?:ai|bot|assistant|model)\b.{0,40}",
    r"i (?:would|'d|d) (?:only )?be guessing$",
    (
        r"(?:could|can|would) you (?:please |kindly )?"
        r"(?:provide|give|clarify|rephrase|tell|share|specify)\b.*"
    ),
    r"please (?:provide|clarify|rephrase|give|share|tell me|let me know|try again)\b.*",
    r"(?:is there|can i help|how (?:else )?can i help|what else can i|let me know if)\b.*",
    r"if you (?:can )?(?:provide|give|share|have)\b.*",
    r"i(?:'ll| will|'d| would) be (?:happy|glad)\b.*",
    r"(?:es )?tut mir (?:sehr )?leid|entschuldigung|leider|ich würde nur raten|verzeihung",
    r"(?:je suis )?(?:désolée?|navrée?)|malheureusement|pardon",
    r"lo siento(?: mucho)?|perdón|disculpa|desafortunadamente|lamentablemente",
    r"mi dispiace|desculpe?|spijt me|het spijt me|przepraszam|извините|к сожалению",
    r"すみません|申し訳(?:ありません|ございません)|抱歉|对不起|죄송합니다",
)
_NOTHING = re.compile(f"{_JOINED}(?:{'|'.join(_UNKNOWN)}){_REST}")
_EXCUSE = re.compile(f"{_JOINED}(?:{'|'.join(_AROUND)})")


def answers_nothing(text: str) -> bool:
    """Returns whether an answer says no more than that nothing is known."""
    head = _MARKS.sub("", text[:LONGEST]).casefold().replace("\u2019", "'")
    plain = " ".join(head.split(" "))
    if plain.strip().startswith(NEAREST):
        return True
    if len(text) > LONGEST:
        return False
    parts = [" ".join(part.split()) for part in _PART.split(plain)]
    unknown = [bool(_NOTHING.fullmatch(part)) for part in parts if part]
    excuses = [bool(_EXCUSE.fullmatch(part)) for part in parts if part]
    every = all(one or other for one, other in zip(unknown, excuses, strict=True))
    return any(unknown) and every
