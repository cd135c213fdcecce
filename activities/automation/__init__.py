"""Actions of runbook steps that touch the world: one file per kind."""
