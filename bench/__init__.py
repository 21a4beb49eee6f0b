"""The measurements of ``make bench``, ``make soak`` and ``make stress``; bench/README.md lists them."""
