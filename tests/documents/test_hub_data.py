from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chemtune.documents.hub_data import fetch_data_set
from chemtune.documents.hub_files import NotThere, choose, choose_converted
from chemtune.errors import ChemtuneError, InputError

if TYPE_CHECKING:
    from hub_server import HubServer

FILES = [
    "README.md",
    "data/train-00000-of-00002.parquet",
    "data/train-00001-of-00002.parquet",
    "data/test-00000-of-00001.parquet",
    "extra/notes.pdf",
]


def parquet(**columns: list[Any]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("files", "asked", "chosen"),
    [
        (FILES, {}, FILES[1:3]),
        (FILES, {"split": "test"}, FILES[3:4]),
        (["chemistry.jsonl", "chemistry.csv"], {}, ["chemistry.jsonl"]),
        (["a.csv", "b.csv"], {}, ["a.csv", "b.csv"]),
        (["dev/a.csv"], {}, ["dev/a.csv"]),
        (["dev/a.csv"], {"split": "validation"}, ["dev/a.csv"]),
        (["contest.csv"], {"split": "train"}, ["contest.csv"]),  # no test in it
        (["train.py", "data.zip"], {}, None),
        (FILES, {"config": "other"}, None),  # the hub's conversion may have it
    ],
)
def test_files_by_their_names(files: list[str], asked: Any, chosen: list[str] | None) -> None:
    found = choose(files, {}, **asked)
    assert (list(found.files) if found else None) == chosen


CARD = {
    "configs": [
        {"config_name": "one", "data_files": [{"split": "train", "path": "data/train-*"}]},
        {
            "config_name": "two",
            "default": True,
            "data_files": [
                {"split": "train", "path": ["data/train-0000[0-9]-of-*.parquet"]},
                {"split": "test", "path": "**/test-*"},
            ],
        },
        {"config_name": "out", "data_files": ["../../etc/passwd", "/etc/passwd", "**/*.pdf"]},
        {"config_name": "plain", "data_files": "data/*.parquet"},
        {"config_name": "folder", "data_dir": "data"},
    ]
}


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ({"config": "one"}, FILES[1:3]),
        ({}, FILES[1:3]),
        ({"split": "test"}, FILES[3:4]),
        ({"config": "out"}, None),
        ({"config": "plain", "split": "test"}, FILES[3:4]),
        ({"config": "folder"}, FILES[1:3]),
    ],
)
def test_files_by_the_card(asked: Any, chosen: list[str] | None) -> None:
    found = choose(FILES, CARD, **asked)
    assert (list(found.files) if found else None) == chosen


def test_what_there_is_is_named() -> None:
    with pytest.raises(NotThere, match="no split 'tset'; there are: test, train"):
        choose(FILES, {}, split="tset")
    with pytest.raises(NotThere, match="no configuration 'three'; there are: one, two, out"):
        choose(FILES, CARD, config="three")
    with pytest.raises(NotThere, match="no split is named; there are: validation, test"):
        choose(["test.csv", "dev.csv"], {})
    converted = ["a/train/0000.parquet", "b/partial-train/0000.parquet"]
    with pytest.raises(NotThere, match="no configuration is named; there are: a, b"):
        choose_converted(converted, config=None, split=None)
    assert choose_converted(converted, config="b", split=None).files == (converted[1],)


@pytest.mark.parametrize("card", [{"configs": 3}, {"configs": [3, {"config_name": 7}, {}]}])
def test_a_card_of_another_shape_is_no_card(card: Any) -> None:
    found = choose(FILES, card)
    assert found
    assert list(found.files) == FILES[1:3]


def test_fetched_once_and_read_without_the_hub(hub: HubServer) -> None:
    commit = hub.hold(
        "o/d", {"train.parquet": parquet(text=["Pt"]), "x.py": b"1/0"}, {"license": "cc-by-4.0"}
    )
    data = fetch_data_set("o/d")
    assert (data.commit, data.licence, data.split) == (commit, "cc-by-4.0", "train")
    assert [path.name for path in data.files] == ["train.parquet"]
    assert "GET x.py" not in hub.asked
    assert hub.tokens == {"Bearer hf_secret_of_tests"}
    hub.gone = True
    assert fetch_data_set("o/d") == data
    with pytest.raises(ChemtuneError, match=r"the data set o/other cannot be fetched: .*`path`"):
        fetch_data_set("o/other")


def test_a_commit_is_asked_for_once(hub: HubServer) -> None:
    commit = hub.hold("o/d", {"a.csv": b"text\nPt\n"})
    first = fetch_data_set("o/d", revision=commit)
    hub.asked.clear()
    assert fetch_data_set("o/d", revision=commit) == first
    assert hub.asked == []


def test_a_script_alone_is_never_run(hub: HubServer) -> None:
    hub.hold("o/d", {"d.py": b"raise SystemExit", "raw.zip": b"PK"})
    with pytest.raises(InputError, match=r"nor the hub's own conversion; its files: d\.py, raw"):
        fetch_data_set("o/d")
    hub.hold("o/d", {"cfg/train/0000.parquet": parquet(a=[1])}, revision="refs/convert/parquet")
    assert [path.name for path in fetch_data_set("o/d").files] == ["0000.parquet"]
    with pytest.raises(InputError, match="config: o/d: no configuration 'x'; there are: cfg"):
        fetch_data_set("o/d", config="x")


def test_what_is_not_granted(hub: HubServer) -> None:
    hub.hold("o/gated", {"a.csv": b"text\nPt\n"})
    hub.gated.add("o/gated")
    with pytest.raises(InputError, match=r"access to o/gated has to be asked for \(accept its"):
        fetch_data_set("o/gated")
    with pytest.raises(InputError, match="no data set o/none at the hub, or it is private"):
        fetch_data_set("o/none")
    hub.hold("o/d", {"a.csv": b"text\nPt\n"})
    with pytest.raises(InputError, match="o/d has no such revision"):
        fetch_data_set("o/d", revision="v9")
    for name in ("d", "o/d/e", "../d", "o/d?x"):
        with pytest.raises(InputError, match="is no data set's name"):
            fetch_data_set(name)


def test_a_download_that_breaks_off_goes_on(hub: HubServer, capfd: Any) -> None:
    hub.hold("o/d", {"a.csv": b"text\nPt\n", "b.csv": b"text\n" + b"IrO2\n" * 500})
    hub.broken = {"b.csv"}
    with pytest.raises(ChemtuneError, match="cannot be fetched") as caught:
        fetch_data_set("o/d")
    assert "hf_secret" not in str(caught.value) + capfd.readouterr().err
    hub.broken = set()
    hub.asked.clear()
    assert [p.name for p in fetch_data_set("o/d").files] == ["a.csv", "b.csv"]
    assert "GET a.csv" not in hub.asked
