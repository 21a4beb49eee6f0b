"""What ``make bench`` and ``make soak`` run: figures, not tests. bench/README.md says what there is."""
