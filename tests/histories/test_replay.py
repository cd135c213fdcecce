"""Workflow code goes on with every incident that earlier code started: recorded histories replay."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.histories.scenes import SCENES
from worker.host import WORKFLOWS, sandbox

RECORDED = sorted(Path(__file__).parent.rglob("*.json"))
"""Those of released versions, in folders of their own, too."""

OF_THIS_VERSION = [path for path in RECORDED if path.parent == Path(__file__).parent]


def read(path: Path) -> WorkflowHistory:
    recorded = json.loads(path.read_text())
    return WorkflowHistory.from_json(recorded.pop("workflowId"), recorded)


@pytest.fixture
def replayer() -> Replayer:
    return Replayer(workflows=WORKFLOWS, workflow_runner=sandbox(), data_converter=pydantic_data_converter)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_recorded_history_replays(replayer: Replayer, path: Path) -> None:
    await replayer.replay_workflow(read(path))


async def test_every_scene_and_every_workflow_is_recorded() -> None:
    scenes, workflows, runs = zip(*(path.stem.split("-") for path in OF_THIS_VERSION), strict=True)
    assert set(scenes) == {scene.__name__ for scene in SCENES}
    assert set(workflows) == {workflow.__name__ for workflow in WORKFLOWS}
    assert "2" in runs, "no history goes on through continue-as-new"


async def test_no_recorded_history_has_a_failed_task() -> None:
    for path in RECORDED:
        assert "WORKFLOW_TASK_FAILED" not in path.read_text(), path.name


async def test_a_history_of_other_code_does_not_replay(replayer: Replayer) -> None:
    whole_life = next(path for path in OF_THIS_VERSION if path.stem == "whole_life-IncidentWorkflow-0")
    recorded = json.loads(whole_life.read_text().replace('"send_page"', '"send_fax"'))
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(WorkflowHistory.from_json(recorded.pop("workflowId"), recorded))
