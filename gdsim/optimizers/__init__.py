"""Update rules, schedules, their composition, and the few methods that are not stages."""
