"""What is counted by the week, and which weekly digests were sent."""
