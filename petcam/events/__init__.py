"""What happens while nobody watches, noticed and kept: docs/events.md and docs/events-db.md.

``rules`` are pure, ``clock`` is their time, ``store`` writes, ``read`` is for who shows it; ``observer`` joins them.
"""
