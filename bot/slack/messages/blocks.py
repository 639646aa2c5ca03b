"""Builds the messages that listeners post; nothing here calls Slack or the store.

Every text from a model or a person is escaped here, and cut to Slack's limits.
"""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.answers.questions import Comparison, Reply
from bot.lessons.scoping import scope_word
from bot.lessons.teaching import Taught
from bot.operations.status import Status, sentences
from bot.slack.messages.markdown import mrkdwn, no_channel
from bot.slack.messages.mrkdwn import ChannelOf, escape, shorten, split
from bot.slack.messages.posting import MessageContent
from bot.slack.transport.errors import explain

FIELD_LIMIT = 1900
"""Characters of one column of a section; Slack takes 2,000."""
SECTION_LIMIT = 2900
"""Characters of a section block; Slack takes 3,000."""
FALLBACK_LIMIT = 3500
"""Characters of a text that stands for blocks in notifications."""

OUTCOMES = {
    "approved": "I will learn that tonight",
    "pending": "The lesson waits for approval",
    "quarantined": "The lesson is kept apart until somebody has looked at it",
}
COMMANDS = (
    ("@ me, or write to me directly", "ask me something; in my threads no @ is needed"),
    (":+1: on one of my answers", "makes it a lesson; take it back and I forget it"),
    (":-1: on one of my answers", "asks you what I should have said, and I learn that"),
    ("*Teach this* in the menu of a message", "teaches me people's words, if they agree"),
    ("`/teach question => answer`", "teaches me; `/teach` alone opens a form"),
    ("`/compare question`", "my answer before and after school: vote before you are told"),
    ("`/nightschool status`", "what I know, how last night went, when the next one is"),
    ("`/nightschool night`", "sends me to school now"),
    ("`/nightschool help`", "this list"),
)


def greeting() -> MessageContent:
    """Builds the answer to a mention without any words, or to a request for help."""
    return MessageContent(f"Hello! Ask me something, or teach me something.\n\n{_commands()}")


def help_text() -> MessageContent:
    """Builds the list of what the bot understands."""
    return MessageContent(f"This is what I understand:\n\n{_commands()}")


def _commands() -> str:
    return escape("\n".join(f"• {what}: {does}" for what, does in COMMANDS))


def sorry(error: Exception, doing: str) -> MessageContent:
    """Builds the notice about `error`, which is logged here under the id that the notice names.

    `doing` says in the log what failed.
    """
    return MessageContent(escape(explain(error, doing)))


def taught(result: Taught, here: str | None = None, reader: str | None = None) -> MessageContent:
    """Builds the notice about a lesson that was taught, or why it was refused.

    Args:
        result: what became of the lesson.
        here: the id of the channel in which the notice is read.
        reader: the id of who reads it.
    """
    if result.status == "refused":
        errors = "\n".join(f"• {escape(error)}" for error in result.errors)
        return MessageContent(f"I cannot learn that:\n{errors}")
    whom = f", for {scope_word(result.scope, here, reader)}" if result.scope else ""
    if result.status == "duplicate":
        return MessageContent(f"I have that lesson already (example {result.id}){whom}.")
    sentence = f":mortar_board: Thank you. {_outcome(result, here, reader)}"
    if result.redacted:
        sentence += f" {left_out(result.redacted)}"
    if result.replaced:
        sentence += f" It replaces what I was taught before ({_examples(result.replaced)})."
    if result.proposed_for:
        sentence += (
            " Proposed: its author and the teachers are asked whether it replaces "
            f"{_examples(result.proposed_for)}."
        )
    return MessageContent(sentence)


def _outcome(result: Taught, here: str | None, reader: str | None) -> str:
    """Says what becomes of a stored lesson and whom it is for; only everyone's are trained."""
    scope, number = result.scope, f"(example {result.id})"
    outcome = OUTCOMES.get(result.status, f"The lesson is {result.status}")
    if scope is None:
        return f"{outcome} {number}."
    word = scope_word(scope, here, reader)
    if not scope.private:
        return f"{outcome} {number}, for {word}."
    if result.status == "approved":
        outcome = "I know that now"
    whom = "you alone" if word == "you alone" else f"{word} alone"
    where = "only there" if word.startswith("one") else "only here"
    if word == "you alone":
        where = "only in our direct messages"
    return f"{outcome}, for {whom} {number}: it is told {where}, and not trained."


