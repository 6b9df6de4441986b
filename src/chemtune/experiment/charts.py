"""The report's charts as SVG text: no script, no fonts or pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite
from typing import Any

from chemtune.experiment.comparison import Comparison
from chemtune.experiment.measure import SIDES, Figure

# Colours are the page's, so that charts follow its light and dark modes.
COLOURS = {"before": "var(--before, #8a5a00)", "after": "var(--after, #0b6e99)"}
INK, GRID = "var(--ink, #222)", "var(--line, #ddd)"
MOST_POINTS = 1000
ROW_HEIGHT = 30

Points = Sequence[tuple[int, float]]


def loss_chart(losses: Points, validation: Points) -> str:
    """Return the loss by step: thin as logged, thick as its moving average, points for validation.

    Args:
        losses: (step, training loss), by step. Losses that are not finite are left out.
        validation: (step, validation loss).

    Raises:
        ValueError: No loss is finite.
    """
    import altair as alt

    train = [(step, loss) for step, loss in losses if isfinite(loss)]
    held = [(step, loss) for step, loss in validation if isfinite(loss)]
    if not train:
        raise ValueError("no finite loss to draw")
    window = moving_window(len(train))
    names = ["training", f"mean of the last {window} steps", "validation"]
    stride = -(-len(train) // MOST_POINTS)
    smooth = moving_average([loss for _, loss in train], window)
    averaged = [(step, mean) for (step, _), mean in zip(train, smooth, strict=True)]
    low, high = _range([loss for _, loss in [*train, *held]])
    scale = alt.Scale(domain=[low, high], zero=False, nice=True)
    kinds = alt.Scale(domain=names, range=[COLOURS["before"], COLOURS["after"], INK])

    def layer(kind: str, points: Points) -> Any:
        values = [{"step": s, "loss": loss, "kind": kind} for s, loss in points]
        return alt.Chart(alt.InlineData(values=values)).encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("loss:Q", title="loss", scale=scale),
            color=alt.Color("kind:N", scale=kinds, title=None),
        )

    chart = alt.layer(
        layer(names[0], train[::stride]).mark_line(strokeWidth=0.8, opacity=0.75),
        layer(names[1], averaged[::stride]).mark_line(strokeWidth=2.5),
        layer(names[2], held).mark_point(size=60, filled=True, opacity=1, shape="diamond"),
    ).properties(width=560, height=260)
    first, last = averaged[0][1], averaged[-1][1]
    said = f"Training loss over {train[-1][0]} steps, from {first:.2f} to {last:.2f}"
    said += f"; validation loss {held[-1][1]:.2f} at the end" if held else "; no validation"
    return svg(chart, "Loss by step", said)


def moving_window(steps: int) -> int:
    """Return over how many steps the moving average goes: a tenth of them, 2 to 50."""
    return min(max(steps // 10, 2), 50)


def moving_average(values: Sequence[float], window: int) -> list[float]:
    """Return the mean of the last `window` values at each place; of fewer at the beginning."""
    means = []
    for end in range(1, len(values) + 1):
        last = values[max(0, end - window) : end]
        means.append(sum(last) / len(last))
    return means


def forest_chart(comparison: Comparison) -> str:
    """Return every measure that has an interval: a point and its interval for each side.

    A tick on a question set's row stands at what the best constant answer gets.
    """
    import altair as alt

    values = list(_intervals(comparison))
    order = list(dict.fromkeys(value["row"] for value in values))
    constants = [
        {"row": _row(exam.name, exam.correct.name), "value": figure.value}
        for exam in comparison.exams
        if (figure := exam.constant.after or exam.constant.before) is not None
    ]
    kinds = alt.Scale(domain=list(SIDES), range=[COLOURS[side] for side in SIDES])
    shapes = alt.Scale(domain=list(SIDES), range=["circle", "diamond"])
    shares = alt.Scale(domain=[0, 1])
    rows = alt.Y(
        "row:N", sort=order, title=None, axis=alt.Axis(labelLimit=330, labelPadding=10, ticks=False)
    )
    offset = alt.YOffset("side:N", sort=list(SIDES), scale=alt.Scale(paddingOuter=0.5))
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=rows, yOffset=offset, color=alt.Color("side:N", scale=kinds, title=None)
    )
    axis = alt.Axis(format=".1f", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    lines = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", scale=shares, title="share, F1 or similarity", axis=axis), x2="high:Q"
    )
    points = base.mark_point(size=60, filled=True, opacity=1).encode(
        x=alt.X("value:Q", scale=shares), shape=alt.Shape("side:N", scale=shapes, title=None)
    )
    ticks = (
        alt.Chart(alt.InlineData(values=constants))
        .mark_tick(thickness=2, size=ROW_HEIGHT - 6, color=INK)
        .encode(x=alt.X("value:Q", scale=shares), y=rows)
    )
    layers = [lines, points, ticks] if constants else [lines, points]
    chart = alt.layer(*layers).properties(
        width=360, height=alt.Step(ROW_HEIGHT, **{"for": "position"})
    )
    said = f"{len(order)} measures before and after tuning, each with its 95% interval"
    return svg(chart, "Before and after", f"{said}; the same numbers stand in the tables")


def _intervals(comparison: Comparison) -> Iterable[dict[str, Any]]:
    drawn = [(t.title, m) for t in comparison.tasks for m in t.measures if m.is_share]
    drawn += [(e.name, m) for e in comparison.exams for m in (e.correct, *e.levels)]
    for title, measure in drawn:
        for side, figure in zip(SIDES, measure.sides, strict=True):
            if figure is not None and figure.interval is not None:
                yield {"row": _row(title, measure.name), "side": side, **_bounds(figure)}


def _row(title: str, measure: str) -> str:
    return f"{title}: {measure}"


def _bounds(figure: Figure) -> dict[str, float]:
    assert figure.interval is not None
    return {"value": figure.value, "low": figure.interval[0], "high": figure.interval[1]}


def _range(losses: Sequence[float]) -> tuple[float, float]:
    low, high = min(losses), max(losses)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return max(low - margin, 0.0) if low >= 0 else low - margin, high + margin


def svg(chart: Any, title: str, description: str) -> str:
    """Render a chart; a screen reader is told its title and description instead of its marks."""
    import vl_convert

    styled = (
        chart.configure(background="transparent", font="sans-serif", aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor=GRID, domainColor=GRID, tickColor=GRID,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal",
        )
        .configure_legend(labelColor=INK, labelFontSize=12, orient="top", labelLimit=300)
    )  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(styled.to_dict())
    name = "chart-" + title.lower().replace(" ", "-")
    opening, _, rest = svg.partition(">")
    return (
        f'{opening} role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{rest}'
    )
