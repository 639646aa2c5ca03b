"""What people say to each other in a channel: who asks, who answers, and who was thanked for it."""
