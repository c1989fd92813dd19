"""What the hand does to samples, as requests for other data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gdsim.errors import GdsimError
from gdsim.gui.views.view import Scene, View
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.points import with_moved_sample, with_sample, without_sample
from gdsim.objectives.data.samples import Samples


def samples_shown(scene: Scene) -> Samples | None:
    """The samples of the spec, which the hand edits: those of the run where it is of the same data; None where there
    are none (a function, data that cannot be read)."""
    learn = scene.state.spec.problem.learn
    if learn is None:
        return None
    history = scene.history
    if history is not None and history.spec.problem.learn is not None and history.spec.problem.learn.data == learn.data:
        return history.objective.samples
    try:
        return samples_of(learn.data)
    except GdsimError:  # the data panel tells what is wrong with them
        return None


class SampleEdits:
    """Turns edits of one sample into `view.dataRequested`; `tell` gets a sentence where an edit cannot be."""

    def __init__(self, view: View, scene: Callable[[], Scene | None], tell: Callable[[str], None]) -> None:
        self._view = view
        self._scene = scene
        self._tell = tell
        self._ahead: Data | None = None
        self._before: tuple[int, Data] | None = None
        self._target: float | None = None

    def seen(self) -> None:
        """A scene has come: what was asked for is in it, or was refused."""
        self._ahead = None

    def add(self, values: Mapping[str, float], target: float) -> None:
        """One sample more; `values` by raw column."""
        data = self._data()
        if data is not None:
            self._ask(lambda: with_sample(data, values, target), "add a sample", True)

    def move(self, number: int, values: Mapping[str, float], target: float, final: bool) -> None:
        """Sample `number`, as it was called when the hand took it, is elsewhere."""
        if self._before is None or self._before[0] != number:
            data = self._data()
            if data is None:
                return
            self._before = (number, data)
        before = self._before[1]
        self._ask(lambda: with_moved_sample(before, number, values, target), "move a sample", final)
        if final:
            self._before = None

    def target_of(self, number: int, samples: Samples) -> float | None:
        """The target of sample `number` as the hand took it; None where there is no such sample."""
        if self._before is not None and self._before[0] == number:
            return self._target
        for index, y in ((samples.index, samples.y), (samples.index_test, samples.y_test)):
            place = (index == number).nonzero()[0]
            if len(place):
                self._target = float(y[place[0]])
                return self._target
        return None

    def remove(self, number: int) -> None:
        """One sample less."""
        data = self._data()
        if data is not None:
            self._ask(lambda: without_sample(data, number), "remove a sample", True)

    def _data(self) -> Data | None:
        if self._ahead is not None:  # the hand was quicker than the next frame
            return self._ahead
        scene: Any = self._scene()
        learn = scene.state.spec.problem.learn if scene is not None else None
        return learn.data if learn is not None else None

    def _ask(self, make: Callable[[], Data], why: str, final: bool) -> None:
        try:
            data = make()
        except GdsimError as error:
            self._tell(error.message())
            return
        self._ahead = data
        self._view.dataRequested.emit(data, why, final)
