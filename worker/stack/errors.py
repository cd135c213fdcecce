"""What can keep the stack from coming up."""


class StackError(Exception):
    """The stack cannot run; the message says why, where, and what to do."""
