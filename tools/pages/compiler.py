"""Templates, evaluated as far as that goes without a request: everything but what the request alone will know.

Jinja reads the templates, and what it has read is evaluated here: texts, addresses, macros, inclusions, loops over
constants. What is left is parts, of which docs/page-bundle.md says what they mean. Anything that could come out other
than Jinja would have it raises ``Refused`` with the template and its line.
"""

from collections.abc import Mapping

from jinja2 import Environment, nodes

from tools.pages.body import Body, Others, constant
from tools.pages.expression import Macro, Scope, refused
from tools.pages.parts import Part, merged
from tools.pages.values import Value

Blocks = dict[str, tuple[str, nodes.Block]]


class Compiler:
    def __init__(self, environment: Environment, variables: Mapping[str, Value]) -> None:
        """``variables``: all that templates may name that is not theirs, functions included."""
        self._environment, self._variables = environment, variables
        self._others = Others(self._included, self._macros)

    def compile(self, name: str) -> list[Part]:
        """The parts of the page that the template ``name`` makes."""
        return merged(self._page(name, {}, dict(self._variables)))

    def _page(self, name: str, blocks: Blocks, scope: Scope) -> list[Part]:
        tree = self._read(name)
        blocks = {each.name: (name, each) for each in tree.find_all(nodes.Block)} | blocks
        body = Body(name, scope, self._others, blocks)
        if not tree.body or not isinstance(tree.body[0], nodes.Extends):
            return body.parts(tree.body)
        for each in tree.body[1:]:  # what stands beside blocks is shown nowhere, but may set names and macros
            if not isinstance(each, nodes.Block | nodes.Output):
                body.parts([each])
        return self._page(self._base(name, tree.body[0]), blocks, body.scope)

    def _base(self, name: str, node: nodes.Extends) -> str:
        try:
            return constant(node.template)
        except ValueError as error:
            raise refused(name, node, str(error)) from error

    def _included(self, name: str, scope: Scope) -> list[Part]:
        return Body(name, dict(scope), self._others).parts(self._read(name).body)

    def _macros(self, name: str, scope: Scope) -> Scope:
        body = Body(name, dict(scope), self._others)
        body.parts(self._read(name).body)
        return {name: value for name, value in body.scope.items() if isinstance(value, Macro)}

    def _read(self, name: str) -> nodes.Template:
        assert self._environment.loader is not None
        source, _, _ = self._environment.loader.get_source(self._environment, name)
        return self._environment.parse(source, name)
