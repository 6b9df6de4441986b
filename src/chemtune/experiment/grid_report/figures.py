"""The charts of a grid as SVG text: differences to the own start, and losses."""

from __future__ import annotations

from math import isfinite
from typing import Any

from chemtune.experiment.charts import (
    COLOURS,
    INK,
    MOST_POINTS,
    ROW_HEIGHT,
    moving_average,
    moving_window,
    svg,
)
from chemtune.experiment.grid_report.rows import Rows
from chemtune.experiment.grid_report.tables import GridTable

# Lines that can be told apart on white and on dark, also by people who do not see red and green.
LINES = ("#0a78a8", "#d0770a", "#3f9142", "#c2528b", "#7a6fd0", "#8c6d31", "#4f9da6", "#999999")


def difference_chart(table: GridTable, number: int) -> str:
    """Return how far each row of a table lies from its own start, with the intervals.

    Args:
        table: One with rows that are compared.
        number: Of the chart on its page, which tells it from the others.

    Returns:
        The chart, or "" where nothing is compared with a start.
    """
    import altair as alt

    values: list[dict[str, Any]] = [
        {
            "row": f"{title}: {column}" if len(table.columns) > 1 else title,
            "difference": cell.start.difference,
            "low": cell.start.interval[0],
            "high": cell.start.interval[1],
            "holds": "holds after Holm" if cell.start.holds else "does not",
        }
        for at, column in enumerate(table.columns)
        for title, cells in table.rows
        if (cell := cells[at]) is not None and cell.start is not None
    ]
    if not values:
        return ""
    names = ["holds after Holm", "does not"]
    axis = alt.Axis(labelLimit=420, labelPadding=10, ticks=False)
    y = alt.Y("row:N", sort=[v["row"] for v in values], title=None, axis=axis)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=y,
        color=alt.Color(
            "holds:N",
            title=None,
            scale=alt.Scale(domain=names, range=[COLOURS["after"], COLOURS["before"]]),
        ),
    )
    x = alt.X("difference:Q", title="difference to the own start", axis=alt.Axis(format="+.2f"))
    shapes = alt.Scale(domain=names, range=["diamond", "circle"])
    lines = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    points = base.mark_point(size=60, filled=True, opacity=1).encode(
        x=x, shape=alt.Shape("holds:N", title=None, scale=shapes)
    )
    zero = (
        alt.Chart(alt.InlineData(values=[{"zero": 0}]))
        .mark_rule(color=INK, strokeDash=[3, 3])
        .encode(x="zero:Q")
    )
    chart = alt.layer(zero, lines, points).properties(
        # Fonts differ: what the renderer measured may be too little for the reader's.
        width=330,
        height=alt.Step(ROW_HEIGHT - 6),
        padding={"left": 40, "right": 12, "top": 5, "bottom": 5},
    )
    said = f"{len(values)} differences to the own start with 95% intervals; as in the table"
    return svg(chart, f"Differences {number}", said)


def losses_chart(rows: Rows) -> str:
    """Return the moving average of every tuned cell's training loss by step, a colour a row.

    Returns:
        The chart, or "" where no cell has a finite loss.
    """
    import altair as alt

    values: list[dict[str, Any]] = []
    names = [row.title for row in rows.rows if row.tuned]
    for row in rows.rows:
        for measured in row.cells:
            losses = (measured.tuning or {}).get("losses") or []
            finite = [(step, loss) for step, loss in losses if isfinite(loss)]
            if not finite:
                continue
            means = moving_average([loss for _, loss in finite], moving_window(len(finite)))
            stride = -(-len(finite) * max(len(names), 1) // (4 * MOST_POINTS))
            drawn = list(zip(finite, means, strict=True))[::stride]
            values += [
                {"step": step, "loss": mean, "row": row.title, "cell": measured.cell.id}
                for (step, _), mean in drawn
            ]
    if not values:
        return ""
    colours = [LINES[at % len(LINES)] for at in range(len(names))]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("loss:Q", title="training loss", scale=alt.Scale(zero=False, nice=True)),
            color=alt.Color(
                "row:N",
                title=None,
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(columns=2, symbolLimit=0),
            ),
            detail="cell:N",
        )
        .properties(width=560, height=280)
    )
    cells = len({value["cell"] for value in values})
    return svg(chart, "Losses", f"Training loss by step of {cells} cells, as moving averages")
