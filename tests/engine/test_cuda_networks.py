"""The CUDA kernels of networks without a device: they compile to PTX and run in the simulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from gdsim import catalogue
from gdsim.engine.cuda import networks_code, networks_curves, networks_texts
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.curves import activation_gradient_graph, activation_graph
from gdsim.objectives.network.design import Activation, Loss
from tests.engine import targets

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="there is no CUDA on macOS")

DTYPES: list[Any] = ["float64", "float32"]
CROSS_ENTROPY = Loss("cross_entropy", "", "one_hot")
DOUBLE = {"lost_sums", "penalty", "drop_out"}
"""Kernels that compute with float64 whatever the precision: sums over samples and weights, random numbers."""


def ptx(name: str, text: str, dtype: Any, target: tuple[int, int] = (9, 0)) -> str:
    return targets.ptx(name, text, networks_code.signatures(dtype)[name], target)


@lru_cache(maxsize=2)
def kernels(dtype: Any) -> Mapping[str, tuple[str, str]]:
    """A kernel of every kind: its name and text."""
    parts = networks_texts.parts_text(dtype)
    formulas = ("sums", "through", "outer", "activate", "lost")
    found = {name: (name, parts) for name in networks_code.signatures(dtype) if name not in formulas}
    for name in ("sums", "through", "outer"):
        for kind, each in (("wide", networks_texts.WIDE), ("narrow", networks_texts.NARROW)):
            found[f"{name}, {kind}"] = (name, networks_texts.product_text(name, each, dtype))
    tanh = Activation()
    for kind, graph in (("activation", activation_graph(tanh)), ("slope", activation_gradient_graph(tanh))):
        found[kind] = ("activate", networks_curves.activation_text(graph, dtype))
    for kind, loss in (("loss", Loss()), ("cross-entropy", CROSS_ENTROPY)):
        for slopes in (False, True):
            text = networks_code.loss_source(loss, dtype, slopes=slopes)
            found[f"{kind}{', slopes' if slopes else ''}"] = ("lost", text)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize("kind", list(kernels("float64")))
def test_every_kernel_of_networks_compiles_for_every_target(kind: str, target: tuple[int, int], dtype: Any) -> None:
    name, text = kernels(dtype)[kind]
    found = ptx(name, text, dtype, target)
    if dtype == "float32" and name not in DOUBLE:
        assert ".f64" not in found  # nothing was promoted
    if name in ("sums", "through", "outer"):
        assert ".local" not in found  # what a thread adds up stays in registers
        assert "ld.shared" in found


@pytest.mark.parametrize("name", list(catalogue.activations()))
def test_every_activation_compiles(name: str) -> None:
    graph = activation_gradient_graph(choose_activation(name))
    ptx("activate", networks_curves.activation_text(graph, "float32"), "float32")


@pytest.mark.parametrize("name", list(catalogue.losses()))
def test_every_loss_compiles(name: str) -> None:
    loss = choose_loss(name, classes=0 if catalogue.loss(name).targets == "number" else 2)
    ptx("lost", networks_code.loss_source(loss, "float32", slopes=True), "float32")


def test_every_kernel_of_networks_runs_in_the_simulator() -> None:
    """In a process of its own: see cuda_networks_simulated.py."""
    cases = Path(__file__).with_name("cuda_networks_simulated.py")
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(cases)],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}, cwd=cases.parents[2], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr
    assert re.search(r"\d+ passed in", answer.stdout)
    assert "skipped" not in answer.stdout
