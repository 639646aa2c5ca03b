"""Draws docs/slack.png out of real payloads: what the bot posted to the test's Slack.

    PYTHONPATH=. .venv/bin/python scripts/draw_messages.py

Needs Playwright (a development dependency) and Debian's chromium. Slack draws its messages
somewhat differently; blocks and buttons are the bot's own, the model's words are scripted.
"""

import html
import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bot.home import Home
from bot.lessons.curation import Curation
from bot.settings import load_settings
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BOT, GENERAL, Message

TARGET = Path(__file__).parent.parent / "docs" / "slack.png"
EMOJI = {":mortar_board:": "🎓", ":+1:": "👍", ":octagonal_sign:": "🛑", ":warning:": "⚠️"}
STYLE = """
body { font: 15px/1.45 Lato, 'DejaVu Sans', sans-serif; color: #1d1c1d; margin: 0; width: 640px }
.message { display: flex; gap: 10px; padding: 9px 18px } .reply { margin-left: 34px }
.face { width: 34px; height: 34px; border-radius: 6px; color: white; text-align: center;
        line-height: 34px; font-weight: bold; flex: none }
b.name { margin-right: 6px } .small { color: #616061; font-size: 12px; margin-top: 3px }
.buttons span { display: inline-block; border: 1px solid #bbb; border-radius: 6px;
                padding: 1px 9px; margin: 5px 6px 0 0; font-size: 13px }
"""


def main() -> None:
    """Talks with the bot a little and draws what was said."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Home(Path(folder)))
        bot = Direct(Path(folder), settings)
        curation = Curation(bot.store, settings)
        bot.engine.says = lambda _: "I do not know what your wifi is called."
        question = "What is our wifi called?"
        _ask(bot, question)
        curation.teach(question, "It is called *lighthouse*.", ANNA)
        _ask(bot, question.lower())
        said = [message for message in bot.workspace.messages if not message.deleted]
        page = "".join(_message(message) for message in said)
        bot.close()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        view = browser.new_page(viewport={"width": 640, "height": 200}, device_scale_factor=2)
        view.set_content(f"<meta charset=utf-8><style>{STYLE}</style><body>{page}</body>")
        view.locator("body").screenshot(path=TARGET)
        browser.close()


def _ask(bot: Direct, text: str) -> None:
    message = Message(GENERAL, bot.workspace.next_ts(), ANNA, f"<@{BOT}> {text}")
    bot.workspace.messages.append(message)
    bot.dispatch(bot.body(message.as_json() | {"channel": GENERAL, "channel_type": "channel"}))
    while bot.think():
        pass


def _message(message: Message) -> str:
    ours = message.user == BOT
    name, colour = ("Nightschool", "#1f2a44") if ours else ("anna", "#b5651d")
    shown = [b for b in message.blocks if b["type"] == "section"]
    body = "" if shown else f"<div>{_mrkdwn(message.text)}</div>"
    body += "".join(_block(block) for block in message.blocks)
    kind = "message reply" if message.thread_ts and ours else "message"
    face = f"<div class=face style='background:{colour}'>{name[0].upper()}</div>"
    return f"<div class='{kind}'>{face}<div><b class=name>{name}</b>{body}</div></div>"


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "section":
        return f"<div>{_mrkdwn(block['text']['text'])}</div>"
    if block["type"] == "context":
        words = " ".join(_mrkdwn(element["text"]) for element in block["elements"])
        return f"<div class=small>{words}</div>"
    labels = [
        button["text"]["text"]
        for element in block.get("elements", [])
        for button in (element.get("positive_button"), element.get("negative_button"))
        if button
    ]
    signs = ("✓", "✗")
    spans = (f"<span>{s} {html.escape(t)}</span>" for s, t in zip(signs, labels, strict=False))
    return f"<div class=buttons>{''.join(spans)}</div>"


def _mrkdwn(text: str) -> str:
    text = text.replace(f"<@{BOT}>", "<i>@Nightschool</i>")
    text = re.sub(r"<(https://[^|>]+)\|([^>]+)>", r"<u>\2</u>", text)
    text = re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", text)
    for code, sign in EMOJI.items():
        text = text.replace(code, sign)
    return text.replace("\n", "<br>")


if __name__ == "__main__":
    main()
