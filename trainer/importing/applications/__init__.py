"""Readers of what other applications export; the importer asks each whether a file is its own."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from trainer.importing.applications.faq.reader import HtmlReader, MarkdownReader
from trainer.importing.applications.kiln import KilnFolderReader, KilnReader
from trainer.importing.applications.labelling.argilla import ArgillaReader
from trainer.importing.applications.labelling.label_studio import LabelStudioReader
from trainer.importing.applications.llama_factory import LlamaFactoryReader
from trainer.importing.applications.open_webui import FeedbackReader
from trainer.importing.applications.open_webui_chats import ChatsReader
from trainer.importing.applications.slack_export.reader import SlackExportReader
from trainer.importing.lines import Found
from trainer.importing.options import ReadOptions


class JsonReader(Protocol):
    """A reader of one application's JSON document, which the importer has already parsed."""

    name: str
    """What the document is called to people, such as "an Open WebUI feedback export"."""

    def recognises(self, document: Any) -> bool:
        """Returns whether the document looks like one of this application; never raises."""

    def read(self, document: Any) -> Iterator[Found]:
        """Yields what is in the document; `line` counts its entries from 1.

        Raises:
            DatasetError: the document as a whole cannot be read, such as an unknown version.
        """


class FileReader(Protocol):
    """A reader of files that are no JSON document, or of folders."""

    name: str
    """What the file is called to people, such as "a Slack export"."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Returns whether a file or folder is this application's; never raises.

        Args:
            path: the file, or a folder.
            head: the first bytes of the file (some 4,096), empty for a folder.
        """

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:
        """Yields what is in the file, in bounded memory.

        Args:
            path: the file or folder.
            options: what a person said about it.
            notes: sentences about the whole file are added here while it is read, the last ones
                at the end ("3 private channels are left out").

        Raises:
            DatasetError: the file as a whole cannot be read.
        """


JSON_READERS: Sequence[JsonReader] = (
    FeedbackReader(),
    ChatsReader(),
    KilnReader(),
    ArgillaReader(),
    LabelStudioReader(),
)
"""Asked in this order, before the shapes of rows that the importer knows itself."""

FILE_READERS: Sequence[FileReader] = (
    SlackExportReader(),
    LlamaFactoryReader(),
    KilnFolderReader(),
    MarkdownReader(),
    HtmlReader(),
)
"""Asked in this order, before a file is taken for text."""
