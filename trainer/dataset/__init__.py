"""The data set in one place: validate, count, split, export. Files and plain objects only."""

from trainer.dataset.export import Exported, ExportSettings, LeftOut, export
from trainer.dataset.export_lines import ExportItem
from trainer.dataset.split import split_by_group, split_dataset
from trainer.dataset.statistics import DatasetStats, dataset_stats
from trainer.dataset.validation import Limits, Validation, validate_dataset, validate_example

__all__ = [
    "DatasetStats",
    "ExportItem",
    "ExportSettings",
    "Exported",
    "LeftOut",
    "Limits",
    "Validation",
    "dataset_stats",
    "export",
    "split_by_group",
    "split_dataset",
    "validate_dataset",
    "validate_example",
]
