"""One nightly run, its clock, its report, and going back by itself. Knows no Slack."""
