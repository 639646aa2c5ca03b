"""Everything that goes out: blocks, modals, mrkdwn, posting, ephemeral messages."""
