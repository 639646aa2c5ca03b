"""Takes adapters out of use that learned what they should not know any more.

Those are examples that were erased since, and ones that were for everyone then and are not any
more. Of an adapter that was added from elsewhere nobody knows all examples, not even where its card
is one of ours, which anybody could have put beside it: it leaves when anything was erased or made
private after it was added.
"""

from collections.abc import Sequence

from bot.errors import AdapterError, InputError
from bot.store import Store
from trainer.adapters.registry import AdapterCard, Registry

TO_BASE = "I answer with the base model until a night succeeds"
TO_EARLIER = "I answer with {version}, which was made without them"
FORGOTTEN = "What I answered with so far knew lessons that were forgotten since: {instead}."
UNKNOWN = (
    "What I answered with so far came from elsewhere, and nobody can tell whether it knows what "
    "was forgotten or made private since: {instead}."
)
PRIVATE = "What I answered with so far knew lessons that are not for everyone any more: {instead}."
NOTHING_LEFT = "Nothing is taught any more, so I answer with the base model again."


def require_clean(store: Store, registry: Registry, version: str | None) -> None:
    """Checks that a version was trained on nothing that was erased or made private since.

    It is asked before a version is used, and before its weights leave: fused or exported.

    Args:
        store: the database, which knows the erased and the private examples.
        registry: the adapters and their cards.
        version: an adapter; the base model, None, always passes.

    Raises:
        InputError: the version was trained on examples that were erased or made private since, or
            may have been.
        AdapterError: there is no such version.
    """
    if version is None:
        return
    card = registry.card(version)
    require_clean_lessons(store, version, card.learned)
    if _unsure(store, card):
        raise InputError(
            f"{version} was added from elsewhere, and since then somebody was forgotten or a "
            "lesson was made private: nobody can tell whether it knows that. It is not used; if "
            "you are sure, add it once more."
        )


def require_clean_lessons(store: Store, name: str, learned: Sequence[int]) -> None:
    """Checks that an adapter's examples are none that were erased or made private since.

    Args:
        store: the database.
        name: the adapter, as the sentence begins.
        learned: ids of the examples that it was trained on.

    Raises:
        InputError: some of them were.
    """
    if gone := store.examples.forgotten(learned):
        raise InputError(
            f"{name} was trained on {len(gone)} examples of somebody who asked to be forgotten "
            "since: it is not used again."
        )
    if private := store.examples.made_private(learned):
        lessons = "1 lesson" if len(private) == 1 else f"{len(private)} lessons"
        raise InputError(
            f"{name} has learned {lessons} for everyone that must not be told to everyone any "
            "more: it is not used."
        )


def retire(store: Store, registry: Registry) -> str:
    """Promotes the newest earlier version that knows no such example in place of one that does.

    Where there is none, the base model answers.

    Returns:
        A sentence for people about it; empty where the version in use may stay.
    """
    current = registry.current()
    why = _why_not(store, registry, current) if current is not None else ""
    if current is None or not why:
        return ""
    version = next(
        (v for v in _promoted_before(registry, current) if _clean(store, registry, v)), None
    )
    registry.promote(version)
    instead = TO_EARLIER.format(version=version) if version else TO_BASE
    return why.format(instead=instead)


def may_go_on(store: Store, registry: Registry, version: str) -> bool:
    """Returns whether a version may go on with a conversation though a newer one is in use.

    It may not where somebody went back to a version before it, or where examples that it was
    trained on were erased or made private.
    """
    versions, current = registry.versions(), registry.current()
    if version not in versions or current is None:
        return False
    not_newer = versions.index(version) <= versions.index(current)
    return not_newer and not _why_not(store, registry, version)


def retire_untaught(registry: Registry) -> str:
    """Goes back to the base model; for a night in which no example is approved any more.

    Returns:
        A sentence for people about it; empty where no trained adapter was in use.
    """
    current = registry.current()
    if current is None or not registry.card(current).example_ids:
        return ""
    registry.promote(None)
    return NOTHING_LEFT


def _promoted_before(registry: Registry, current: str) -> list[str]:
    versions = registry.versions()
    return versions[: versions.index(current)][::-1]


def _clean(store: Store, registry: Registry, version: str) -> bool:
    try:
        card = registry.card(version)
    except AdapterError:
        return False
    return card.verdict == "promoted" and not _why_not(store, registry, version)


def _why_not(store: Store, registry: Registry, version: str) -> str:
    """Returns the sentence that says why a version is not used any more; empty where it may be."""
    try:
        card = registry.card(version)
    except AdapterError:
        return ""
    if store.examples.forgotten(card.learned):
        return FORGOTTEN
    if store.examples.made_private(card.learned):
        return PRIVATE
    return UNKNOWN if _unsure(store, card) else ""


def _unsure(store: Store, card: AdapterCard) -> bool:
    """Returns whether an adapter may know what left after it was added, as nobody can tell."""
    return bool(card.origin) and store.examples.any_left_since(card.created_at)
