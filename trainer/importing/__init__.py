"""Importers turn files of other programs into training rows."""
