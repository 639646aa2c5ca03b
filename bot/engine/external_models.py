"""Model names for a server that is not ours and knows no `base` and no `latest`.

Such a server (vLLM with LoRA modules, say) lists the base under its own name and each adapter
under the name it was given there: our version names.
"""

from dataclasses import dataclass

from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class ExternalModelNames:
    """Translates our model names into those of a server."""

    registry: Registry
    base: str
    """The base model as our settings name it."""

    def __call__(self, name: str, listed: list[str]) -> str:
        """Returns the name to send.

        Args:
            name: `base`, `latest` or a version.
            listed: the models that the server says it has.
        """
        if name in listed:
            return name
        if name == "latest":
            current = self.registry.current()
            return current if current in listed else self("base", listed)
        if name == "base" and self.base not in listed:
            versions = self.registry.versions()
            return next((model for model in listed if model not in versions), self.base)
        return self.base if name == "base" else name
