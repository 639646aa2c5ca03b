"""The list of what was taught, as the page shows it."""

import re

import pytest
from starlette.testclient import TestClient

from bot.console.lessons import LIST_LENGTH
from bot.lessons.teaching import Lesson
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.console.console_parts import ConsoleParts


def listed(client: TestClient, **form: str) -> str:
    """The list as the page asks for it."""
    return client.post("/lessons", data=form).text


def test_a_lesson_is_taught_and_listed(client: TestClient, parts: ConsoleParts) -> None:
    form = {"prompt": "Who waters the plants?", "completion": "Noor does.\r\nOn Mondays."}
    answer = client.post("/teach", data=form)
    assert "Lesson 1 is for tonight" in answer.text
    assert "On Mondays." not in answer.text, "the form is empty again"
    assert set(answer.headers["hx-trigger"].split('"')) >= {"lessons", "nights"}
    (example,) = parts.store.examples.approved()
    assert (example.source, example.author) == ("console", "console")
    assert example.completion == "Noor does.\nOn Mondays."
    assert "Who waters the plants?" in listed(client)
    assert "for tonight" in listed(client)


@pytest.mark.parametrize("path", ["lessons/{}/withdraw", "replies/{}/up"])
def test_a_number_of_more_digits_than_any_has_is_not_found(client: TestClient, path: str) -> None:
    assert client.post(path.format("9" * 5000)).status_code == 404


def test_lessons_are_escaped(client: TestClient, parts: ConsoleParts) -> None:
    parts.curation.teach("<b>Who?</b>", "<script>x</script>", "<i>U1</i>")
    html = listed(client)
    assert "&lt;b&gt;Who?" in html
    assert not re.search("<script>|<b>Who|<i>", html)


def test_a_list_that_did_not_change_is_not_sent_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    found = re.search(r'"fingerprint": "(\w+)"', client.get("/").text)
    assert found
    assert client.post("/lessons", data={"fingerprint": found[1]}).status_code == 204
    parts.curation.teach("Who?", "Noor.", "U1")
    assert client.post("/lessons", data={"fingerprint": found[1]}).status_code == 200


def test_withdrawing_and_teaching_again(client: TestClient, parts: ConsoleParts) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    withdrawn = client.post("/lessons/1/withdraw").text
    assert parts.store.examples.get(1).status == "withdrawn"
    assert "Teach again" in withdrawn
    client.post("/lessons/1/approve")
    assert parts.store.examples.get(1).status == "approved"
    history = parts.store.examples.history(1)
    assert [(change.after, change.who) for change in history] == [
        ("approved", "U1"),
        ("withdrawn", "console"),
        ("approved", "console"),
    ]


def test_a_lesson_whose_message_was_deleted_cannot_be_taught_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    taught = parts.curation.learn_from(
        Lesson("Who?", "Noor.", "U1", "shortcut"), [SourceMessage("C1", "1.1", "U2")], "ask"
    )
    parts.message_changes.message_deleted("C1", "1.1")
    assert "Teach again" not in listed(client)
    answer = client.post(f"/lessons/{taught.id}/approve")
    assert (answer.status_code, "was deleted" in answer.text) == (409, True)


def test_an_unknown_lesson_is_refused_in_one_line(client: TestClient) -> None:
    answer = client.post("/lessons/7/withdraw")
    assert (answer.status_code, answer.text) == (404, "there is no example 7")


