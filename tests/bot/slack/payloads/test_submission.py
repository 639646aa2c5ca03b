"""A form teaches once, shows errors below its fields, and tells whoever submitted the rest."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.errors import NightschoolError
from bot.lessons.teaching import Taught
from bot.permissions import UNKNOWN, Rights
from bot.settings import Settings
from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import submission
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces
from bot.store import Store
from tests.bot.slack.direct import AtOnce, DirectClient
from tests.slack_server import SlackServer
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import ANNA, BOT, GENERAL, TEAM, Workspace

BODY = {"trigger_id": "t1", "user": {"id": ANNA}}
VIEW: dict[str, Any] = {"blocks": [{"block_id": modals.QUESTION}, {"block_id": modals.ANSWER}]}


@dataclass(frozen=True)
class Filled:
    """A submitted form."""

    recipient: Recipient


@dataclass
class Form:
    """A form whose outcome the test decides."""

    dispatcher: Dispatcher
    taught: Taught = field(default_factory=lambda: Taught(7, "approved"))
    fails: Exception | None = None
    fails_after: Exception | None = None
    times: int = 0
    acknowledged: list[dict[str, Any]] = field(default_factory=list)

    def submit(self, trigger: str = "t1", view: dict[str, Any] = VIEW) -> None:
        """Anna submits it."""
        listen = submission.listener(
            self.dispatcher, self._read, self._teach, self._outcome, self._preview
        )
        ack: Any = lambda **answer: self.acknowledged.append(answer)  # noqa: E731  one line
        listen(ack, BODY | {"trigger_id": trigger}, view)

    def _read(self, _: dict[str, Any], user: str) -> Filled:
        return Filled(Recipient(user, GENERAL))

    def _teach(self, _: Filled) -> Taught:
        self.times += 1
        if self.fails:
            raise self.fails
        return self.taught

    def _preview(self, _: Filled, taught: Taught) -> View:
        assert taught.preview is not None
        question, answer = taught.preview
        return View(type="modal", title="So?", private_metadata=f"{question} {answer}")

    def _outcome(self, _: Filled, taught: Taught) -> MessageContent:
        if self.fails_after:
            raise self.fails_after
        return MessageContent(f"It is {taught.status}.")


@pytest.fixture
def form(store: Store, client: WebClient) -> Form:
    return Form(Dispatcher(store.handled_events, AtOnce(), client))


def told(slack: SlackServer) -> list[str]:
    return [message.text for message in slack.bot_messages(ephemeral_to=ANNA)]


def test_a_form_closes_and_its_author_is_told_once(form: Form, slack: SlackServer) -> None:
    form.submit()
    form.submit()
    assert form.acknowledged == [{}, {}]
    assert form.times == 1
    assert told(slack) == ["It is approved."]


def test_a_refusal_is_shown_below_the_fields_and_nothing_is_told(
    form: Form, slack: SlackServer
) -> None:
    form.taught = Taught(None, "refused", errors=("the prompt is empty", "the answer is empty"))
    form.submit()
    errors = {modals.QUESTION: "the prompt is empty", modals.ANSWER: "the answer is empty"}
    assert form.acknowledged == [{"response_action": "errors", "errors": errors}]
    assert told(slack) == []


def test_errors_of_fields_that_the_form_lacks_stand_below_the_answer(form: Form) -> None:
    form.taught = Taught(None, "refused", errors=("the prompt is empty", "the answer is empty"))
    form.submit(view={"blocks": [{"block_id": modals.ANSWER}]})
    errors = {modals.ANSWER: "the prompt is empty the answer is empty"}
    assert form.acknowledged == [{"response_action": "errors", "errors": errors}]


def test_a_failure_leaves_the_form_open_and_says_so(form: Form, slack: SlackServer) -> None:
    form.fails = NightschoolError("The disk is full.")
    form.submit()
    (answer,) = form.acknowledged
    assert "The disk is full." in answer["errors"][modals.ANSWER]
    assert told(slack) == []


def test_a_failure_after_the_form_has_closed_is_told(form: Form, slack: SlackServer) -> None:
    form.fails_after = NightschoolError("The link is lost.")
    form.submit()
    assert form.acknowledged == [{}]
    (sentence,) = told(slack)
    assert "The link is lost." in sentence


def test_what_would_be_stored_is_shown_in_the_form_before_it_is(
    form: Form, slack: SlackServer
) -> None:
    form.taught = Taught(None, "sensitive", preview=("Where?", "At [secret]."))
    form.submit()
    (answer,) = form.acknowledged
    assert answer["response_action"] == "update"
    assert answer["view"].private_metadata == "Where? At [secret]."
    assert told(slack) == []


def test_who_may_not_teach_is_told_below_the_answer_and_nothing_is_taught(
    form: Form, store: Store, settings: Settings
) -> None:
    """Slack waits three seconds only: what is not known is found out for the next attempt."""
    client = DirectClient(WebApi(Workspace(), lambda _: None, lambda: ""))
    people = Members(client, store, BOT, TEAM)
    admission = Admission(people, SlackPlaces(client, store), Rights(store, settings))
    form.dispatcher = replace(form.dispatcher, admission=admission)
    client.hidden.add(ANNA)
    form.submit("t1")
    client.hidden.clear()
    form.submit("t2")
    assert form.times == 0
    form.submit("t3")
    assert form.times == 1
    *refused, taken = form.acknowledged
    assert [answer["errors"] for answer in refused] == [{modals.ANSWER: UNKNOWN}] * 2
    assert taken == {}
