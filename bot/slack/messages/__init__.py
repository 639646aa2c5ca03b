"""Outgoing messages: blocks, modals, mrkdwn, posting, ephemeral messages."""
