"""What a policy's run takes from the command line, and what is printed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from gdsim.cli.text import short
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.cli.learning import Learning
    from gdsim.objectives.policy import PolicyObjective
    from gdsim.session.history import History
    from gdsim.session.spec import RunSpec


def names_policy(learning: Learning) -> bool:
    """Whether the options name the task of a policy."""
    return learning.dataset is None and learning.task is not None


def policy_spec_of(
    learning: Learning, racers: list[str], rules: list[str], start: str | None, options: dict[str, Any]
) -> RunSpec:
    """The run of a policy that the options describe; GdsimError where something is wrong."""
    from gdsim.session.policy import DEFAULT_RACERS, policy_spec

    more = [f"--{name.replace('_', '-')}" for name in learning.given if name != "task"]
    if more:
        verb = "belongs" if len(more) == 1 else "belong"
        hint = "Leave out what is said of data, or name a --dataset"
        raise UsageError(f"{' and '.join(more)} {verb} to data, --task {learning.task} to a policy", hint=hint)
    if options.pop("batch", "full") != "full":
        what = "a policy has no data to draw batches from"
        raise UsageError(
            what, where="--batch", hint=f"Say --task {learning.task},episodes=N: so many are sampled a step"
        )
    if not learning.task or not learning.task.strip():
        raise UsageError("the task is empty", where="--task", hint="Name one (see 'gdsim list tasks')")
    chosen = racers or (["custom"] if rules else list(DEFAULT_RACERS))
    return policy_spec(learning.task, racers=chosen, rules=rules, start=start, **options)


def report(history: History) -> dict[str, Any]:
    """What `--json` prints: of a policy the reward and the last mean return beside the loss, and the best there is."""
    import msgspec

    racers = []
    for index, label in enumerate(history.labels):
        trace = history.traces[index]
        row = history.row(index, trace.last)
        racers.append(
            {
                "racer": label, "status": history.status(index).value, "message": history.message(index),
                "steps": row.step, "theta": row.theta, "loss": row.loss, "reward": -row.loss,
                "mean_return": None if row.extra[0] != row.extra[0] else row.extra[0], "grad_norm": row.grad_norm,
            }
        )  # fmt: skip
    spec = cast(dict[str, Any], msgspec.to_builtins(history.spec))
    backends = dict.fromkeys(trace.backend for trace in history.traces if trace.backend)
    return {
        "spec": spec, "racers": racers, "best": _objective(history).best,
        "theta_names": list(history.objective.coordinates), "backend": "+".join(backends), "seconds": history.seconds,
    }  # fmt: skip


def print_table(history: History) -> None:
    """The racers' ends for a person, with what to try."""
    from rich.console import Console
    from rich.table import Table

    objective = _objective(history)
    right: Literal["right"] = "right"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("racer", no_wrap=True)
    for name in ("steps", "reward", "mean return", "|gradient|"):
        table.add_column(name, justify=right, no_wrap=True)
    table.add_column("status", no_wrap=True)
    messages = []
    for index, label in enumerate(history.labels):
        row = history.row(index, history.traces[index].last)
        sampled = "-" if row.extra[0] != row.extra[0] else short(row.extra[0])
        cells = (str(row.step), short(-row.loss), sampled, short(row.grad_norm))
        table.add_row(label, *cells, history.status(index).value)
        messages.append(f"{label}: {history.message(index)}.")
    console = Console(markup=False, highlight=False)
    console.print(
        f"{objective.title}, {estimate_words(objective)}; the best reward is {short(objective.best)}", style="bold"
    )
    console.print(table)
    console.print("\n".join(messages), style="dim")


def estimate_words(objective: PolicyObjective) -> str:
    """How a step's gradient is had, such as "16 episodes a step, baseline value"."""
    policy = objective.policy
    if not policy.episodes:
        return "exact gradient"
    count = f"{policy.episodes:,} episode{'s' if policy.episodes > 1 else ''} a step"
    return f"{count}, {'no baseline' if policy.baseline == 'none' else f'baseline {policy.baseline}'}"


def _objective(history: History) -> PolicyObjective:
    return cast("PolicyObjective", history.objective)
