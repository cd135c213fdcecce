"""What should happen: the models people write as YAML. Pure; only the loader reads files."""
