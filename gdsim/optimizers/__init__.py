"""Update rules, schedules, their composition, and the few methods that are not stages."""

from __future__ import annotations

from gdsim.optimizers.compose import compose_step, composed_gradient, initial_state, method_step
from gdsim.optimizers.methods import METHODS, method
from gdsim.optimizers.racer import CLIP, COMMON, NOISE, WEIGHT_DECAY, RacerSettings, parse_racer, parse_schedule
from gdsim.optimizers.rule import Rule, rule, rule_from_entry, rule_from_text
from gdsim.optimizers.schedules import WARMUP, Schedule, make_schedule, specs_of

__all__ = [
    "CLIP",
    "COMMON",
    "METHODS",
    "NOISE",
    "WARMUP",
    "WEIGHT_DECAY",
    "RacerSettings",
    "Rule",
    "Schedule",
    "compose_step",
    "composed_gradient",
    "initial_state",
    "make_schedule",
    "method",
    "method_step",
    "parse_racer",
    "parse_schedule",
    "rule",
    "rule_from_entry",
    "rule_from_text",
    "specs_of",
]
