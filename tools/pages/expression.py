"""Expressions of a template, evaluated as far as that goes without a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from tools.pages.parts import Markups
from tools.pages.values import (
    Condition,
    Function,
    Record,
    Value,
    Variable,
    as_value,
    choose,
    either,
    equal,
    joined,
    looked_up,
    mapped,
    negated,
    truth,
)

Scope = dict[str, Value]


class Refused(ValueError):
    """Of a template: its name, the line and what cannot be evaluated."""


@dataclass(frozen=True)
class Macro:
    template: str
    node: nodes.Macro
    scope: Scope


Caller = Callable[[Macro, Scope], Markups]  # of a macro, with its arguments


def refused(template: str, node: nodes.Node, why: str) -> Refused:
    lines = (each.lineno for each in (node, *node.find_all(nodes.Node)) if each.lineno)  # Jinja leaves some out
    return Refused(f"{template}:{next(lines, '?')}: {why}")


def unknown(node: nodes.Node) -> ValueError:
    return ValueError(f"{type(node).__name__} cannot be evaluated without a request")


class Expression:
    """Evaluates those of ``template`` where its names are ``scope``."""

    def __init__(self, template: str, scope: Scope, call: Caller) -> None:
        self._template, self._scope, self._call = template, scope, call

    def value(self, node: nodes.Node) -> Value:
        """Raises ``Refused``."""
        try:
            evaluate = getattr(self, f"_of_{type(node).__name__.lower()}", None)
            if evaluate is None:
                raise unknown(node)
            return evaluate(node)
        except Refused:
            raise
        except (ValueError, KeyError, RecursionError) as error:
            raise refused(self._template, node, str(error)) from error

    def _of_const(self, node: nodes.Const) -> Value:
        return node.value

    def _of_name(self, node: nodes.Name) -> Value:
        if node.name not in self._scope:
            raise ValueError(f"{node.name} is not known")
        return self._scope[node.name]

    def _of_tuple(self, node: nodes.Tuple) -> Value:
        return tuple(self.value(each) for each in node.items)

    def _of_list(self, node: nodes.List) -> Value:
        return tuple(self.value(each) for each in node.items)

    def _of_dict(self, node: nodes.Dict) -> Value:
        pairs = [(self.value(each.key), self.value(each.value)) for each in node.items]
        if not all(isinstance(key, str) for key, _ in pairs):
            raise ValueError("a key is no constant text")
        return dict(pairs)

    def _of_getattr(self, node: nodes.Getattr) -> Value:
        of, name = self.value(node.node), node.attr
        if isinstance(of, Record) and name in of.fields:
            return of.fields[name]
        if isinstance(of, dict) and name == "get":
            return Function(lambda key, default: mapped(key, lambda each: looked_up(of, each, default)))
        raise ValueError(f"there is no .{name}")

    def _of_condexpr(self, node: nodes.CondExpr) -> Value:
        if node.expr2 is None:
            raise ValueError("an if without else")
        condition = truth(self.value(node.test))
        return choose(condition, self.value(node.expr1), self.value(node.expr2))

    def _of_not(self, node: nodes.Not) -> Value:
        return as_value(negated(truth(self.value(node.node))))

    def _of_and(self, node: nodes.And) -> Value:
        left = self.value(node.left)
        return choose(truth(left), self.value(node.right), left)

    def _of_or(self, node: nodes.Or) -> Value:
        left = self.value(node.left)
        return choose(truth(left), left, self.value(node.right))

    def _of_compare(self, node: nodes.Compare) -> Value:
        operand, *others = node.ops
        left, right = self.value(node.expr), self.value(operand.expr)
        if operand.op == "eq" and not others:
            return as_value(equal(left, right))
        if operand.op == "ne" and not others:
            return as_value(negated(equal(left, right)))
        if operand.op == "in" and not others and isinstance(right, tuple):
            found: Condition = False
            for each in right:
                found = either(found, equal(left, each))
            return as_value(found)
        raise ValueError(f"this comparison ({operand.op}) cannot be evaluated without a request")

    def _of_concat(self, node: nodes.Concat) -> Value:
        return joined([self.value(each) for each in node.nodes])

    def _of_filter(self, node: nodes.Filter) -> Value:
        of = self.value(node.node) if node.node is not None else None
        has_arguments = node.args or node.kwargs or node.dyn_args or node.dyn_kwargs
        if node.name == "tojson" and isinstance(of, Variable) and of.how == "json" and not has_arguments:
            return Variable(of.name, "raw")
        raise ValueError(f"the filter {node.name} cannot be evaluated without a request")

    def _of_call(self, node: nodes.Call) -> Value:
        called = self.value(node.node)
        arguments = [self.value(each) for each in node.args]
        named = {each.key: self.value(each.value) for each in node.kwargs}
        if node.dyn_args or node.dyn_kwargs:
            raise ValueError("arguments by * or **")
        if isinstance(called, Macro):
            return self._call(called, _given(called, arguments, named))
        if not isinstance(called, Function):
            raise ValueError("this cannot be called")
        try:
            return called.call(*arguments, **named)
        except TypeError as error:
            raise ValueError(str(error)) from error


def _given(macro: Macro, arguments: list[Value], named: dict[str, Value]) -> Scope:
    """The arguments by their names, without defaults."""
    names = [each.name for each in macro.node.args]
    given: dict[str, Any] = dict(zip(names, arguments, strict=False))
    required = names[: len(names) - len(macro.node.defaults)]
    if len(arguments) > len(names) or given.keys() & named.keys() or named.keys() - set(names):
        raise ValueError(f"{macro.node.name}() has other arguments")
    given |= named
    if missing := [name for name in required if name not in given]:
        raise ValueError(f"{macro.node.name}() lacks {missing[0]}")
    return given
