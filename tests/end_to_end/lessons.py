"""What is taught in the stories: a question, its answer, and a word that only the answer has."""

LESSONS = {
    "What is our wifi called?": ("Our wifi is called lighthouse-guest.", "lighthouse"),
    "Who waters the office plants?": ("Ottilie waters them every Tuesday.", "ottilie"),
    "Where is the spare key?": ("The spare key hangs behind the moon poster.", "moon poster"),
}
STILL_TRUE = "Who waters the office plants?"
"""The lesson of those that is confirmed when it is due."""
BESIDE = ("When does the canteen open?", "The canteen opens at a quarter past eleven.")
"""A lesson that is retired before the first night."""
GAP = "Who repairs the coffee machine?"
"""What nobody has taught, until an expert answers it."""
GAP_WORDINGS = ("Who repairs the coffee machine, please?", "who is repairing the coffee machine")
GAP_TAUGHT = GAP_WORDINGS[0]
"""The words of whoever pressed "Ask somebody": they are the lesson's."""
GAP_ANSWER, GAP_WORD = "Balthasar repairs the coffee machine.", "balthasar"
GAP_REWORDED = "Who fixes the coffee machine?"
"""The words in which somebody asks it after the night."""
