"""What ``make bench`` and ``make soak`` run: figures, not tests. docs/benchmarks.md keeps the results."""
