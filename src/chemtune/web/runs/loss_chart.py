"""The loss chart: training, its moving mean and validation over the steps; points can be added."""

from __future__ import annotations

import json
from typing import Any

from nicegui import ui

from chemtune.experiment.training_curve import Curve
from chemtune.web.runs.curve_points import CurvePoints, points, window_of
from chemtune.web.words import Words

# The page's variables, so that the chart follows its light and dark modes: it is drawn as SVG.
INK, QUIET, LINE = "var(--ink)", "var(--quiet)", "var(--line)"
FONT = "Roboto, 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif"
MEAN, HELD_OUT = "var(--accent)", "var(--bad)"
# Added to what the chart in the browser has; only numbers go into it.
ADD = "((chart, added) => ({series: chart.getOption().series.map((of, at) => " \
      "({data: of.data.concat(added[at])}))}))(getElement(%d).chart, %s)"  # fmt: skip


class LossChart:
    """The chart of a run, with its last values in words; made where it is to stand.

    Args:
        words: Of the reader.
        curve: The curve as it is now.
    """

    def __init__(self, words: Words, curve: Curve) -> None:
        self._words, self._window = words, window_of(curve)
        self._drawn = _counts(curve)
        self._box = ui.element("div").props('role="img"').classes("runs-chart-box")
        with self._box:
            options = _options(words, points(curve, self._window), self._window)
            self._chart = ui.echart(options, renderer="svg").classes("runs-chart")
        self._said = ui.label().classes("quiet")
        self._say(curve)

    def add(self, curve: Curve) -> None:
        """Add what the curve has more than at the last time; only that is sent."""
        new = points(curve, self._window, self._drawn)
        if not new.any:
            return
        self._drawn = _counts(curve)
        added = json.dumps(new.series)
        self._chart.run_chart_method(":setOption", ADD % (self._chart.id, added))
        self._say(curve)

    def _say(self, curve: Curve) -> None:
        said = _last_values(curve, self._window, self._words)
        self._said.set_text(said)
        self._box.props["aria-label"] = f"{self._words('Loss by step')}. {said}"


def _counts(curve: Curve) -> tuple[int, int]:
    return len(curve.training), len(curve.validation)


def _last_values(curve: Curve, window: int, words: Words) -> str:
    if not curve.training and not curve.validation:
        return words("No step was logged yet.")
    parts = []
    if curve.training:
        last = points(curve, window, (len(curve.training) - 1, 0)).mean[-1]
        parts.append(
            words(
                "Training loss at step {step}: {loss}, the mean of {window} steps.",
                step=last[0],
                loss=f"{last[1]:.3f}",
                window=min(window, len(curve.training)),
            )
        )
    if curve.validation:
        step, loss = curve.validation[-1]
        parts.append(
            words("Validation loss at step {step}: {loss}.", step=step, loss=f"{loss:.3f}")
        )
    return " ".join(parts)


def _options(words: Words, drawn: CurvePoints, window: int) -> dict[str, Any]:
    names = (words("training"), words("mean of {window} steps", window=window), words("validation"))
    styles: tuple[dict[str, Any], ...] = (
        {"type": "line", "lineStyle": {"color": QUIET, "width": 0.8, "opacity": 0.7}},
        {"type": "line", "lineStyle": {"color": MEAN, "width": 2.5}},
        {"type": "scatter", "symbol": "diamond", "symbolSize": 11},
    )
    axis = {
        "nameLocation": "middle",
        "nameTextStyle": {"color": INK, "fontSize": 13},
        "axisLabel": {"color": INK},
        "axisLine": {"lineStyle": {"color": LINE}},
        "splitLine": {"lineStyle": {"color": LINE}},
        "scale": True,
    }
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT},
        "grid": {"left": 64, "right": 24, "top": 40, "bottom": 48},
        "legend": {
            "textStyle": {"color": INK}, "itemGap": 20, "top": 0, "left": 64, "selectedMode": False
        },
        "tooltip": {"trigger": "axis", ":valueFormatter": "value => value.toFixed(3)"},
        "xAxis": {
            **axis, "type": "value", "name": words("step"), "nameGap": 28, "minInterval": 1,
            "splitLine": {"show": False},
        },
        "yAxis": {
            **axis, "type": "value", "name": words("loss, nats a label token"), "nameGap": 44,
        },
        "series": [
            {
                "name": name,
                "data": of,
                "showSymbol": False,
                "sampling": "lttb",
                "itemStyle": {"color": colour},
                "emphasis": {"disabled": True},
                **style,
            }
            for name, of, colour, style in zip(
                names, drawn.series, (QUIET, MEAN, HELD_OUT), styles, strict=True
            )
        ],
    }  # fmt: skip
