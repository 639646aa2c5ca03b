"""What the words of a lesson say by themselves: a question and an answer, or no answer at all."""
