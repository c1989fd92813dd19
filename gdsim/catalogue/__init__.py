"""What is shipped and what a person keeps: functions, optimizers, schedules, read from TOML into checked entries."""
