"""The page of a grid: one HTML file that opens anywhere, without network or script."""

from __future__ import annotations

from chemtune.experiment.claim import p_value
from chemtune.experiment.grid_report.beside import beside_published
from chemtune.experiment.grid_report.cells import FAILED, GridState
from chemtune.experiment.grid_report.examples import grid_samples
from chemtune.experiment.grid_report.facts import data_and_tokens, held_out_losses, seed_spreads
from chemtune.experiment.grid_report.figures import difference_chart, losses_chart
from chemtune.experiment.grid_report.findings import findings
from chemtune.experiment.grid_report.interaction import interactions
from chemtune.experiment.grid_report.legend import legend
from chemtune.experiment.grid_report.repeat import repeat_of
from chemtune.experiment.grid_report.rows import Rows
from chemtune.experiment.grid_report.tables import Tables
from chemtune.experiment.pages import GIBIBYTE, template
from chemtune.experiment.published.figures import load_published
from chemtune.experiment.samples import HOW_CHOSEN

GENERAL = "General"


def grid_page(grid: GridState, rows: Rows, tables: Tables, state: str) -> str:
    """Return the page. Everything that is not a template is escaped, but the charts.

    A chart holds names of cells and question sets, which its renderer has escaped.

    Args:
        grid: The grid.
        rows: Its rows.
        tables: Its tables.
        state: How far it is, in a sentence.
    """
    from markupsafe import Markup

    filters = {
        "p_value": p_value,
        "gibibytes": lambda count: f"{count / GIBIBYTE:.2f}",
        "clock": clock,
    }
    panels = list(rows.panels)
    charts = {
        panel: Markup(difference_chart(tables.side_by_side(panel), number))
        for number, panel in enumerate(panels, 1)
        if tables.of_panel(panel)
    }
    data, tokens = data_and_tokens(grid)
    return template("grid.html", **filters).render(
        grid=grid,
        rows=rows,
        tables=tables,
        state=state,
        failed=[cell for cell in grid.cells if cell.state == FAILED],
        unfinished=len(grid.done) < len(grid.cells),
        panels=[panel for panel in panels if not panel.startswith(GENERAL)],
        general=[panel for panel in panels if panel.startswith(GENERAL)],
        charts=charts,
        legend=legend(tables.all),
        findings=findings(tables),
        compared=any(table.family for table in tables.all),
        losses=Markup(losses_chart(rows)),
        interactions=interactions(rows),
        held_out=held_out_losses(rows),
        data=data,
        tokens=tokens,
        spreads=list(seed_spreads(rows)),
        beside=beside_published(rows),
        published=load_published(),
        samples=grid_samples(rows),
        how_chosen=HOW_CHOSEN,
        repeat=repeat_of(grid),
    )


def clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds: "1:02:03", "4:05"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
