"""Data to learn from: generators, shipped sets, CSV files; inputs, targets, the split into train and test."""

from __future__ import annotations

from gdsim.objectives.data.classes import class_labels
from gdsim.objectives.data.design import CSV, EMBEDDED, TYPED, Data
from gdsim.objectives.data.files import csv_data, digest, rebased, text_data
from gdsim.objectives.data.make import features_of, on_plane, samples_of
from gdsim.objectives.data.reading import read_csv
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.data.table import Column, ColumnFacts, Table, describe
from gdsim.objectives.data.tables import default_data, table_of

__all__ = [
    "CSV",
    "EMBEDDED",
    "TYPED",
    "Column",
    "ColumnFacts",
    "Data",
    "Samples",
    "Table",
    "class_labels",
    "csv_data",
    "default_data",
    "describe",
    "digest",
    "features_of",
    "on_plane",
    "read_csv",
    "rebased",
    "samples_of",
    "table_of",
    "text_data",
]
