"""The pages for a server that has no Jinja: docs/page-bundle.md is the format, ``python -m tools.pages FOLDER`` writes it."""
