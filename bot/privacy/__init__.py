"""Consent, erasure, lineage and unlearning; nothing here knows Slack."""
