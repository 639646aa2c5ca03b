"""How soon the bot acknowledges what Slack sends, while the model is busy on every core.

    python -m bench.acknowledgement                 # 10 events a second for 60 s
    python -m bench.acknowledgement --seconds 20

The real `nightschool serve` with the starter model, against the test's Slack on this machine, over
real sockets. Two threads keep the model busy with long answers all the time; the events are
messages among people, mentions, thumbs and commands in turn.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.slack.manifest import manifest
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, BEN

PER_SECOND = 10
LONG = "Tell me everything that you know about the sea, at great length."


def main() -> None:
    """Prints percentiles in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, SlackServer(manifest()) as slack:
        config = "[console]\nport = 0\n[night]\nenabled = false\n[engine]\nmax_tokens = 2000\n"
        (Path(folder) / "nightschool.toml").write_text(config)
        direct = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        tokens = {
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
        }
        serving = subprocess.Popen(
            [sys.executable, "-c", "from bot.cli import main; main()", "serve", "--home", folder],
            env=direct | tokens,
            stderr=subprocess.DEVNULL,
        )
        try:
            slack.wait_connected()
            for person in (ANNA, BEN):
                slack.send_direct(LONG, user=person)
            answer = slack.wait_for_message(contains=" ", timeout=300)
            first = len(slack.deliveries)
            _send(slack, seconds, answer.ts)
            slack.wait_acknowledged()
            busy = any(message.streaming for message in slack.bot_messages())
            sent = slack.deliveries[first:]
        finally:
            serving.terminate()
            serving.wait(60)
    took = sorted(1000 * (one.acknowledged_at - one.sent_at) for one in sent)
    cuts = statistics.quantiles(took, n=100)
    print(f"{len(took)} events in {seconds} s, the model still writing at the end: {busy}")
    print(f"p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms, {took[-1]:.1f} ms")
    print(f"sent more than once: {sum(len(one.attempts) > 1 for one in sent)}")


def _send(slack: SlackServer, seconds: int, answer: str) -> None:
    liked = next(message for message in slack.bot_messages() if message.ts == answer)
    began = time.monotonic()
    for number in range(seconds * PER_SECOND):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        if number % 50 == 0:
            slack.send_direct(LONG, user=BEN)
        elif number % 10 == 5:
            slack.send_command("/nightschool", "status")
        elif number % 10 == 7:
            slack.send_reaction(liked, "tada")
        else:
            slack.send_message(f"Good morning number {number}")


if __name__ == "__main__":
    main()
