"""Teaching, looking after what was taught, files in and out. Knows no Slack."""
