"""The page in a real browser, as somebody uses it who tries the bot for the first time."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from bot.answers.questions import DECLINED
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.store.examples.scope import Scope
from bot.store.replies import Origin
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.redaction.made_up import SLACK
from tests.browser import DESKTOP, NARROW, Visit, keep_screenshot, visit

pytestmark = pytest.mark.browser


@pytest.fixture
def visited(browser: Browser, address: str) -> Iterator[Visit]:
    """The page, opened; afterwards it must have stayed on this machine and within its policy."""
    with visit(browser, address) as opened:
        yield opened
        assert opened.complaints == []
    assert all(request.startswith(address.partition("?")[0]) for request in opened.requests)


@pytest.fixture
def page(visited: Visit) -> Page:
    return visited.page


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Send").click()


def teach(page: Page, prompt: str, completion: str) -> None:
    page.get_by_label("When somebody asks").fill(prompt)
    page.get_by_label("it should answer").fill(completion)
    page.get_by_role("button", name="Teach", exact=True).click()


def test_an_answer_is_seen_while_it_is_still_being_given(page: Page, parts: ConsoleParts) -> None:
    parts.engine.hold = threading.Event()
    ask(page, "Who waters the plants?")
    answer = page.locator(".answered")
    expect(answer.locator(".said")).to_have_text("That")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    parts.engine.hold.set()
    expect(answer.locator(".said")).to_have_text(parts.engine.base)
    expect(answer.locator(".by")).to_contain_text("base model")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_an_answer_can_be_stopped_and_the_next_question_asked(
    page: Page, parts: ConsoleParts
) -> None:
    parts.engine.hold = threading.Event()
    ask(page, "Who waters the plants?")
    expect(page.locator(".said").last).to_have_text("That")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    parts.engine.hold.set()
    ask(page, "And the cat?")
    expect(page.locator(".answered").last.locator(".said")).to_have_text(parts.engine.base)


def test_enter_sends_and_shift_enter_makes_a_new_line(page: Page) -> None:
    field = page.get_by_label("Your question")
    field.press_sequentially("One")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.press("Enter")
    expect(page.locator(".asked .said")).to_have_text("One\ntwo", use_inner_text=True)
    expect(field).to_have_value("")


def test_what_the_model_writes_is_laid_out_and_never_run(page: Page, parts: ConsoleParts) -> None:
    parts.engine.base = (
        "First **bold**.\n\n- a\n- b\n\n```py\nprint('<i>')\n```\n\n"
        "<img src=x onerror=\"document.title='run'\"> <script>document.title='run'</script>"
        " [link](javascript:alert(1))"
    )
    ask(page, "Show me.")
    expect(page.locator(".answered .under")).to_be_visible()
    for _ in range(2):  # as it streamed, and as it is shown after a reload
        said = page.locator(".answered .said")
        expect(said.locator("strong")).to_have_text("bold")
        expect(said.locator("li")).to_have_text(["a", "b"])
        expect(said.locator("pre")).to_have_text("print('<i>')")
        expect(said).to_contain_text("<script>")
        assert said.locator("img, script, a, i").count() == 0
        assert page.title() == "Nightschool"
        page.reload()


def test_a_thumbs_up_is_a_toggle_and_fills_the_list(page: Page) -> None:
    ask(page, "Who waters the plants?")
    up = page.get_by_role("button", name="Good answer")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".lesson .q")).to_have_text(["Who waters the plants?"])
    up.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".lesson")).to_contain_text("withdrawn")


def test_a_thumbs_down_opens_a_field_for_the_right_answer(page: Page) -> None:
    ask(page, "Who waters the plants?")
    page.get_by_role("button", name="Bad answer").click()
    field = page.get_by_label("What should I have said?")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Teach this").click()
    expect(page.locator(".correction")).to_contain_text("Empty answer.")
    page.get_by_label("What should I have said?").fill("Noor does.")
    page.get_by_role("button", name="Teach this").click()
    expect(page.locator(".under .note")).to_contain_text("is for tonight")
    expect(page.locator(".lesson .a")).to_have_text(["Noor does."])


def test_teaching_tells_what_is_wrong_and_then_what_was_learned(page: Page) -> None:
    teach(page, "Who waters the plants?", "")
    expect(page.locator("#teach .errors li")).to_have_text(["Empty answer."])
    expect(page.get_by_label("When somebody asks")).to_have_value("Who waters the plants?")
    teach(page, "Who waters the plants?", "Noor does.")
    expect(page.locator("#teach .note")).to_have_text("Thank you. Lesson 1 is for tonight.")
    expect(page.locator(".lesson .q")).to_have_text(["Who waters the plants?"])
    expect(page.locator(".timetable")).to_contain_text("1 lesson on the timetable")


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("Replace it", ["At one."]),
        ("Keep both", ["At one.", "At noon."]),
        ("Cancel", ["At noon."]),
    ],
)
def test_a_contradiction_is_asked_about(page: Page, choice: str, left: list[str]) -> None:
    teach(page, "When is lunch?", "At noon.")
    expect(page.locator(".lesson")).to_have_count(1)
    teach(page, "when is lunch", "At one.")
    expect(page.locator(".conflicts")).to_contain_text("At noon.")
    page.get_by_role("button", name=choice).click()
    expect(page.locator(".conflicts")).to_have_count(0)
    expect(page.locator(".lesson .a")).to_have_text(left)


def test_what_is_taken_out_is_seen_and_reworded_before_it_is_taught(
    page: Page, parts: ConsoleParts
) -> None:
    teach(page, "Which token?", f"It is {SLACK}.")
    expect(page.locator(".conflicts")).to_contain_text("I will say \u201c[secret]\u201d there")
    answer = page.get_by_label("it should answer")
    expect(answer).to_have_value("It is [secret].")
    page.get_by_role("button", name="Reword").click()
    expect(page.locator(".conflicts")).to_have_count(0)
    expect(page.get_by_label("When somebody asks")).to_be_focused()
    teach(page, "Which token?", f"{SLACK} it is.")
    page.get_by_role("button", name="Teach it so").click()
    expect(page.locator("#teach .note")).to_contain_text("Taken out: secret.")
    expect(page.locator(".lesson .a")).to_have_text(["[secret] it is."])
    assert len(parts.store.examples.search()) == 1


def test_a_lesson_for_this_page_alone_is_told_to_everyone_only_after_a_question(
    page: Page, parts: ConsoleParts
) -> None:
    page.get_by_label("For", exact=True).select_option("Only on this page (not trained)")
    teach(page, "Who waters the plants?", "Noor does.")
    expect(page.locator(".lesson .whom")).to_have_text(["this page alone"])
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("button", name="Make known to everyone").click()
    assert "Everybody will be told this" in asked[0]
    assert parts.store.examples.get(1).scope == "person"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Make known to everyone").click()
    expect(page.locator(".lesson .whom")).to_have_text(["everyone"])
    page.get_by_role("button", name="Tell on this page only").click()
    expect(page.locator(".lesson .whom")).to_have_text(["this page alone"])


def test_what_nobody_decided_is_still_asked_when_the_page_is_opened_again(page: Page) -> None:
    teach(page, "When is lunch?", "At noon.")
    expect(page.locator(".lesson")).to_have_count(1)
    teach(page, "When is lunch?", "At one.")
    expect(page.locator(".conflicts")).to_be_visible()
    expect(page.locator("#questions")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Replace it: When is lunch?").click()
    expect(page.locator("#questions .note")).to_contain_text("in place of lesson 1")
    expect(page.locator(".lesson .a")).to_have_text(["At one."])


def test_a_lesson_worth_a_look_is_marked(page: Page) -> None:
    teach(page, "Where is the wiki?", "https://wiki.example/start")
    expect(page.locator(".lesson .mark")).to_have_text(["only a link"])


def test_a_night_is_followed_live_and_the_tuned_model_answers_without_a_reload(
    page: Page, parts: ConsoleParts
) -> None:
    teach(page, "Who waters the plants?", "Noor does.")
    expect(page.locator(".lesson")).to_have_count(1)
    run = parts.begin_night()
    parts.store.runs.progress(run.id, phase="train", step=3, steps=12, loss=2.5, seconds_left=60.0)
    card = page.locator("#school")
    expect(card).to_contain_text("step 3 of 12")
    expect(card).to_contain_text("2.500")
    expect(page.get_by_role("button", name="At school")).to_be_disabled()
    parts.store.runs.progress(run.id, step=9)
    expect(card).to_contain_text("step 9 of 12")
    version = parts.finish_night(run)
    expect(card).to_contain_text(f"Promoted {version}")
    expect(page.locator("#badge")).to_contain_text(version)
    expect(page.locator("#log")).to_contain_text(f"From now on {version} answers.")
    expect(page.locator(".lesson")).to_contain_text(f"learned in {version}")
    ask(page, "Who waters the plants?")
    expect(page.locator(".answered .said")).to_have_text("Noor does.")
    expect(page.locator(".answered .version")).to_have_text(version)
    expect(page.locator(".answered .by")).to_contain_text("checked against lesson 1")
    keep_screenshot(page, "console")


def test_the_button_sends_it_to_school(page: Page) -> None:
    page.get_by_role("button", name="Go to school now").click()
    expect(page.locator("#school")).to_contain_text("Nothing was taught yet")


def test_comparing_shows_both_side_by_side(page: Page, parts: ConsoleParts) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    version = parts.finish_night(parts.begin_night())
    page.get_by_label("Your question").fill("Who waters the plants?")
    page.get_by_role("button", name="Compare").click()
    base = page.get_by_role("region", name="Base model")
    tuned = page.get_by_role("region", name=f"Tuned, {version}")
    expect(base.locator(".said")).to_have_text(parts.engine.base)
    expect(tuned.locator(".said")).to_have_text("Noor does.")
    left, right = base.bounding_box(), tuned.bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"]
    tuned.get_by_role("button", name="Good answer").click()
    expect(tuned.locator(".note")).to_contain_text("I have that already")


def test_a_suggestion_asks_its_question(page: Page, parts: ConsoleParts) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "Nightschool", "sample")
    page.reload()
    page.get_by_role("button", name="Who waters the plants?", exact=True).click()
    expect(page.locator(".asked .said")).to_have_text("Who waters the plants?")
    expect(page.locator(".answered .said")).to_have_text("Noor does.")
    expect(page.locator(".answered .by")).to_contain_text("lesson 1, sample on")


def test_sample_lessons_are_dropped_with_one_click(page: Page, parts: ConsoleParts) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "Nightschool", "sample")
    page.reload()
    page.get_by_role("button", name="Drop").click()
    expect(page.locator(".samples")).to_have_count(0)
    expect(page.locator(".lesson")).to_contain_text("withdrawn")


def test_searching_and_withdrawing(page: Page, parts: ConsoleParts) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    parts.curation.teach("Where is the key?", "Ask Jan.", "U1")
    page.get_by_label("Search the lessons").fill("jan")
    expect(page.locator(".lesson .q")).to_have_text(["Where is the key?"])
    page.get_by_role("button", name="Withdraw: Where is the key?").click()
    expect(page.locator(".lesson")).to_contain_text("withdrawn")
    expect(page.locator(".lesson .q")).to_have_text(["Where is the key?"])
    assert parts.store.examples.counts()["withdrawn"] == 1


def test_a_new_conversation_is_empty(page: Page) -> None:
    ask(page, "Who waters the plants?")
    expect(page.locator(".under")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_failing_engine_is_a_line_in_the_chat(page: Page, parts: ConsoleParts) -> None:
    parts.engine.broken = "The model is out of memory: ask for less."
    ask(page, "Who waters the plants?")
    expect(page.locator(".answered .failed")).to_have_text(parts.engine.broken)
    expect(page.get_by_role("button", name="Send")).to_be_enabled()


def test_a_console_that_is_gone_is_told_in_the_chat_and_at_the_top(
    browser: Browser, parts: ConsoleParts
) -> None:
    console = parts.console()
    console.start()
    try:
        with visit(browser, console.address) as visited:
            console.stop()
            ask(visited.page, "Anybody there?")
            expect(visited.page.locator(".failed")).to_contain_text("Is nightschool still running")
            visited.page.get_by_role("button", name="Teach", exact=True).click()
            expect(visited.page.locator("#notice")).to_contain_text("Is nightschool still running")
    finally:
        console.stop()


@pytest.mark.parametrize("width", [320, NARROW["width"], 768, DESKTOP["width"]])
def test_nothing_is_cut_off_at_any_width(
    browser: Browser, address: str, parts: ConsoleParts, width: int
) -> None:
    parts.curation.teach("Donaudampfschifffahrt" * 9, "x" * 500, "U1")
    parts.engine.base = "y" * 500 + "\n\n```\n" + "z" * 500 + "\n```"
    with visit(browser, address, viewport={"width": width, "height": 700}) as visited:
        ask(visited.page, "Donaudampfschifffahrtsgesellschaft" * 5)
        expect(visited.page.locator(".under")).to_be_visible()
        visited.page.get_by_label("Your question").fill("Again?")
        visited.page.get_by_role("button", name="Compare").click()
        expect(visited.page.locator(".side .under")).to_have_count(2)
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_against_its_ground(
    browser: Browser, address: str, parts: ConsoleParts, *, dark: bool
) -> None:
    """WCAG's contrast of 4.5, for every text on a page with something in every place."""
    parts.curation.teach("Who waters the plants?", "Noor does.", "Nightschool", "sample")
    parts.finish_night(parts.begin_night())
    parts.curation.teach("Where is the key?", "Ask `Jan`.", "U1")
    parts.curation.learn(Lesson("Where?", "Here.", "U1", scope=Scope("channel", "C9")))
    fields = {"prompt": "Who?", "completion": "Jan.", "scope": "everyone", "author": "U1"}
    parts.store.open_questions.add("U1", "typed", fields, conflicts=[1])
    with visit(browser, address, dark=dark) as visited:
        ask(visited.page, "Who waters the plants?")
        visited.page.get_by_role("button", name="Bad answer").click()
        visited.page.get_by_role("button", name="Teach this").click()
        visited.page.get_by_role("button", name="Teach", exact=True).click()
        expect(visited.page.locator(".errors")).to_have_count(2)
        poor = visited.page.evaluate(CONTRAST)
    assert poor == []


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) {
      poor.push(`${texts.currentNode.data.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
    }
  }
  return poor;
}"""


def test_what_nobody_taught_goes_into_the_form_and_a_lesson_is_found_from_its_answer(
    page: Page, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    parts.curation.teach("Who bakes?", "Jan does.", "U1")
    ask(page, "who bakes")
    page.get_by_role("button", name="lesson 2, taught by U1").click()
    expect(page.locator(".lesson .q")).to_have_text(["Who bakes?"])
    (reply,) = parts.store.replies.each()
    declined = Completion("Nobody taught me.", DECLINED, None, 0, 0, 0.0, "stop")
    parts.store.replies.add(
        declined, [Message("user", 'Who has "the" key?')],
        source="console", channel="console", thread=reply.thread, person="console",
        origin=Origin((), "none", 0.9),
    )  # fmt: skip
    page.reload()
    page.get_by_role("button", name="Teach me").click()
    expect(page.get_by_label("When somebody asks")).to_have_value('Who has "the" key?')
    expect(page.get_by_label("it should answer")).to_be_focused()
