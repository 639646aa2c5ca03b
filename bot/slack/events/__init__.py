"""Events of Slack as typed values: messages, edits and deletions, reactions."""
