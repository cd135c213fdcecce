"""The embedded stack: PostgreSQL, Temporal, worker and server under one data folder."""
