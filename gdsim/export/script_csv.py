"""The data of an exported training script where they lie in a large CSV file: the script reads them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gdsim.export.script_racers import embedded, safe
from gdsim.formula.curve_script import curve_source
from gdsim.objectives.data.dialect import MISSING, Dialect, guess_dialect
from gdsim.objectives.data.files import located
from gdsim.objectives.data.reading import decode
from gdsim.objectives.data.tables import table_of

if TYPE_CHECKING:
    from gdsim.objectives.data.design import Data
    from gdsim.objectives.data.samples import Samples
    from gdsim.objectives.data.table import Table
    from gdsim.objectives.network.network import NetworkObjective

_LINES = 100  # that the dialect is guessed from, as in reading

_READ = '''def number(cell):
    """A cell as a number; NaN where it is missing."""
    text = cell.strip()
    if text.lower() in MISSING:
        return math.nan
    return float(text<COMMA>)


def read_samples():
    """Inputs (a row each) and target of all rows that have a value in every column that is used."""
    raw = open(PATH, "rb").read()
    if hashlib.sha256(raw).hexdigest() != SHA256:
        sys.exit(f"{PATH} has changed since this script was written")
    try:
        text = raw.decode(<ENCODING>)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    lines = io.StringIO(text, newline="")
    for _ in range(<SKIP>):
        next(lines)
    rows = csv.reader(lines, delimiter=<DELIMITER>, skipinitialspace=True)
    rows = [<ROW> for row in rows if len(row) > 1 or "".join(row).strip()]<HEADER>
    columns = [np.array([number(row[place]) for row in rows]) for place in COLUMNS]
    target = np.array([<TARGET>(row[<PLACE>]) for row in rows])
    complete = np.isfinite([*columns, target]).all(axis=0)
    index = np.flatnonzero(complete)
    columns, target = [column[complete] for column in columns], target[complete]
    return index, np.array(inputs(*columns)), target


def class_of(cell):
    """The number of the class that a cell names; NaN where it names none."""
    return LABELS.get(<LABEL>, math.nan)


train_mask = make_split()
index, features, target = read_samples()
features = (features - SHIFT[:, None]) / SCALE[:, None]
strata = <STRATA>
train = train_mask(index, strata, <SHARE>, <SEED>)
X, X_TEST = np.ascontiguousarray(features[:, train]), np.ascontiguousarray(features[:, ~train])
CLASSES, CLASSES_TEST = target[train], target[~train]
Y, Y_TEST = (<ENCODED> for y in (CLASSES, CLASSES_TEST))
'''

_ENCODINGS = {
    "number": "y[None, :]",
    "zero_one": "y[None, :]",
    "plus_minus": "2.0 * y[None, :] - 1.0",
}


def csv_source(data: Data, objective: NetworkObjective, arrays: tuple[str, str]) -> str | None:
    """The part of a script that reads X, Y, CLASSES and the same for testing from the file of `data`.

    Args:
        arrays: the shift and the scale of the inputs, as text.

    Returns:
        None where the script would have to do more than read columns: points added or left out, texts as inputs.
    """
    samples, table = objective.samples, table_of(data)
    used = _used(samples, table)
    if used is None or data.rows or data.removed or data.size or table.notes or samples.target not in table.names:
        return None
    text = decode(located(data).read_bytes(), data.path)
    dialect = guess_dialect(text[: 1 << 20].splitlines(keepends=True)[:_LINES])
    source = _READ
    for name, value in _places(data, objective, table, dialect).items():
        source = source.replace(f"<{name}>", value)
    if not samples.classes:
        begin, end = source.index("def class_of"), source.index("train_mask = make_split")
        source = source[:begin] + source[end:]
    settings = [
        f"PATH = {data.path!r}\n", f"SHA256 = {data.sha256!r}\n", f"MISSING = {sorted(MISSING)!r}\n",
        f"COLUMNS = {[table.names.index(samples.columns[place]) for place in used]!r}"
        f"  # {safe(', '.join(samples.columns[place] for place in used))}\n",
        f"SHIFT, SCALE = {arrays[0]}, {arrays[1]}\n",
    ]  # fmt: skip
    if samples.classes:
        settings.append(f"LABELS = {_labels(samples, table)!r}\n")
    split = embedded(["gdsim.objectives.data.split"], "make_split", "train_mask", ["train_mask"])
    return "\n\n".join([f"{''.join(settings)}", split, *_inputs(samples, used), source])


def _used(samples: Samples, table: Table) -> list[int] | None:
    """The raw columns that inputs read; None where one of them is none of the file."""
    used = sorted({number for one in samples.inputs for _, number in one.uses})
    return used if all(samples.columns[number] in table.names for number in used) else None


def _labels(samples: Samples, table: Table) -> dict[str | float, int]:
    numeric = table.column(samples.target).kind == "number"
    return {float(label) if numeric else label: place for place, label in enumerate(samples.classes)}


def _places(data: Data, objective: NetworkObjective, table: Table, dialect: Dialect) -> dict[str, str]:
    samples = objective.samples
    classes = len(samples.classes)
    numeric = table.column(samples.target).kind == "number"
    one_hot = f"(np.arange({classes})[:, None] == y[None, :]).astype(float)"
    return {
        "COMMA": '.replace(",", ".")' if dialect.decimal_comma else "",
        "ENCODING": '"utf-16" if raw[:2] in (b"\\xff\\xfe", b"\\xfe\\xff") else "utf-8-sig"',
        "SKIP": str(dialect.skip),
        "DELIMITER": repr(dialect.delimiter),
        "ROW": "[cell for cell in row if cell]" if dialect.delimiter == " " else "row",
        "HEADER": "[1:]" if dialect.header else "",
        "TARGET": "class_of" if classes else "number",
        "PLACE": str(table.names.index(samples.target)),
        "LABEL": "number(cell)" if numeric else "cell.strip()",
        "STRATA": "target" if classes else "np.zeros(len(target))",
        "SHARE": repr(data.share),
        "SEED": repr(data.seed),
        "ENCODED": _ENCODINGS.get(objective.model.loss.targets, one_hot),
    }


def _inputs(samples: Samples, used: list[int]) -> list[str]:
    """``inputs(*columns)``, the model's inputs in their order, and a function for each that is a formula."""
    symbols = {number: symbol for one in samples.inputs for symbol, number in one.uses}
    names = [symbols[number] for number in used]
    pieces, calls = [], []
    for place, one in enumerate(samples.inputs, start=1):
        if one.formula is None:
            calls.append(one.uses[0][0])
            continue
        arguments = [symbol for symbol, _ in one.uses]
        pieces.append(curve_source(one.formula.graph(), f"input_{place}", arguments, safe(one.text)))
        calls.append(f"input_{place}({', '.join(arguments)})")
    listed = ", ".join(names)
    pieces.append(f'def inputs({listed}):\n    """What the model sees."""\n    return [{", ".join(calls)}]\n')
    return pieces