def test_a_lesson_says_whether_the_adapter_in_use_knows_it(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Old?", "Learned.", "U1")
    version = parts.finish_night(parts.begin_night())
    parts.curation.teach("New?", "Not yet.", "U1")
    html = listed(client)
    new, old = (re.sub(r"\s+", " ", part) for part in html.split('<li class="lesson')[1:])
    assert "for tonight" in new
    assert f"learned in {version}" in old
    client.post("/lessons/1/withdraw")
    assert f"withdrawn, still in {version} until tonight" in listed(client)


def test_searching_finds_words_in_question_and_answer(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    parts.curation.teach("Where is the key?", "Ask Jan.", "U1")
    assert re.findall(r'<p class="q">(.*?)</p>', listed(client, search="NOOR")) == [
        "Who waters the plants?"
    ]
    assert "Nothing found." in listed(client, search="giraffe")


def test_a_long_list_shows_the_newest_and_all_on_demand(
    client: TestClient, parts: ConsoleParts
) -> None:
    for number in range(LIST_LENGTH + 5):
        parts.curation.teach(f"Question {number}?", f"Answer {number}.", "U1")
    html = listed(client)
    assert html.count('<li class="lesson') == LIST_LENGTH
    assert "Show 5 more" in html
    assert listed(client, show_all="yes").count('<li class="lesson') == LIST_LENGTH + 5


def test_only_https_permalinks_become_links(client: TestClient, parts: ConsoleParts) -> None:
    good = "https://example.slack.com/archives/C1/p1"
    parts.curation.teach("Who?", "Noor.", "U1", permalink=good)
    parts.curation.teach("What?", "Nothing.", "U1", permalink="javascript:alert(1)")
    assert re.findall(r'href="([^"]*)"', listed(client)) == [good]


def test_sample_lessons_can_be_kept_and_are_not_asked_about_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "Nightschool", "sample")
    assert "1 sample lesson</strong>" in listed(client)
    assert "sample lesson</strong>" not in client.post("/samples/keep").text
    assert "sample lesson</strong>" not in client.get("/").text
    assert parts.store.examples.counts()["approved"] == 1


def test_dropping_the_sample_lessons_withdraws_them_and_no_others(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "Nightschool", "sample")
    parts.curation.teach("Where?", "There.", "U1")
    assert "sample lesson</strong>" not in client.post("/samples/drop").text
    assert [example.prompt for example in parts.store.examples.approved()] == ["Where?"]


@pytest.mark.parametrize("path", ["/lessons/{}/withdraw", "/lessons/{}/approve", "/replies/{}/up"])
def test_a_number_greater_than_any_key_is_a_lesson_that_does_not_exist(
    client: TestClient, path: str
) -> None:
    answer = client.post(path.format(10**30))
    assert answer.status_code < 500
    assert "there is no" in answer.text.casefold()


def test_a_lesson_is_found_by_its_number(client: TestClient, parts: ConsoleParts) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    gone = parts.curation.teach("Who has 2 keys?", "Jan.", "U1").id
    parts.curation.teach("Who has #2?", "Nobody.", "U1")
    assert gone == 2
    parts.store.examples.change(gone, "rejected", "U1", "no")
    shown = listed(client, search=" #2 ")
    assert "Who has 2 keys?" in shown
    assert "Who has #2?" not in shown
    assert "1 lesson found." in shown
    for unknown in ("#4", "#0", "#999999999999999", "#9999999999999999999999"):
        assert "Nothing found." in listed(client, search=unknown)


def row(client: TestClient, number: int) -> str:
    """One line of the list, found by its number."""
    return listed(client, search=f"#{number}").partition('<li class="lesson')[2]


@pytest.fixture
def secret(parts: ConsoleParts) -> int:
    """A lesson of a private channel."""
    lesson = Lesson(
        "Where is the spare lantern?",
        "Under the stairs.",
        "U1",
        permalink="https://example.slack.com/archives/C9/p1",
        scope=Scope("channel", "C9"),
    )
    taught = parts.curation.learn(lesson)
    assert taught.id is not None
    return taught.id


@pytest.mark.parametrize("search", ["", "#1"])
def test_a_lesson_for_others_is_listed_without_its_words(
    client: TestClient, parts: ConsoleParts, secret: int, search: str
) -> None:
    parts.store.examples.change(secret, "withdrawn", "U1", "the lantern is gone")
    html = listed(client, search=search)
    assert not re.search("lantern|stairs|archives", html)
    for shown in ("Lesson 1 is not shown here", "one channel", "taught by U1", "withdrawn"):
        assert shown in html
    assert "Teach again" not in html, "what nobody reads here is not let in here"


def test_the_words_of_a_lesson_for_others_do_not_find_it(client: TestClient, secret: int) -> None:
    assert secret
    assert "Nothing found." in listed(client, search="lantern")


def test_a_lesson_for_others_can_be_withdrawn_and_not_made_known(
    client: TestClient, parts: ConsoleParts, secret: int
) -> None:
    assert "For everyone" not in listed(client)
    refused = client.post(f"/lessons/{secret}/scope", data={"scope": "everyone"})
    assert refused.status_code == 409
    assert parts.store.examples.get(secret).for_whom == Scope("channel", "C9")
    client.post(f"/lessons/{secret}/withdraw")
    assert parts.store.examples.get(secret).status == "withdrawn"


def test_a_lesson_is_made_one_for_the_page_alone_and_for_everyone_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "console", "console")
    assert "Only here" in row(client, 1)
    narrowed = client.post("/lessons/1/scope", data={"scope": "person"})
    assert parts.store.examples.get(1).for_whom == Scope("person", "console")
    assert narrowed.headers["hx-trigger"] == "nights"
    for shown in ("Noor.", "this page alone", "not trained", "For everyone", "hx-confirm"):
        assert shown in row(client, 1)
    client.post("/lessons/1/scope", data={"scope": "everyone"})
    assert parts.store.examples.get(1).for_whom == EVERYONE
    assert "hx-confirm" not in row(client, 1), "telling fewer needs no question"


def test_whom_a_lesson_is_for_is_one_of_two_on_the_page(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "console", "console")
    for nonsense in ("", "channel", "C1"):
        assert client.post("/lessons/1/scope", data={"scope": nonsense}).status_code == 409
    assert parts.store.examples.get(1).for_whom == EVERYONE


def test_a_lesson_out_of_use_has_no_button_for_whom_it_is(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "console", "console")
    client.post("/lessons/1/withdraw")
    assert 'name="scope"' not in row(client, 1)


def test_a_due_lesson_has_a_mark_in_the_list_and_below_its_answer(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    parts.curation.teach("Who bakes?", "Ben does.", "U1")
    with parts.store.connections.write() as db:
        at = "2020-05-03T10:00:00.000+00:00"
        db.table("examples").update(1, {"created_at": at, "review_days": 30})
    assert listed(client).count("not confirmed since 3 May 2020") == 1
    answer = client.post("/chat", data={"question": "Who waters the plants?"}).text
    assert "not confirmed since 3 May 2020" in answer
