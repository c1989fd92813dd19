"""A finished run with NumPy arrays to go on with: for the Python door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import UsageError
from gdsim.objectives.data.make import features_of
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.network.targets import decided, meaning
from gdsim.session.history import History
from gdsim.session.spec import RunSpec
from gdsim.session.weights import blocks_of, write_weights

Floats = NDArray[np.float64]


class Run:
    """A finished run; racers are named by their label (`adam`, `adam#2`) or number."""

    def __init__(self, history: History) -> None:
        self.history = history

    def __repr__(self) -> str:
        ends = ", ".join(
            f"{label}: {self.status(label)} at {self.loss(label)[-1]:.6g} after {len(self.loss(label)) - 1} steps"
            for label in self.labels
        )
        return f"<gdsim run of {self.history.objective.title or self.spec.problem.formula}; {ends}>"

    @property
    def spec(self) -> RunSpec:
        """The whole experiment as data."""
        return self.history.spec

    @property
    def labels(self) -> tuple[str, ...]:
        """The racers' names."""
        return self.history.labels

    @property
    def backend(self) -> str:
        """What computed it: cpu, numpy, or both where a racer cannot be compiled."""
        return "+".join(dict.fromkeys(trace.backend for trace in self.history.traces))

    def theta(self, racer: str | int = 0) -> Floats:
        """Every position, (rows, n); row 0 is the start. For large models rows go without it: see `weights`."""
        return self.history.theta(racer)

    def loss(self, racer: str | int = 0) -> Floats:
        """Every loss, (rows,)."""
        return self.history.loss(racer)

    def gradient(self, racer: str | int = 0) -> Floats:
        """Every gradient, (rows, n)."""
        return self.history.gradient(racer)

    def grad_norm(self, racer: str | int = 0) -> Floats:
        """The gradients' norms, (rows,)."""
        return self.history.column(racer, "grad_norm")

    def reward(self, racer: str | int = 0) -> Floats:
        """Every expected reward J of a policy, exact, (rows,). UsageError where there is none."""
        if self.spec.problem.policy is None:
            raise UsageError("only a policy has a reward", hint="Ask loss() instead")
        return -self.loss(racer)

    def column(self, racer: str | int, name: str) -> Floats:
        """One column of the CSV by name, (rows,)."""
        return self.history.column(racer, name)

    def weights(self, racer: str | int = 0, step: int | None = None) -> dict[str, Floats]:
        """A model's arrays by name at a step, by default the last one: ``w1`` (outputs, inputs), ``b1`` (outputs,), ...

        With a normalisation also ``gain1``, ``shift1``; of batches also the running ``mean1``, ``variance1``.
        UsageError for a function.
        """
        objective = self._model()
        return blocks_of(objective.net, *self.history.weights(racer, self._step(racer, step)))

    def predict(self, x: Any, racer: str | int = 0, step: int | None = None) -> NDArray[Any]:
        """What a model says of new samples: numbers, or the labels of their classes, (samples,).

        Args:
            x: (samples, columns) in the data's own units, see `columns`; (samples,) where there is one column.

        Raises:
            UsageError: the run is a function's; another number of columns.
        """
        outputs = self._outputs(x, racer, step)
        loss, classes = self._model().model.loss, self._model().samples.classes
        if not classes:
            return np.asarray(meaning(loss, outputs)[0])
        labels: NDArray[Any] = np.array(classes)[np.asarray(decided(loss, outputs, len(classes)))]
        return labels

    def predict_shares(self, x: Any, racer: str | int = 0, step: int | None = None) -> Floats:
        """What the outputs mean, (samples, outputs): probabilities where the loss has them. Arguments as `predict`."""
        return np.asarray(meaning(self._model().model.loss, self._outputs(x, racer, step))).T

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that `predict` takes. UsageError for a function."""
        return self._model().samples.columns

    def _model(self) -> NetworkObjective:
        objective = self.history.objective
        if not isinstance(objective, NetworkObjective):
            raise UsageError("a function has no weights", hint="Ask theta() where the racer is")
        return objective

    def _step(self, racer: str | int, step: int | None) -> int:
        last = self.history.traces[self.history.index(racer)].last
        return last if step is None else step

    def _outputs(self, x: Any, racer: str | int, step: int | None) -> Floats:
        objective = self._model()
        raw = np.asarray(x, dtype=np.float64)
        raw = raw[:, None] if raw.ndim == 1 else raw
        if raw.ndim != 2 or raw.shape[1] != len(self.columns):
            wanted = f"(samples, {len(self.columns)})"
            hint = f"The columns are {', '.join(self.columns[:8])}"
            raise UsageError(f"x has the shape {np.shape(x)}, the model takes {wanted}", hint=hint)
        theta, buffers = self.history.weights(racer, self._step(racer, step))
        features = features_of(objective.samples, np.ascontiguousarray(raw.T))
        return np.asarray(self.history.backend.outputs(objective, theta, buffers, features))

    def status(self, racer: str | int = 0) -> str:
        """How the racer ended: converged, saddle, stationary, plateau, diverged, target, step-limit."""
        return self.history.status(racer).value

    def message(self, racer: str | int = 0) -> str:
        """What happened to the racer, in words."""
        return self.history.message(racer)

    def to_csv(self, path: str | Path, *, weights: bool = False) -> None:
        """Every step of every racer, with `weights` all of a model's; ExportError if the file cannot be written."""
        from gdsim.export.csv import write_csv

        write_csv(self.history, path, weights=weights)

    def to_weights(self, path: str | Path, step: int | None = None) -> None:
        """All racers' weights as .npz, see `gdsim.session.weights`; ExportError if the file cannot be written."""
        write_weights(self.history, path, step)

    def to_script(self, path: str | Path) -> None:
        """The run as a stand-alone NumPy script; ExportError if it cannot be written."""
        from gdsim.export.script import write_script

        if self.history.objective.formula is None and self.spec.problem.kind == "function":
            raise UsageError("a Python function cannot be written as a script", hint="Write it as a formula")
        write_script(self.spec, path)

    def to_image(self, path: str | Path, *, theme: str = "light", size: tuple[int, int] = (1440, 900)) -> None:
        """The picture as .png or .svg; ExportError if the file cannot be written."""
        from gdsim.export.picture import write_picture

        write_picture(self.history, path, theme=theme, size=size)

    def save(self, path: str | Path) -> None:
        """The experiment as a .gdsim file, which the window opens."""
        from gdsim.session.documents import save

        if self.history.objective.formula is None and self.spec.problem.kind == "function":
            raise UsageError("a Python function cannot be saved in a file", hint="Write it as a formula")
        save(self.spec, path)
