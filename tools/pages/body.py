"""Statements of a template, evaluated as far as that goes without a request."""

from collections.abc import Callable
from dataclasses import dataclass

from jinja2 import nodes

from tools.pages.expression import Expression, Macro, Refused, Scope, refused, unknown
from tools.pages.parts import Markups, Part, kinds, merged, written
from tools.pages.values import Rows, Value, Variable, choose, truth


@dataclass(frozen=True)
class Others:
    """What a template has of others: ``included`` gives the parts of one, ``macros`` those names of one; each gets the
    other's name and the scope in which it is asked for."""

    included: Callable[[str, Scope], list[Part]]
    macros: Callable[[str, Scope], Scope]


class Body:
    """Statements of ``template``, in a ``scope`` that they may add to. ``blocks``: what stands in which block of the
    page, and in which template; None where no block may be."""

    def __init__(
        self, template: str, scope: Scope, others: Others, blocks: dict[str, tuple[str, nodes.Block]] | None = None
    ) -> None:
        self._template, self.scope, self._others, self._blocks = template, scope, others, blocks

    def parts(self, body: list[nodes.Node]) -> list[Part]:
        """Raises ``Refused``."""
        return [part for each in body for part in self._parts_of(each)]

    def _parts_of(self, node: nodes.Node) -> list[Part]:
        try:
            evaluate = getattr(self, f"_of_{type(node).__name__.lower()}", None)
            if evaluate is None:
                raise unknown(node)
            parts: list[Part] = evaluate(node)
            return parts
        except Refused:
            raise
        except (ValueError, KeyError, RecursionError) as error:
            raise refused(self._template, node, str(error)) from error

    def _value(self, node: nodes.Node) -> Value:
        return Expression(self._template, self.scope, self._called).value(node)

    def _inner(self) -> "Body":
        """A scope within this one, where no block may be: Jinja's would not see its names."""
        return Body(self._template, dict(self.scope), self._others)

    def _of_output(self, node: nodes.Output) -> list[Part]:
        return [part for each in node.nodes for part in self._shown(each)]

    def _shown(self, node: nodes.Expr) -> list[Part]:
        if isinstance(node, nodes.TemplateData):
            return [node.data]
        value = self._value(node)
        try:
            return written(value)
        except ValueError as error:
            raise refused(self._template, node, str(error)) from error

    def _of_if(self, node: nodes.If) -> list[Part]:
        condition = truth(self._value(node.test))
        otherwise: list[nodes.Node] = [_as_if(node)] if node.elif_ else node.else_
        if isinstance(condition, bool):
            return self.parts(node.body if condition else otherwise)
        before = self.scope
        self.scope = dict(before)
        then = self.parts(node.body)
        after, self.scope = self.scope, dict(before)
        other = self.parts(otherwise)
        # A name that only one of both sets is not known behind them.
        self.scope = {
            name: choose(condition, after[name], value) for name, value in self.scope.items() if name in after
        }
        return [["if", condition, merged(then), merged(other)]]

    def _of_for(self, node: nodes.For) -> list[Part]:
        over = self._value(node.iter)
        if node.test or node.else_ or node.recursive:
            raise ValueError("a for with if, else or recursive")
        if isinstance(over, Rows):
            row = tuple(Variable(f"@{column}") for column in over.columns)
            parts = merged(self._with_target(node, row))
            if "each" in kinds(parts):
                raise ValueError("rows within rows")
            return [["each", over.name, parts]]
        if isinstance(over, tuple):
            return [part for each in over for part in self._with_target(node, each)]
        raise ValueError("this is no list")

    def _with_target(self, node: nodes.For, item: Value) -> list[Part]:
        inner = self._inner()
        inner._assign(node.target, item)
        return inner.parts(node.body)

    def _of_assign(self, node: nodes.Assign) -> list[Part]:
        """A name is set once: a macro that uses it would else have to know when it is called."""
        for name in [node.target, *node.target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name) and name.name in self.scope:
                raise ValueError(f"{name.name} is set again")
        self._assign(node.target, self._value(node.node))
        return []

    def _assign(self, target: nodes.Node, value: Value) -> None:
        if isinstance(target, nodes.Tuple) and isinstance(value, tuple):
            for each, part in zip(target.items, value, strict=True):
                self._assign(each, part)
        elif isinstance(target, nodes.Name):
            self.scope[target.name] = value
        else:
            raise ValueError("there is nothing that this could be set to")

    def _of_with(self, node: nodes.With) -> list[Part]:
        inner = self._inner()
        for target, value in zip(node.targets, node.values, strict=True):
            inner._assign(target, self._value(value))
        return inner.parts(node.body)

    def _of_include(self, node: nodes.Include) -> list[Part]:
        if node.ignore_missing or not node.with_context:
            raise ValueError("an include with ignore missing or without context")
        return self._others.included(constant(node.template), self.scope)

    def _of_block(self, node: nodes.Block) -> list[Part]:
        if self._blocks is None or node.scoped or node.required:
            raise ValueError("a block that is scoped, required, or within a loop, a with, a macro or an include")
        template, block = self._blocks[node.name]
        return Body(template, dict(self.scope), self._others, self._blocks).parts(block.body)

    def _of_macro(self, node: nodes.Macro) -> list[Part]:
        self.scope[node.name] = Macro(self._template, node, self.scope)
        return []

    def _of_fromimport(self, node: nodes.FromImport) -> list[Part]:
        if not node.with_context:
            raise ValueError("an import without context")
        macros = self._others.macros(constant(node.template), self.scope)
        for each in node.names:
            name, local = each if isinstance(each, tuple) else (each, each)
            self.scope[local] = macros[name]
        return []

    def _called(self, macro: Macro, given: Scope) -> Markups:
        names = [each.name for each in macro.node.args]
        inner = Body(macro.template, dict(macro.scope), self._others)
        defaults = zip(reversed(names), reversed(macro.node.defaults), strict=False)
        inner.scope |= {name: inner._value(value) for name, value in defaults if name not in given} | given
        return Markups(tuple(inner.parts(macro.node.body)))


def constant(node: nodes.Node) -> str:
    """The name of another template."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    raise ValueError("the other template's name is not written down")


def _as_if(node: nodes.If) -> nodes.If:
    """What stands behind the first condition of an if with elif."""
    first, *others = node.elif_
    return nodes.If(first.test, first.body, others, node.else_, lineno=first.lineno)
