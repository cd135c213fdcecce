"""Published documents, each with an account it finds, and what has become of that account in the end."""
