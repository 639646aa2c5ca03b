"""What to ask a server for that is not ours and knows no `base` and no `latest`.

Such a server (vLLM with LoRA modules, say) lists the base under its own name and each adapter
under the name it was given there: our version names. Knows no mlx.
"""

from dataclasses import dataclass

from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class ExternalModelNames:
    """Turns our names into a server's."""

    registry: Registry
    base: str
    """The model as our settings name it."""

    def __call__(self, name: str, listed: list[str]) -> str:
        """The name to send.

        Args:
            name: `base`, `latest` or a version.
            listed: what the server says it has.
        """
        if name in listed:
            return name
        if name == "latest":
            current = self.registry.current()
            return current if current in listed else self("base", listed)
        if name == "base" and self.base not in listed:
            return next((one for one in listed if one not in self.registry.versions()), self.base)
        return self.base if name == "base" else name
