"""Consent, erasure, lineage and unlearning. Knows no Slack."""
