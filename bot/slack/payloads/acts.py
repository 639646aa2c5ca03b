"""Which right each button, command and form needs before anything is done: one table for all.

What the table asks for is the least: whose lesson it is, and whose night, is decided where that is
known. A button or a form that the table lacks is for those who may teach, so for no outsider.
"""

import re
from collections.abc import Mapping

from bot.permissions import Act

ACTIONS: Mapping[str, Act] = {
    "feedback": Act.RATE,
    "correct": Act.TEACH,
    "take_back": Act.OWN,
    "learn_so": Act.TEACH,
    "teach_me": Act.TEACH,
    "teach_this_offer": Act.TEACH,
    "refuse": Act.OWN,
    "settle_replace": Act.TEACH,
    "settle_keep": Act.TEACH,
    "settle_accept": Act.TEACH,
    "settle_reword": Act.TEACH,
    "settle_cancel": Act.OWN,
    "vote_a": Act.VOTE,
    "vote_b": Act.VOTE,
    "vote_tie": Act.VOTE,
    "vote_bad": Act.VOTE,
    "lessons:newer": Act.LIST,
    "lessons:older": Act.LIST,
    "lessons:show": Act.LIST,
    "lessons:edit": Act.TEACH,
    # Their handlers ask for APPROVE, once it is known whether the lesson may be seen at all.
    "lessons:approve": Act.LIST,
    "lessons:reject": Act.LIST,
    "lessons:withdraw": Act.OWN,
    "home:approve": Act.APPROVE,
    "home:reject": Act.APPROVE,
    "home:replace": Act.TEACH,
    "home:keep": Act.TEACH,
    "home:accept": Act.TEACH,
    "home:reword": Act.TEACH,
    "home:cancel": Act.OWN,
    "adapters:show": Act.LIST,
    "adapters:promote": Act.ADAPTERS,
    "adapters:rollback": Act.ADAPTERS,
    "night:stop": Act.LIST,
    "oneself:forget": Act.OWN,
    "oneself:opt_out": Act.OWN,
    "scope:everyone": Act.TEACH,
    "scope:channel": Act.TEACH,
    "scope:person": Act.TEACH,
    "proposal:take": Act.TEACH,
    "proposal:keep": Act.TEACH,
    "replacement:undo": Act.TEACH,
    "review:true": Act.TEACH,
    "review:all_true": Act.TEACH,
    "review:edit": Act.TEACH,
    "review:retire": Act.OWN,  # as withdrawing it
    "experts:ask": Act.TEACH,
    "experts:agree": Act.TEACH,
    "experts:answer": Act.TEACH,
    "experts:not_mine": Act.TEACH,
    "experts:never_mind": Act.TEACH,
    "gaps:newer": Act.LIST,
    "gaps:older": Act.LIST,
    "gaps:teach": Act.TEACH,
    # Its handler asks for a teacher, unless who presses it asked the question alone.
    "gaps:dismiss": Act.LIST,
    "watch:learn": Act.TEACH,
    "watch:edit": Act.TEACH,
    "watch:no": Act.OWN,
}
"""By the `action_id` of a button."""
VIEWS: Mapping[str, Act] = {
    "teach": Act.TEACH,
    "correction": Act.TEACH,
    "teach_this_form": Act.TEACH,
    "edit_lesson": Act.TEACH,
    "expert_answer": Act.TEACH,
}
"""By the `callback_id` of a form."""
SHORTCUTS: Mapping[str, Act] = {"teach_this": Act.TEACH}
"""By the `callback_id` of a shortcut."""
COMMANDS: Mapping[str, Act] = {"/teach": Act.TEACH, "/compare": Act.ASK}
"""By the name of a command; `/nightschool` is several."""
SUBCOMMANDS: Mapping[str, Act] = {
    "status": Act.LIST,
    "examples": Act.LIST,
    "lessons": Act.LIST,
    "night": Act.NIGHT,
    "adapters": Act.LIST,
    "why": Act.LIST,
    "export": Act.EXPORT,
    "channels": Act.LIST,
    "people": Act.LIST,
    "report": Act.LIST,
    # Its handler asks for PEOPLE before it changes anything.
    "experts": Act.LIST,
    "forget": Act.OWN,
    "opt": Act.OWN,
    "help": Act.OWN,
    "gaps": Act.LIST,
}
"""By the first word behind `/nightschool`; any other word shows the help."""
_WITHDRAW = re.compile(r"withdraw\s+#?\d+", re.IGNORECASE)


def of_action(action: str) -> Act:
    """Returns what pressing a button needs."""
    return ACTIONS.get(action, Act.TEACH)


def of_view(callback: str) -> Act:
    """Returns what submitting a form needs."""
    return VIEWS.get(callback, Act.TEACH)


def of_command(name: str, text: str) -> Act:
    """Returns what a command needs.

    Args:
        name: the command, with its slash.
        text: what is written behind it, as its handler reads it.
    """
    if name in COMMANDS:
        return COMMANDS[name]
    words = text.lower().split()
    word = words[0] if words else ""
    if word in ("examples", "lessons") and _WITHDRAW.fullmatch(behind(text)):
        return Act.OWN  # its author may always take a lesson back
    if word == "night" and "stop" in words:
        return Act.LIST  # who started the night may stop it, without the right to start another
    return SUBCOMMANDS.get(word, Act.OWN)


def behind(text: str) -> str:
    """Returns what is written behind the first word of a command, as judged here and as run."""
    return " ".join(text.split(None, 1)[1:]).strip()