def left_out(kinds: Sequence[str]) -> str:
    """Says what was taken out of a lesson, and what is said in its place, as escaped mrkdwn."""
    return escape(f"Left out, as personal or secret: {', '.join(kinds)}. I say {_marks(kinds)}.")


def preview(kinds: Sequence[str]) -> str:
    """Says what would be taken out of a lesson before it is stored, as escaped mrkdwn."""
    return escape(
        f"I keep nothing personal or secret ({', '.join(kinds)}). I would keep it so, and say "
        f"{_marks(kinds)}. Teach it so, or put it otherwise."
    )


def _marks(kinds: Sequence[str]) -> str:
    marks = " and ".join(f"“[{kind}]”" for kind in kinds)
    return f"{marks} in {'its' if len(kinds) == 1 else 'their'} place"


def _examples(ids: Sequence[int]) -> str:
    return f"example {', '.join(str(number) for number in ids)}"


def status(state: Status) -> MessageContent:
    """Builds the message of `/nightschool status`."""
    lines = [escape(line) for line in sentences(state)]
    return MessageContent("\n".join(lines), (section("*Nightschool*\n" + "\n".join(lines)),))


def comparison(result: Comparison, channel_of: ChannelOf = no_channel) -> list[MessageContent]:
    """Builds the messages that show both answers under the names of their models.

    Args:
        result: the two answers.
        channel_of: knows the channels whose names become links.
    """
    sides = [
        labelled("Base", result.base.text, channel_of),
        labelled(_tuned(result.tuned), result.tuned.text, channel_of),
    ]
    return side_by_side(result.prompt, sides, [_context(f"{result.seconds:.1f} s")])


def side_by_side(prompt: str, sides: list[str], tail: list[Block]) -> list[MessageContent]:
    """Shows two texts in columns where they fit, else below each other, else as messages.

    Args:
        prompt: the question above them; it is escaped here.
        sides: both texts as mrkdwn.
        tail: the blocks at the end of the last message.
    """
    question = section(f"*{shorten(escape(prompt), SECTION_LIMIT - 2)}*")
    fallback = shorten("\n\n".join(sides), FALLBACK_LIMIT)
    if all(len(side) <= FIELD_LIMIT for side in sides):
        columns = SectionBlock(fields=[_verbatim(side) for side in sides])
        return [MessageContent(fallback, (question, columns, *tail))]
    if all(len(side) <= SECTION_LIMIT for side in sides):
        first, second = (section(side) for side in sides)
        return [MessageContent(fallback, (question, first, DividerBlock(), second, *tail))]
    pieces = [MessageContent(piece) for side in sides for piece in split(side)]
    title = shorten(escape(prompt), FALLBACK_LIMIT)
    return [MessageContent(title, (question,)), *pieces, MessageContent(title, tuple(tail))]


def labelled(label: str, text: str, channel_of: ChannelOf = no_channel) -> str:
    """Renders an answer, which is Markdown, as mrkdwn below a bold label."""
    return f"*{escape(label)}*\n{mrkdwn(text, channel_of) or '…'}"


def _tuned(reply: Reply) -> str:
    return f"Tuned ({reply.adapter})" if reply.adapter else "Tuned (no adapter yet: still base)"


def section(text: str) -> SectionBlock:
    """Builds a section of escaped mrkdwn, in which `@` and `#` link nothing; cut at its limit."""
    return SectionBlock(text=_verbatim(shorten(text, SECTION_LIMIT)))


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[_verbatim(text)])


def _verbatim(text: str) -> MarkdownTextObject:
    """Escaped mrkdwn in which Slack looks for no names: `@channel` notifies nobody."""
    return MarkdownTextObject(text=text, verbatim=True)
