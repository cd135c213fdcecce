"""One file an action: a function under `@effect("aws:...")`. A new file is found without being named anywhere."""
