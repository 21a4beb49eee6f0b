"""The pages for a server that has no Jinja, written by ``python -m tools.pages FOLDER``: docs/page-bundle.md.

bundle      what it has: pages, words, static files
inputs      what the templates of each page may name
compiler    a template as parts, by way of those that it extends and includes
body        its statements
expression  its expressions
values      what an expression is before a request is there
parts       what is left of a page
"""
