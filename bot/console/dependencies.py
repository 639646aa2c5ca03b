"""What all parts of the console share: services, templates and the reading of forms."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request

from bot.answers.assistant import Assistant
from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.scope import CONSOLE, Audience


class NumberConvertor(IntegerConvertor):
    """The number of a row in an address, `{id:number}`; thousands of digits lead nowhere."""

    regex = "[0-9]{1,1000}"


register_url_convertor("number", NumberConvertor())
CONSOLE_FOLDER = Path(__file__).parent
CONSOLE_USER = CONSOLE
"""The one user of the console, and the channel of its conversations."""
READER = Audience(person=CONSOLE_USER)
"""Who reads the page: lessons for one channel or for somebody else are not shown on it."""


def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(CONSOLE_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class ConsoleDependencies:
    """The services that the console calls, and its templates."""

    home: Home
    settings: Settings
    store: Store
    assistant: Assistant
    nights: NightRunner
    templates: Environment = field(default_factory=_templates)

    @cached_property
    def curation(self) -> Curation:
        """The service that teaches and curates lessons."""
        return Curation(self.store, self.settings)

    @cached_property
    def ratings(self) -> ReplyRatings:
        """The service that records ratings and corrections."""
        return ReplyRatings(self.store, self.settings)

    @cached_property
    def decisions(self) -> Decisions:
        """The service that keeps what people were asked about lessons and have not decided."""
        return Decisions(self.store, self.settings, self.curation, self.ratings)

    def render(self, template: str, **context: Any) -> str:
        """Renders a page or a fragment of one; all values are escaped."""
        return self.templates.get_template(template).render(context)


async def form_fields(request: Request, *names: str) -> list[str]:
    """Returns the named text fields of a posted form; a missing one is empty."""
    async with request.form() as form:  # closes what was uploaded in place of a text
        values = [form.get(name, "") for name in names]
    return [v.replace("\r\n", "\n") if isinstance(v, str) else "" for v in values]


def fingerprint(*values: object) -> str:
    """Returns a short hash by which a page can tell whether what it shows has changed.

    It is compared within one process only.
    """
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
