"""What stands in a grid's file, as far as it can be told without its recipe."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from chemtune.recipe.part import Part


class Needs(Part):
    """What a cell takes of a cluster's machines."""

    cpus: float = Field(default=1, gt=0)
    gpus: float = Field(default=0, ge=0)
    memory_gib: float | None = Field(default=None, gt=0)


class Single(Part):
    """One more cell: the labels of some axes, and fields of its own."""

    name: str | None = Field(default=None, pattern=r"^\w[\w.-]*$")
    axes: dict[str, Any] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict, description="recipe fields to change")


class GridFile(Part):
    """What stands in a grid's file."""

    name: str = Field(default="grid", pattern=r"^\w[\w.-]*$")
    base: str | None = Field(
        default=None,
        description="the recipe that is varied: a path relative to the grid, or sample",
    )
    recipe: dict[str, Any] | None = Field(default=None, description="the same, written here")
    set: dict[str, Any] = Field(
        default_factory=dict, description="recipe fields to change in every cell"
    )
    axes: dict[str, Any] = Field(description="by name: labelled changes, or a list of values")
    exclude: list[dict[str, Any]] = Field(default_factory=list)
    include: list[Single] = Field(default_factory=list)
    needs: Needs = Needs()
