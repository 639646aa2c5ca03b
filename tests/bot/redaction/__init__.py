"""Secrets and personal data are found before anything is stored."""
