"""Draws messages of the tests' Slack as pictures: the blocks are the bot's own payloads.

Slack draws its messages somewhat differently.
"""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.slack_server.workspace import BOT, Message

NAMES = {"U0ANNA": "anna", "U0BEN": "ben", "U0CLEO": "cleo", BOT: "Nightschool"}
COLOURS = {"U0ANNA": "#b5651d", "U0BEN": "#2f6b4f", BOT: "#1f2a44"}
STYLE = """
body { font: 15px/1.45 Lato, 'DejaVu Sans', sans-serif; color: #1d1c1d; margin: 0; width: 640px }
.message { display: flex; gap: 10px; padding: 9px 18px } .reply { margin-left: 34px }
.face { width: 34px; height: 34px; border-radius: 6px; color: white; text-align: center;
        line-height: 34px; font-weight: bold; flex: none }
b.name { margin-right: 6px } .small { color: #616061; font-size: 12px; margin-top: 3px }
h4 { margin: 14px 18px 2px; font-size: 13px; color: #616061; border-top: 1px solid #e3e0da;
     padding-top: 10px; font-weight: normal }
.quote { display: block; border-left: 3px solid #ccc; padding-left: 8px }
.buttons span.primary { background: #1f2a44; color: white }
.buttons span { display: inline-block; border: 1px solid #bbb; border-radius: 6px;
                padding: 1px 9px; margin: 5px 6px 0 0; font-size: 13px }
"""


def draw(target: Path, parts: Sequence[tuple[str, Sequence[Message]]]) -> None:
    """Draws messages below each other into a PNG.

    Args:
        target: the file.
        parts: a heading, empty for none, and its messages.
    """
    page = "".join(
        (f"<h4>{html.escape(head)}</h4>" if head else "") + "".join(map(_message, messages))
        for head, messages in parts
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        view = browser.new_page(viewport={"width": 640, "height": 200}, device_scale_factor=2)
        view.set_content(f"<meta charset=utf-8><style>{STYLE}</style><body>{page}</body>")
        view.locator("body").screenshot(path=target)
        browser.close()


def _message(message: Message) -> str:
    ours = message.user == BOT
    name, colour = NAMES.get(message.user, "somebody"), COLOURS.get(message.user, "#777")
    shown = [b for b in message.blocks if b["type"] in ("section", "header")]
    body = "" if shown else f"<div>{_mrkdwn(message.text)}</div>"
    body += "".join(_block(block) for block in message.blocks)
    kind = "message reply" if message.thread_ts and ours else "message"
    alone = "<div class=small>Only visible to you</div>" if message.ephemeral_to else ""
    face = f"<div class=face style='background:{colour}'>{name[0].upper()}</div>"
    return f"<div class='{kind}'>{face}<div>{alone}<b class=name>{name}</b>{body}</div></div>"


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "header":
        return f"<div><b>{_mrkdwn(block['text']['text'])}</b></div>"
    if block["type"] == "section":
        words = block.get("text") or {"text": ""}
        fields = " · ".join(_mrkdwn(field["text"]) for field in block.get("fields", []))
        return f"<div>{_mrkdwn(words['text'])}{fields}</div>"
    if block["type"] == "context":
        words = " ".join(_mrkdwn(element["text"]) for element in block["elements"])
        return f"<div class=small>{words}</div>"
    if block["type"] == "actions":
        return f"<div class=buttons>{''.join(map(_button, block['elements']))}</div>"
    labels = [
        button["text"]["text"]
        for element in block.get("elements", [])
        for button in (element.get("positive_button"), element.get("negative_button"))
        if button
    ]
    signs = ("✓", "✗")
    spans = (f"<span>{s} {html.escape(t)}</span>" for s, t in zip(signs, labels, strict=False))
    return f"<div class=buttons>{''.join(spans)}</div>"


def _button(element: dict[str, Any]) -> str:
    kind = " class=primary" if element.get("style") == "primary" else ""
    return f"<span{kind}>{html.escape(element.get('text', {}).get('text', '…'))}</span>"


def _mrkdwn(text: str) -> str:
    text = re.sub(r"<@(\w+)>", lambda found: f"<i>@{NAMES.get(found[1], 'somebody')}</i>", text)
    text = re.sub(r"<#(\w+)(\|[^>]*)?>", "<i>#general</i>", text)
    text = re.sub(r"<(https://[^|>]+)\|([^>]+)>", r"<u>\2</u>", text)
    text = re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", text)
    text = re.sub(r"(?<!\w)_([^_\n]+)_(?!\w)", r"<i>\1</i>", text)
    text = text.replace("U0BEN", "ben").replace("U0ANNA", "anna")  # no ids of Slack's length
    text = re.sub(r"(^|\n)(?:>|&gt;)([^\n]*)", r"\1<span class=quote>\2</span>", text)
    text = re.sub(r":[a-z_]+: ?", "", text)  # few machines have a font for them
    return text.replace("\n", "<br>")
