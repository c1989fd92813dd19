"""The intents that follow from the Controller's few roots: edits of problem, run and racers, and what is looked at.

They hold no state of their own; `gdsim.gui.controller` has the roots, and documents the seam.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from gdsim.gui import edits
from gdsim.gui.requests import Requests
from gdsim.gui.state import AppState, BasinChoice, Proposal, SweepChoice, Viewport
from gdsim.session.spec import Hyper, Racer, RunSpec

MOST_RACERS = 8
"""Racers in the window: as many as there are colours and heads."""
FULL = f"{MOST_RACERS} racers are the most that can be told apart. Remove one first"


class Intents(QObject):
    """What panels, views and menus ask for, by way of `set_spec` and `_set`."""

    failed = Signal(str)
    state: AppState
    requests: Requests

    def set_spec(self, spec: RunSpec, why: str, merge: str = "", **also: Any) -> None:
        """The root of all edits."""
        raise NotImplementedError

    def finish_edit(self) -> None:
        """The end of a continuous edit."""
        raise NotImplementedError

    def _set(self, **fields: Any) -> None:
        raise NotImplementedError

    # -- the problem and the run

    def set_parameter(self, name: str, value: float) -> None:
        """A free parameter of the formula, under the hand."""
        self.set_spec(edits.with_parameter(self.state.spec, name, value), f"change {name}", f"parameter {name}")

    def set_start(self, point: tuple[float, ...], final: bool = True) -> None:
        """Where all racers begin; `final` is False while the hand still moves."""
        start = tuple(float(value) for value in point)
        self.set_spec(self.state.spec.replace(start=start), "move the start", "start")
        if final:
            self.finish_edit()

    def set_run(self, why: str = "", **fields: Any) -> None:
        """Fields of the RunSpec: steps, tolerance, target, seed, dtype, backend."""
        self.set_spec(self.state.spec.replace(**fields), why or f"change {', '.join(fields)}")

    # -- racers

    def set_hyper(self, racer: int, name: str, value: Hyper) -> None:
        """A hyper-parameter (or weight_decay, clip, noise) under the hand; "from here on" is heeded."""
        here = self.state.cursor if self.state.from_here_on and self.state.cursor > 0 else None
        spec = edits.with_setting(self.state.spec, racer, name, value, here)
        label = self.state.spec.labels[racer]
        why = f"change {name} of {label}" if here is None else f"change {name} of {label} from step {here}"
        self.set_spec(spec, why, f"{racer} {name} {here}")

    def edit_racer(self, index: int, **fields: Any) -> None:
        """Fields of one Racer: label, schedule, visible, decoupled, ...; a new rule comes with `exchange_racer`."""
        racer = self.state.spec.racers[index].replace(**fields)
        label = self.state.spec.labels[index]
        if fields.keys() == {"visible"}:
            why = f"{'show' if fields['visible'] else 'hide'} {label}"
        else:
            why = f"change {', '.join(fields)} of {label}"
        self.set_spec(self.state.spec.with_racer(index, racer), why)

    def add_racer(self, racer: Racer, index: int | None = None) -> None:
        """One racer more; it gets the focus. `failed` tells where there are eight already."""
        if len(self.state.spec.racers) >= MOST_RACERS:
            self.failed.emit(FULL)
            return
        spec = edits.with_new_racer(self.state.spec, racer, index)
        at = len(spec.racers) - 1 if index is None else index
        self.set_spec(spec, f"add {racer.label or racer.name}", selected=at)

    def exchange_racer(self, index: int, racer: Racer) -> None:
        """Another optimizer in place of racer `index`."""
        spec = edits.with_exchanged_racer(self.state.spec, index, racer)
        self.set_spec(spec, f"make {self.state.spec.labels[index]} {racer.label or racer.name}")

    def duplicate_racer(self, index: int) -> None:
        """A copy of racer `index` behind it."""
        self.add_racer(self.state.spec.racers[index], index + 1)

    def remove_racer(self, index: int) -> None:
        """Take racer `index` out; the last one stays."""
        if len(self.state.spec.racers) == 1:
            self.failed.emit("One racer has to stay. Exchange it for another one instead")
            return
        spec = self.state.spec.without_racer(index)
        selected = self.state.selected - (self.state.selected > index)
        why = f"remove {self.state.spec.labels[index]}"
        self.set_spec(spec, why, selected=min(selected, len(spec.racers) - 1))

    def move_racer(self, index: int, to: int) -> None:
        """Change the order of the racers."""
        label = self.state.spec.labels[index]
        self.set_spec(edits.with_moved_racer(self.state.spec, index, to), f"move {label}", selected=to)

    def apply(self, proposal: Proposal) -> None:
        """Do what a verdict proposes."""
        self.set_hyper(proposal.racer, proposal.name, proposal.value)
        self.finish_edit()

    # -- what is looked at

    def select(self, racer: int) -> None:
        """Give a racer the focus."""
        if 0 <= racer < len(self.state.spec.racers):
            self._set(selected=racer)

    def set_viewport(self, viewport: Viewport) -> None:
        """What the hero shows; values are asked for at once."""
        self._set(viewport=viewport)

    def set_axes(self, axes: tuple[int, int]) -> None:
        """The pair of coordinates shown of an n-D function."""
        self._set(axes=(int(axes[0]), int(axes[1])))

    def set_swarm(self, **fields: Any) -> None:
        """Fields of the SwarmChoice: on, count, grid, box."""
        self._set(swarm=replace(self.state.swarm, **fields))

    def set_basins(self, choice: BasinChoice | None) -> None:
        """The basin map in its tab; None: the tab has gone."""
        self._set(basins=choice)

    def set_sweep(self, choice: SweepChoice | None) -> None:
        """The sweep in its tab; None: the tab has gone."""
        self._set(sweep=choice)

    def close_map(self, kind: str) -> None:
        """The tab of a map ("basins" or "sweep") has gone."""
        self._set(**{kind: None})

    def take_settings(self, racer: int, settings: Mapping[str, Hyper], new: bool = False) -> None:
        """A racer takes settings, all at once; `new`: a copy of it does, as one more racer."""
        told = ", ".join(f"{name} {each:.3g}" if isinstance(each, float) else name for name, each in settings.items())
        spec = self.state.spec
        if new:
            made = spec.racers[racer]
            for name, value in settings.items():
                made = made.with_setting(name, value)
            self.add_racer(made, racer + 1)
            return
        label = spec.labels[racer]
        for name, value in settings.items():
            spec = edits.with_setting(spec, racer, name, value)
        self.set_spec(spec, f"give {label} {told}")
        self.finish_edit()

    def set_stage(self, stage: int) -> None:
        """Which stage of the update is shown, beside the map and on it."""
        self._set(stage=stage)

    def want_field(self, wanted: bool) -> None:
        """Whether the gradient field is shown."""
        self.requests.want_field(wanted)

    def refit_colours(self) -> None:
        """Fit the colours to what is in view."""
        self.requests.refit_colours()

    def set_from_here_on(self, on: bool) -> None:
        """Whether edits of hyper-parameters hold from the cursor on only."""
        self._set(from_here_on=on)

    def set_compare(self, on: bool) -> None:
        """Whether the run before the last edit is shown as a ghost."""
        self._set(compare=on)

    def set_appearance(self, **fields: Any) -> None:
        """theme, dark, teach."""
        self._set(**fields)

    def note_saved(self, path: Any, spec: RunSpec) -> None:
        """`spec` is on disk at `path` now."""
        self._set(path=path, modified=spec != self.state.spec)
