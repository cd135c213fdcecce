"""What happened: run-time records, their SQL and migrations. The only folder that knows PostgreSQL."""
