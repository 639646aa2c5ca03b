"""The forms that teach, filled in: of /teach, of a better answer, of the words of people."""

from slack_bolt import App

from bot.slack import correcting, forms, plain_lessons, teaching, views
from bot.slack.listeners.submission import listener
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the forms' submissions."""
    lesson = listener(services, plain_lessons.read, plain_lessons.teach, plain_lessons.outcome)
    better = listener(services, forms.correction, correcting.correct, correcting.outcome)
    marked = listener(services, forms.proposal, teaching.learn, teaching.outcome)
    app.view(views.TEACH)(lesson)
    app.view(forms.CORRECTION)(better)
    app.view(forms.TEACH_THIS)(marked)
