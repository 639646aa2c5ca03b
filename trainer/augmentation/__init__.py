"""What a run is shown: wordings of each question, talks, and replay."""
