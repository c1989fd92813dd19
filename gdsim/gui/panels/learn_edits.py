"""Edits of data and model as pure functions, and what is possible with which data. No Qt, no files are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gdsim import catalogue
from gdsim.errors import GdsimError
from gdsim.objectives.data.design import TYPED, Data
from gdsim.objectives.data.inputs import read_inputs, symbols
from gdsim.objectives.network.chosen import CUSTOM, choose_loss, usual_loss, usual_output
from gdsim.objectives.network.design import Kind, Layer, Loss, Model
from gdsim.session.make_learning import powers_of
from gdsim.session.spec import Learning, RunSpec

KIND_TITLES: Mapping[Kind, str] = {
    "mlp": "Network",
    "linear": "Linear regression",
    "poly": "Polynomial",
    "logistic": "Logistic regression",
    "softmax": "Softmax regression",
}
KIND_WORDS: Mapping[Kind, str] = {
    "mlp": "Layers of units between inputs and output",
    "linear": "A weighted sum of the inputs",
    "poly": "A weighted sum of each input's powers",
    "logistic": "The probability of one of two classes, from a weighted sum",
    "softmax": "The probability of each class, from a weighted sum each",
}
FIRST_LAYERS = (Layer(8), Layer(8))
"""Of a network where there was none before."""

_PLANE = ("{x}^2", "{y}^2", "{x}*{y}", "sin({x})", "sin({y})")
_LINE = ("{x}^2", "{x}^3", "sin({x})", "cos({x})")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the data as a form needs it: `reason` says why it cannot be an input, "" where it can."""

    name: str
    symbol: str
    reason: str = ""
    classes: tuple[str, ...] = ()
    number: bool = True


def columns_by_name(data: Data) -> tuple[Column, ...]:
    """The columns as far as the catalogue tells, before the table has been read."""
    entry = catalogue.datasets().get(data.name)
    names = data.columns[:-1] if entry is None else entry.columns
    names = names or tuple(text for text in data.inputs if text.isidentifier())
    target = data.target or (data.columns[-1] if data.columns else "")
    whole = (*names, target) if target else names
    marks = dict(zip(whole, symbols(whole), strict=True))
    made = [Column(name, marks[name]) for name in names]
    if target:
        made.append(Column(target, marks[target], classes=data.classes, number=not data.classes))
    return tuple(made)


def own_points() -> Data:
    """A few samples of two classes to begin a set of one's own with."""
    rows = ((-2.0, 1.5, 0.0), (-1.5, -1.0, 0.0), (-3.0, 0.0, 0.0), (2.0, -1.5, 1.0), (1.5, 1.0, 1.0), (3.0, 0.0, 1.0))
    return Data(
        name=TYPED, title="Your own points", share=1.0, inputs=("x", "y"), target="class", classes=("A", "B"),
        columns=("x", "y", "class"), rows=rows,
    )  # fmt: skip


# -- inputs


def base_inputs(learn: Learning) -> tuple[str, ...]:
    """The inputs as they were chosen: of a polynomial without the powers that it makes of them."""
    inputs = learn.data.inputs
    if learn.model.kind == "poly" and learn.model.degree > 1:
        base = inputs[:: learn.model.degree]
        if powers_of(base, learn.model.degree) == inputs:
            return base
    return inputs


def with_inputs(learn: Learning, inputs: Sequence[str]) -> Learning:
    """The same model with other inputs."""
    made = tuple(inputs)
    if learn.model.kind == "poly":
        made = powers_of(made, learn.model.degree)
    return learn.replace(data=learn.data.replace(inputs=made))


def offered_inputs(columns: Sequence[Column], target: str) -> tuple[str, ...]:
    """The inputs that a form offers: every column, and of one or two columns the usual formulas in them."""
    plain = [column for column in columns if column.name != target]
    letters = [column.symbol for column in plain if not column.reason]
    offered = [column.name for column in plain]
    if len(letters) == len(plain) and len(letters) in (1, 2):
        forms = _LINE if len(letters) == 1 else _PLANE
        offered += [form.format(x=letters[0], y=letters[-1]) for form in forms]
    return tuple(offered)


def checked_input(text: str, learn: Learning, columns: Sequence[Column]) -> str:
    """`text` as an input of its own.

    Raises:
        FormulaError: it cannot be read. SpecError: it names what is no column, or is there already.
    """
    plain = [column for column in columns if column.name != learn.data.target and not column.reason]
    names, letters = tuple(column.name for column in plain), tuple(column.symbol for column in plain)
    read_inputs((*base_inputs(learn), text), names, letters)
    return text


def pretty(text: str) -> str:
    """An input as a chip shows it: x² for x^2, x·y for x*y, sin x for sin(x)."""
    short = text.replace("^2", "²").replace("^3", "³").replace("*", "·")
    for name in ("sin", "cos"):
        if short.startswith(f"{name}(") and short.endswith(")") and short[4:-1].isalnum():
            short = f"{name} {short[4:-1]}"
    return short


# -- the kind of model


def kind_reasons(classes: int) -> dict[Kind, str]:
    """Why a kind of model cannot be had with so many classes (0: a number); "" where it can."""
    number = "It tells classes apart, and the target is a number"
    return {
        "mlp": "",
        "linear": "",
        "poly": "",
        "logistic": number if not classes else f"It tells two classes apart, and there are {classes}"
        if classes > 2 else "",
        "softmax": number if not classes else "",
    }  # fmt: skip


