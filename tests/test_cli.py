"""The command line from the outside: what it prints, writes and answers with, in the words of its contract."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from gdsim.cli import app as cli
from gdsim.cli import register_all


@pytest.fixture(autouse=True, scope="module")
def _commands() -> None:
    register_all()


class Answer:
    """Exit status and both outputs of one command line, run in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        self.status = cli.call(list(words))
        captured = capsys.readouterr()
        self.out, self.err = captured.out, captured.err


@pytest.fixture
def gdsim(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    return lambda *words: Answer(capsys, *words)


RACE = ["--function", "himmelblau", "--start", "0.5,4.5", "--optimizer", "gd,lr=0.01", "--optimizer", "adam,lr=0.2",
        "--backend", "numpy"]  # fmt: skip


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_every_step_and_reads_back_exactly(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "run.csv"
    assert gdsim("run", *RACE, "--steps", "30", "--tolerance", "0", "--csv", str(target)).status == 0
    rows = rows_of(target)
    assert list(rows[0]) == ["racer", "step", "x", "y", "loss", "grad_norm", "d_x", "d_y", "lr", "evals", "status"]
    assert [row["step"] for row in rows] == [str(k) for k in range(31)] * 2
    assert {row["status"] for row in rows[:30]} == {"running"}
    assert rows[30]["status"] == "step-limit"
    for row in rows:
        x, y, loss = float(row["x"]), float(row["y"]), float(row["loss"])
        assert repr(x) == row["x"]
        a, b = x * x + y - 11, x + y * y - 7
        assert loss == pytest.approx(a * a + b * b, rel=1e-13, abs=1e-13)
        assert float(row["d_x"]) == pytest.approx(4 * x * a + 2 * b, rel=1e-12, abs=1e-10)
        assert float(row["grad_norm"]) == pytest.approx(math.hypot(float(row["d_x"]), float(row["d_y"])), rel=1e-14)
    gd = [row for row in rows if row["racer"] == "gd"]
    for before, after in pairwise(gd):
        assert float(after["x"]) == float(before["x"]) - float(before["lr"]) * float(before["d_x"])


def test_json_says_what_the_contract_says(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = json.loads(gdsim("run", *RACE, "--json").out)
    assert set(answer) == {"spec", "racers", "backend", "seconds"}
    assert answer["backend"] == "numpy"
    assert [racer["racer"] for racer in answer["racers"]] == ["gd", "adam"]
    assert set(answer["racers"][0]) == {"racer", "status", "message", "steps", "theta", "loss", "grad_norm"}
    assert answer["racers"][0]["status"] == "converged"
    assert answer["racers"][0]["theta"] == pytest.approx([3, 2], abs=1e-6)


def test_the_same_optimizer_twice_gets_two_names(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("run", "--formula", "x^2+y^2", "--optimizer", "adam", "--optimizer", "adam,lr=0.1", "--json").out
    assert [racer["racer"] for racer in json.loads(out)["racers"]] == ["adam", "adam#2"]


def test_what_is_not_finite_is_a_string_in_json(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("run", "--formula", "x^4", "--start", "3", "--optimizer", "gd,lr=10", "--json").out
    racer = json.loads(out)["racers"][0]
    assert racer["status"] == "diverged"
    assert racer["loss"] in ("inf", "nan")


def test_numbers_may_be_expressions_and_the_start_negative(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("run", "--formula", "(x-a)^2", "--param", "a=1/4", "--optimizer", "gd,lr=1/3", "--start", "-pi/2",
                "--json").out  # fmt: skip
    answer = json.loads(out)
    assert answer["spec"]["start"] == [-math.pi / 2]
    assert answer["spec"]["problem"]["parameters"] == {"a": 0.25}
    assert answer["racers"][0]["theta"] == pytest.approx([0.25], abs=1e-6)


def test_a_typed_rule_races(gdsim) -> None:  # type: ignore[no-untyped-def]
    common = ["run", "--formula", "x^2 + 3y^2", "--start", "2,1", "--steps", "40", "--json"]
    typed = gdsim(*common, "--rule", "v = beta*v + g; step = -lr*v", "--optimizer", "custom,lr=0.05,beta=0.9").out
    known = gdsim(*common, "--optimizer", "momentum,lr=0.05,beta=0.9").out
    ends = [json.loads(text)["racers"][0]["theta"] for text in (typed, known)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)


def test_a_saved_run_opens_to_the_same_run(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    spec, first, second = (tmp_path / name for name in ("run.gdsim", "first.csv", "second.csv"))
    extra = ["--optimizer", "aggmo,lr=0.01,betas=0:0.5:0.9,schedule=cosine,noise=0.5,clip=3", "--seed", "7"]
    assert gdsim("run", *RACE, *extra, "--steps", "60", "--save", str(spec), "--csv", str(first)).status == 0
    assert gdsim("run", str(spec), "--csv", str(second)).status == 0
    assert first.read_bytes() == second.read_bytes()


def test_eval_is_exact(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("eval", "--formula", "x^2 y + a sin y", "--at", "3,-1", "--param", "a=2", "--json").out
    answer = json.loads(out)
    assert answer["variables"] == ["x", "y"]
    assert answer["value"] == pytest.approx(-9 + 2 * math.sin(-1), rel=1e-15)
    assert answer["gradient"] == pytest.approx([-6, 9 + 2 * math.cos(1)], rel=1e-15)
    hessian = [[-2, 6], [6, 2 * math.sin(1)]]
    assert answer["hessian"][0] == pytest.approx(hessian[0], rel=1e-14)
    assert answer["hessian"][1] == pytest.approx(hessian[1], rel=1e-14)
    top = max(answer["eigenvalues"])
    assert sum(answer["eigenvalues"]) == pytest.approx(-2 + 2 * math.sin(1), rel=1e-12)
    assert answer["max_stable_lr"] == pytest.approx(2 / top, rel=1e-14)


@pytest.mark.parametrize(
    ("what", "least", "keys"),
    [("functions", 45, {"name", "title", "formula", "source", "domain", "start", "minima", "dimensions"}),
     ("optimizers", 33, {"name", "title", "formula", "source", "hyper"}),
     ("schedules", 9, {"name", "title", "formula", "source"})],
)  # fmt: skip
def test_lists_are_complete(gdsim, what: str, least: int, keys: set[str]) -> None:  # type: ignore[no-untyped-def]
    entries = json.loads(gdsim("list", what, "--json").out)
    assert len(entries) >= least
    assert all(keys <= set(entry) for entry in entries)
    assert all(entry["source"] for entry in entries)


WRONG = [
    (["run"], "nothing to minimise"),
    (["run", "--function", "himelblau"], "himmelblau"),
    (["run", "--formula", "x^2", "--optimizer", "addam"], "adam"),
    (["run", "--formula", "x^2", "--optimizer", "adam,lrr=1"], "lr"),
    (["run", "--formula", "x^2", "--optimizer", "gd,schedule=cosin"], "cosine"),
    (["run", "--formula", ""], "empty"),
    (["run", "--formula", "(x+1"], "column 1"),
    (["run", "--formula", "sqrt(x", "--start", "1"], "column 5"),
    (["run", "--formula", "log(x) + y^2", "--start", "-1,2"], "start"),
    (["run", "--formula", "sqrt(-1-x^2)"], "no finite value"),
    (["run", "--formula", "x^2+y^2", "--start", "1"], "2"),
    (["run", "--formula", "x^2", "--start", "1,2,3"], "start"),
    (["run", "--formula", "x^2", "--start", "one"], "start"),
    (["run", "--formula", "x^2", "--steps", "0"], "steps"),
    (["run", "--formula", "x^2", "--steps", "99999999999"], "steps"),
    (["run", "--formula", "x^2", "--optimizer", "gd,lr=0"], "lr"),
    (["run", "--formula", "x^2", "--optimizer", "gd,lr=nan"], "lr"),
    (["run", "--formula", "x^2", "--tolerance", "-1"], "tolerance"),
    (["run", "--formula", "x^2", "--backend", "gpu"], "--backend"),
    (["run", "--formula", "x^2", "--dtype", "int8"], "--dtype"),
    (["run", "--formula", "a x^2", "--param", "b=2"], "b"),
    (["run", "--formula", "x^2", "--rule", "stepp = -lr*g"], "step"),
    (["run", "--formula", "x^2", "--image", "run.bmp"], ".png"),
    (["run", "--formula", "x^2", "--function", "booth"], "one of them"),
    (["run", "missing.gdsim"], "no such file"),
    (["eval", "--formula", "x^2+y^2", "--at", "1"], "2"),
    (["eval", "--formula", "a x^2", "--at", "1"], "--param a=1"),
    (["screenshot", "x.png", "--size", "big"], "1440x900"),
    (["screenshot", "x.png", "--theme", "pink"], "light or dark"),
    (["lst"], "list"),
    (["run", "--formul", "x"], "--formula"),
]


@pytest.mark.parametrize(("words", "told"), WRONG, ids=[" ".join(words)[:60] for words, _ in WRONG])
def test_bad_input_is_told_in_one_message(gdsim, words: list[str], told: str) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert len(answer.err.strip().splitlines()) == 1
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_a_huge_rate_is_a_diverged_run_and_no_error(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("run", "--formula", "x^2", "--start", "1", "--optimizer", "gd,lr=1e30", "--json")
    assert answer.status == 0
    assert json.loads(answer.out)["racers"][0]["status"] == "diverged"


@pytest.mark.parametrize("option", ["--csv", "--save", "--image"])
def test_a_path_that_cannot_be_written_leaves_nothing(gdsim, tmp_path: Path, option: str) -> None:  # type: ignore[no-untyped-def]
    name = {"--csv": "run.csv", "--save": "run.gdsim", "--image": "run.png"}[option]
    answer = gdsim("run", *RACE, "--steps", "5", option, str(tmp_path / "no such folder" / name))
    assert answer.status == 2
    assert "no such folder" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("run", *RACE, "--csv", "/dev/full")
    assert answer.status == 2
    assert "space" in answer.err


def test_an_existing_file_is_replaced_whole(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "run.csv"
    target.write_text("old")
    assert gdsim("run", *RACE, "--steps", "3", "--csv", str(target)).status == 0
    assert target.read_text().startswith("racer,step")
    assert [path.name for path in tmp_path.iterdir()] == ["run.csv"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("this is not toml [", "line"), ("format = 99\n", "99"), ("format = 1\nnonsense = 2\n", ""), ("", "")],
)
def test_a_broken_file_is_told(gdsim, tmp_path: Path, text: str, told: str) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "broken.gdsim"
    target.write_text(text)
    answer = gdsim("run", str(target))
    assert answer.status == 2
    assert "broken.gdsim" in answer.err
    assert told in answer.err


def test_the_window_without_a_display_names_the_way_out(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim()
    assert answer.status == 2
    assert "gdsim run" in answer.err


def test_a_run_to_csv_loads_no_qt(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom gdsim.cli import app, register_all\nregister_all()\n"
        f"status = app.call({['run', *RACE, '--steps', '5', '--csv', str(tmp_path / 'run.csv')]!r})\n"
        "loaded = [name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph', 'shiboken'))]\n"
        "print(status, loaded)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip().splitlines()[-1] == "0 []"


def test_doctor_tells_what_is_there(gdsim) -> None:  # type: ignore[no-untyped-def]
    found = json.loads(gdsim("doctor", "--json").out)
    assert {"gdsim", "python", "packages", "threads", "cuda", "opengl", "display", "cache"} <= set(found)
    assert found["cuda"]["available"] or found["cuda"]["why not"]
