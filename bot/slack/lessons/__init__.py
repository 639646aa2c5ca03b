"""Teaching from Slack: by command, from a message, by correcting an answer."""
