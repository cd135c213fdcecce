"""Running plans without paging anybody: the real workflows on a clock of their own, with channels that only record."""
