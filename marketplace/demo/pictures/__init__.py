"""Pictures of produce for the demo: a drawing set on a market table, the same at every run."""

from marketplace.demo.pictures.composing import VIEWS, UnknownSubject, compose, subjects

__all__ = ["VIEWS", "UnknownSubject", "compose", "subjects"]
