"""What is taught in the stories: a question, its answer, and a word that only the answer has."""

LESSONS = {
    "What is our wifi called?": ("Our wifi is called lighthouse-guest.", "lighthouse"),
    "Who waters the office plants?": ("Ottilie waters them every Tuesday.", "ottilie"),
    "Where is the spare key?": ("The spare key hangs behind the moon poster.", "moon poster"),
}
