"""Pages of questions and answers, in Markdown or HTML, become lessons: one for each question."""
