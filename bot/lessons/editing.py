"""An example is edited: a new one takes the place of the old one, which stays in the history.

Adapters keep the ids of what they were trained on for ever, so the words of an id never change.
"""

from dataclasses import replace
from typing import Literal

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.ownership import tell_author
from bot.lessons.teaching import Lesson, Redaction, Taught
from bot.messages import Message
from bot.settings import MEMBER
from bot.store import Example, Store

OUT_OF_USE = ("superseded", "withdrawn")
"""Statuses in which an example is not edited any more."""


def edit(
    store: Store,
    curation: Curation,
    example_id: int,
    prompt: str,
    completion: str,
    who: str,
    redaction: Redaction = "accept",
    review_days: int | Literal["kept"] | None = "kept",
) -> Taught:
    """Teaches an improved example in the place of an old one.

    The new one is for the same people and has the same owner, who is told, as is the author of the
    old one. Whoever wrote the old one keeps their say over the new one: see
    `bot.store.examples.provenance`.

    Args:
        store: where both are kept.
        curation: teaches the new one.
        example_id: the old one.
        prompt: the new question; of a talk, its last one.
        completion: the new answer.
        who: edits it, and is the author of the new one.
        redaction: whether they are asked before anything is taken out of it.
        review_days: the interval of the new one, as in `Lesson`; `kept` leaves it as it was.

    Returns:
        What became of the new one, which is only proposed by who has no right to replace the old
        one but has a message in it. Where it was refused or the words are its own, the old one
        stays; so does an approved one until a new one that waits is approved.

    Raises:
        NotFoundError: there is no such example.
        InputError: it is not in use any more, or nothing was changed.
    """
    with store.connections.write():
        old = store.examples.get(example_id)
        if old.status in OUT_OF_USE:
            raise InputError(f"Example {old.id} is {old.status}: it cannot be edited any more.")
        prompt, completion = prompt.strip(), completion.strip()
        if (prompt, completion) == (old.prompt, old.completion):
            raise InputError("Nothing was changed.")
        lesson = replace(
            _improved(old, prompt, completion, who),
            redaction=redaction,
            owner=_owner(store, old, who),
            review_days=old.review_days if review_days == "kept" else review_days,
        )
        newest = store.examples.search(limit=1)[0].id
        taught = curation.learn(lesson, "keep", given_up=(old.id,))
        if taught.id is None or taught.id == old.id:
            return taught
        is_new = taught.id > newest
        if is_new:  # what was known before has none of these words in it
            store.provenance.derive(old, taught.id, who)
        if not curation.replacing.may_edit(who, old):
            return _proposed(store, curation, old, taught, who) if is_new else taught
        waits = store.examples.get(taught.id).status in ("pending", "quarantined")
        if (waits and old.status == "approved") or taught.proposed_for:
            # It waits for somebody else's consent; until then the old one stays.
            store.replacements.propose(taught.id, [old.id], who)
            return taught
        store.examples.change(old.id, "superseded", who, f"edited: now example {taught.id}")
        store.replacements.set(old.id, "declined", who)
        if old.status == "approved" and taught.status != "duplicate":
            store.replacements.done(taught.id, [old.id], who)
        tell_author(store, old, "edited", who, taught.id)
    return replace(taught, replaced=(old.id,))


def _proposed(store: Store, curation: Curation, old: Example, taught: Taught, who: str) -> Taught:
    """Lets a new lesson wait until somebody agrees that it takes the place of the old one."""
    new = store.examples.get(taught.id or 0)
    if new.status == "approved":
        new = store.examples.change(new.id, "pending", who, f"proposed in the place of {old.id}")
    refused = [old] if new.status == "pending" and old.id not in taught.proposed_for else []
    curation.replacing.propose(new, [old], refused, who)
    return replace(
        taught, status=new.status, proposed_for=tuple(sorted({*taught.proposed_for, old.id}))
    )


def _owner(store: Store, old: Example, who: str) -> str | None:
    """Returns the owner of what somebody makes of a lesson; None where it is themselves."""
    owner = old.owned_by
    stays = owner != who and MEMBER.fullmatch(owner) and not store.people.opted_out(owner)
    return owner if stays else None


def _improved(old: Example, prompt: str, completion: str, who: str) -> Lesson:
    messages = None
    if old.messages:
        messages = (
            *old.messages[:-2],
            Message("user", prompt),
            Message("assistant", completion),
        )
    return Lesson(
        prompt,
        completion,
        who,
        old.source,
        channel=old.channel,
        permalink=old.permalink,
        reply_id=None if old.source == "reaction" else old.reply_id,
        messages=messages,
        expires_on=old.expires_on,
        scope=old.for_whom,
    )
