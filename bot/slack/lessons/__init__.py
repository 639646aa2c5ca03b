"""Teaching from Slack: by command, from a message, or by correcting an answer."""
