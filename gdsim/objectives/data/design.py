"""Which data are learnt from, as a part of the run's document: names and numbers, never the samples themselves,
except for points of the user's own."""

from __future__ import annotations

from gdsim.document import Document

TYPED = "own"
"""The name of data that are nothing but their points, drawn by hand."""

CSV = "csv"
"""The name of data that come from a file, or were pasted."""

EMBEDDED = 1_000_000
"""Bytes up to which a CSV is part of the document."""


class Data(Document, frozen=True):
    """Samples, what of them is the input and what the target, and which share is kept for testing.

    Attributes:
        name: a generator (``spiral``) or shipped set (``iris``) of the catalogue, "csv" for a file, "own" for points.
        title: for people.
        size: how many samples: 0 for a generator's usual number, or for all rows of a set or file (else some of them).
        noise: of a generator, 0 to 1 (the Playground's 50 % is 0.5).
        seed: of the generator and of the split.
        share: of the samples that are trained on, 0 to 1, the rest is for testing; 1: no test samples.
        inputs: formulas in the columns' names, such as ("x", "y", "x*y"); empty: every numeric column but the target.
        target: the column that is to be predicted; empty: the last one.
        classes: labels of the target in the order of their numbers; empty: the target is a number.
        standardise: inputs are shifted and scaled to mean 0 and deviation 1 (of the training samples).
        text: of "csv": the file itself, up to `EMBEDDED` bytes.
        path, sha256: of a larger "csv": the file, relative to the document's folder, and what it held.
        columns: of `rows`: names, the target last.
        rows: own samples: the whole set of "own", or points that were added to another. A class, and any other text, is
            given by its number.
        removed: indices of samples (before the split) that are left out; added ones count on from the last row.
    """

    name: str
    title: str = ""
    size: int = 0
    noise: float = 0.0
    seed: int = 0
    share: float = 0.5
    inputs: tuple[str, ...] = ()
    target: str = ""
    classes: tuple[str, ...] = ()
    standardise: bool = False
    text: str = ""
    path: str = ""
    sha256: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    removed: tuple[int, ...] = ()