def with_kind(learn: Learning, kind: Kind, layers: Sequence[Layer] = (), degree: int = 0) -> Learning:
    """Another kind of model on the same data; `layers` for a network, `degree` (1 to 30) for a polynomial."""
    inputs, model = base_inputs(learn), learn.model
    made = model.replace(
        kind=kind,
        degree=(degree or max(2, model.degree)) if kind == "poly" else 1,
        layers=tuple(layers or model.layers or FIRST_LAYERS) if kind == "mlp" else (),
    )
    classes = len(learn.data.classes)
    if kind in ("logistic", "softmax") and made.loss.targets != ("zero_one" if kind == "logistic" else "one_hot"):
        made = with_loss(made, usual_loss(classes, kind))
    bare = learn.replace(model=made, data=learn.data.replace(inputs=inputs))
    return fitted(with_inputs(bare, inputs))[0]


# -- the loss


def with_loss(model: Model, loss: Loss) -> Model:
    """Another loss; an output activation that nobody chose follows it."""
    output = usual_output(loss) if model.output == usual_output(model.loss) else model.output
    return model.replace(loss=loss, output=output)


def loss_reasons(classes: int) -> dict[str, str]:
    """Why a loss of the catalogue cannot be had with so many classes; "" where it can."""
    reasons: dict[str, str] = {}
    for name in catalogue.losses():
        try:
            choose_loss(name, classes)
        except GdsimError as error:
            reasons[name] = error.message()
        else:
            reasons[name] = ""
    return reasons


def loss_for(loss: Loss, classes: int) -> Loss:
    """The same loss with targets written as data of so many classes need it; SpecError where it cannot be."""
    chosen = choose_loss(loss.formula if loss.name == CUSTOM else loss.name, classes)
    return loss.replace(targets=chosen.targets)


# -- other data


def fitted(learn: Learning) -> tuple[Learning, str]:
    """The model as it fits its data, and what had to be changed, in words; "" where nothing had to.

    A loss that compares classes cannot predict a number, and the other way about: the usual one takes its place.
    """
    model, classes = learn.model, len(learn.data.classes)
    told: list[str] = []
    reason = kind_reasons(classes)[model.kind]
    if reason:
        kind: Kind = "softmax" if classes else "linear"
        told.append(f"{KIND_TITLES[model.kind]} became {KIND_TITLES[kind].lower()}")
        model = with_loss(model.replace(kind=kind), usual_loss(classes, kind))
    try:
        loss = loss_for(model.loss, classes)
    except GdsimError:
        loss = usual_loss(classes, model.kind)
        told.append(f"the loss is {catalogue.loss(loss.name).title.lower()} now")
    if model.kind == "logistic" and loss.targets != "zero_one":
        loss = usual_loss(classes, "logistic")
    if loss != model.loss:
        model = with_loss(model, loss)
    return learn.replace(model=model), f"{_aim(learn.data)}: {' and '.join(told)}" if told else ""


def _aim(data: Data) -> str:
    return f"{len(data.classes)} classes are told apart" if data.classes else "A number is predicted"


def with_data(learn: Learning, data: Data) -> tuple[Learning, str]:
    """The model on other data, whose inputs are as they were chosen (a polynomial makes its powers of them).

    A loss that nobody chose, the usual one for the old data, becomes the usual one for the new data.
    """
    model, kind = learn.model, learn.model.kind
    old, new = usual_loss(len(learn.data.classes), kind), usual_loss(len(data.classes), kind)
    words = ""
    if model.loss == old != new and not kind_reasons(len(data.classes))[kind]:
        model = with_loss(model, new)
        words = f"{_aim(data)}: the loss is {catalogue.loss(new.name).title.lower()} now"
    made, more = fitted(Learning(data, model))
    return with_inputs(made, data.inputs), more or words


# -- layers


def with_layer(model: Model, index: int, layer: Layer | None) -> Model:
    """Hidden layer `index` exchanged, or taken out for None."""
    middle = () if layer is None else (layer,)
    return model.replace(layers=(*model.layers[:index], *middle, *model.layers[index + 1 :]))


def with_new_layer(model: Model) -> Model:
    """One hidden layer more behind the others, like the last one."""
    last = model.layers[-1] if model.layers else Layer(4)
    return model.replace(layers=(*model.layers, last))


def with_all_layers(model: Model, **fields: object) -> Model:
    """Fields of every hidden layer: norm, residual, dropout, activation."""
    return model.replace(layers=tuple(layer.replace(**fields) for layer in model.layers))


def summary_of(spec: RunSpec) -> str:
    """A training run in a line: inputs, layers or kind, batch."""
    learn = spec.problem.learn
    if learn is None:
        return ""
    inputs, model = base_inputs(learn), learn.model
    seen = ", ".join(pretty(text) for text in inputs) if len(inputs) <= 3 else f"{len(inputs)} inputs"
    what = KIND_TITLES[model.kind].lower()
    if model.kind == "poly":
        what = f"degree {model.degree}"
    if model.layers:
        named = [layer.activation.name for layer in model.layers]
        words = named[0] if len(set(named)) == 1 else "mixed"
        what = f"{'-'.join(str(layer.size) for layer in model.layers)} {words}"
    batch = "full batch" if spec.batch == "full" else f"batch {spec.batch}"
    return " · ".join((seen, what, batch))


def weights_words(count: int) -> str:
    """How many numbers are learnt: "105 weights"."""
    return f"{count:,} weight{'s' if count != 1 else ''}"
