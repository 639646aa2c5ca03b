"""A question becomes a reply: history, retrieval, prompt, engine, log. Knows no Slack."""
