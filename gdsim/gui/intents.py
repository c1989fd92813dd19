"""The intents that follow from the Controller's few roots: edits of problem, run and racers, and what is looked at.

They hold no state of their own; `gdsim.gui.controller` has the roots, and documents the seam.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from gdsim.errors import GdsimError
from gdsim.gui import edits
from gdsim.gui.benches import TITLES, Bench, Benches, bench_of
from gdsim.gui.learn.policy_edits import policy_name
from gdsim.gui.requests import Requests
from gdsim.gui.state import FASTEST, SLOWEST, AppState, BasinChoice, Proposal, SweepChoice, Viewport
from gdsim.objectives.data.design import Data
from gdsim.objectives.network.design import Model
from gdsim.objectives.policy import Policy, task
from gdsim.session.spec import Hyper, Learning, Problem, Racer, RunSpec

MOST_RACERS = 8
"""Racers in the window: as many as there are colours and heads."""
FULL = f"{MOST_RACERS} racers are the most that can be told apart. Remove one first"


class Intents(QObject):
    """What panels, views and menus ask for, by way of `set_spec` and `_set`."""

    failed = Signal(str)
    state: AppState
    requests: Requests
    benches: Benches

    def set_spec(self, spec: RunSpec, why: str, merge: str = "", **also: Any) -> None:
        """The root of all edits."""
        raise NotImplementedError

    def finish_edit(self) -> None:
        """The end of a continuous edit."""
        raise NotImplementedError

    def play(self) -> None:
        """Let the clock move the cursor."""
        raise NotImplementedError

    def pause(self) -> None:
        """Rest where the cursor is."""
        raise NotImplementedError

    def set_cursor(self, step: int) -> None:
        """Show a step; playing stops."""
        raise NotImplementedError

    def _set(self, **fields: Any) -> None:
        raise NotImplementedError

    # -- the cursor

    def toggle_play(self) -> None:
        """Play or pause."""
        if self.state.playing:
            self.pause()
        else:
            self.play()

    def step(self, by: int) -> None:
        """One step forward (+1) or back (-1); playing stops."""
        self.set_cursor(self.state.cursor + by)

    def step_epoch(self, by: int) -> None:
        """To the first step of the next epoch (+1), or of this one, or of the one before (-1); playing stops."""
        steps, cursor = self.benches.epoch_steps(self.state.spec), self.state.cursor
        epoch = cursor // steps + 1 if by > 0 else -(-cursor // steps) - 1
        self.set_cursor(epoch * steps)

    def to_start(self) -> None:
        """Show the start."""
        self.set_cursor(0)

    # -- the problem and the run

    def open_bench(self, name: Bench) -> None:
        """Go to a bench, as it was left; what is seen for the first time plays. An edit like any other."""
        if bench_of(self.state.spec) == name:
            return
        kind = self.benches.kind_on(name)
        first = not self.benches.seen(kind)
        self.set_spec(self.benches.place(kind).spec, f"go to {TITLES[name]}")
        if first and bench_of(self.state.spec) == name:
            self.play()

    def set_problem(self, problem: Problem, why: str, start: tuple[float, ...] | None = None, merge: str = "") -> None:
        """Another function (or another domain of it), raced by what is on the bench for functions."""
        spec = edits.with_problem(self.benches.place("function").spec, problem, start)
        axes = self.state.axes if max(self.state.axes) < problem.dimension else (0, 1)
        self.set_spec(spec, why, merge, axes=axes)

    def set_speed(self, speed: float) -> None:
        """Steps a second, 1 to 10,000, or math.inf."""
        self._set(speed=speed if math.isinf(speed) else min(max(speed, SLOWEST), FASTEST))

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

    # -- data and model, policies

    def set_learning(self, learn: Learning, why: str, final: bool = True, merge: str = "") -> None:
        """Other data, another model; a model that cannot be is told, and the run stays as it was."""
        try:
            spec = edits.with_learning(self.state.spec, learn)
        except GdsimError as error:
            self.failed.emit(error.message())
            return
        self.set_spec(spec, why, merge or why)
        if final:
            self.finish_edit()

    def set_data(self, data: Data, why: str, final: bool = True) -> None:
        """Other data for the same model; inputs and classes are written out (see objectives.data.make)."""
        learn = self.state.spec.problem.learn
        if learn is not None:
            self.set_learning(learn.replace(data=data), why, final)

    def set_model(self, model: Model, why: str, final: bool = True) -> None:
        """Another model of the same data."""
        learn = self.state.spec.problem.learn
        if learn is not None:
            self.set_learning(learn.replace(model=model), why, final)

    def use_learning(self, learn: Learning, why: str) -> None:
        """Learn from other data, perhaps with another model: on the bench Learn, wherever one is now."""
        try:
            spec = edits.with_learning(self.benches.place("model").spec, learn)
        except GdsimError as error:
            self.failed.emit(error.message())
            return
        came = self.state.spec.problem.kind != "model"
        self.set_spec(spec, why)
        if came and self.state.spec.problem.kind == "model":
            self.play()

    def set_policy(self, policy: Policy, why: str, final: bool = True) -> None:
        """Other settings of the policy or of its task; what cannot be is told, and the run stays as it was."""
        problem = self.state.spec.problem
        if problem.policy is None:
            return
        try:
            spec = edits.with_policy(self.state.spec, policy, *policy_name(problem, policy))
        except GdsimError as error:
            self.failed.emit(error.message())
            return
        self.set_spec(spec, why, why)
        if final:
            self.finish_edit()

    def use_task(self, name: str) -> None:
        """Climb the reward of a shipped task, with the policy's other settings as they are: on the bench Learn."""
        entry, spec = task(name), self.benches.place("policy").spec
        old = spec.problem.policy
        assert old is not None
        try:
            spec = edits.with_policy(spec, old.replace(task=entry.task), entry.name, entry.title)
        except GdsimError as error:
            self.failed.emit(error.message())
            return
        came = self.state.spec.problem.kind != "policy"
        self.set_spec(spec, f"choose {entry.title}")
        if came and self.state.spec.problem.kind == "policy":
            self.play()

    def set_batch(self, batch: int | Literal["full"], final: bool = True) -> None:
        """Samples in a batch; as many epochs are played in a second as before."""
        before = self.state.spec
        self.set_spec(before.replace(batch=batch), "change the batch", "batch")
        now = self.state.spec
        if now is not before and not self.state.flat_out:
            self.set_speed(self.state.speed * self.benches.epoch_steps(now) / self.benches.epoch_steps(before))
        if final:
            self.finish_edit()

    def set_learn(self, **fields: Any) -> None:
        """Fields of the LearnChoice: what is looked at."""
        self._set(learn=replace(self.state.learn, **fields))

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
