"""The hub: where models and data sets come from, and whether it answers."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from chemtune.experiment.doctor.chart import Chart, address

TIMEOUT_S = 5.0
# Certificates and signed requests bear minutes of difference.
CLOCK_S = 300.0


def look_at_hub(*, online: bool) -> Chart:
    """Say which hub is asked; with `online`, whether it answers, and what its clock says."""
    from huggingface_hub import constants

    chart = Chart("machine")
    place = address(constants.ENDPOINT)
    which = f"{place} (HF_ENDPOINT)" if os.environ.get("HF_ENDPOINT") else place
    if constants.HF_HUB_OFFLINE:
        chart.note("hub", f"{which} is not asked: HF_HUB_OFFLINE is set", "unset it to download")
    elif not online:
        chart.note("hub", f"{which}; not asked now", "chemtune doctor --online looks if it answers")
    else:
        _ask(chart, constants.ENDPOINT, which)
    return chart


def _ask(chart: Chart, endpoint: str, which: str) -> None:
    started = time.monotonic()
    request = urllib.request.Request(endpoint, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as error:
        date = error.headers.get("Date")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        remedy = (
            "name a mirror (export HF_ENDPOINT=...) or a proxy (HTTPS_PROXY); or use a preset that "
            "the package index has (smollm2-135m), or a folder with the model"
        )
        chart.warn("hub", f"{which} does not answer: {reason}", remedy)
        return
    chart.ok("hub", f"{which} answers, in {time.monotonic() - started:.1f} s")
    _compare_clocks(chart, date)


def _compare_clocks(chart: Chart, date: str | None) -> None:
    if not date:
        return
    try:
        ahead = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return
    if abs(ahead) > CLOCK_S:
        where = "ahead of" if ahead > 0 else "behind"
        said = f"{abs(ahead) / 60:.0f} minutes {where} the hub's"
        chart.warn("clock", said, "set it: servers refuse certificates and requests by it")
