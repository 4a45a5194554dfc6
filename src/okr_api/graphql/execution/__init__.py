"""CompiledExecutor operations: planned once for a document, and then answered without graphql-core.

documents   an operation parsed and validated once, in the shapes that its directives leave it
arguments   what a root field is given, made of the variables without walking the document again
answering   a query or a mutation answered by its plan, or handed on whole with the reason
"""

from .executor import CompiledExecutor

__all__ = ["CompiledExecutor"]
