"""Passwords and keys by the word that says what they are: "the password is", `api_key =`."""

from bot.redaction.labelled_values.search import labelled

__all__ = ["labelled"]
