"""Files of lessons become examples and preference pairs, or are tried out without a trace."""

from bot.lessons.importing.fates import Imported, RowFate
from bot.lessons.importing.importer import import_rows, sample_lessons

__all__ = ["Imported", "RowFate", "import_rows", "sample_lessons"]
