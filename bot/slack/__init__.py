"""Slack: Bolt listeners over Socket Mode. Thin; they call feedback, assistant and night."""
