"""MuJoCo through its C functions: it steps as its bindings do, its state carries over to the bit, and no warning passes in silence."""

import os
from pathlib import Path

import mujoco
import numpy as np
import pytest

from hal.sim.mujoco_model import MujocoModel

BALL = """
<mujoco>
  <option timestep="0.002" gravity="0 0 -1.6" cone="elliptic"/>
  <asset><hfield name="ground" nrow="9" ncol="7" size="1 1 1 0.5"/></asset>
  <worldbody>
    <geom name="soil" type="hfield" hfield="ground"/>
    <body name="ball" pos="0 0 0.3">
      <freejoint name="free"/>
      <geom name="shell" type="ellipsoid" size="0.1 0.12 0.14" mass="2"/>
      <body name="arm" pos="0.2 0 0"><joint name="hinge" axis="0 1 0"/><geom size="0.03" mass="0.1"/></body>
    </body>
  </worldbody>
  <actuator><motor name="drive" joint="hinge" gear="0.01"/></actuator>
</mujoco>
"""


def rolling(xml: str = BALL) -> MujocoModel:
    ball = MujocoModel(xml)
    ball.data.qvel[:3] = 0.1, 0.05, -0.4
    ball.data.ctrl[0] = 1.0
    return ball


def test_it_steps_as_the_bindings_do() -> None:
    ours, theirs = rolling(), rolling()
    for _ in range(400):
        assert ours.advance()
        mujoco.mj_step(theirs.model, theirs.data)
    assert theirs.data.ncon > 0
    assert ours.state().tobytes() == theirs.state().tobytes()
    assert ours.data.time == pytest.approx(0.8)


def test_the_integration_state_goes_on_to_the_same_bits_in_another_model_and_amid_contact() -> None:
    first, second = rolling(), rolling()
    assert first.advance(311)
    assert first.data.ncon > 0
    second.advance(50)
    second.restore(first.state())
    assert second.state().tobytes() == first.state().tobytes()
    assert first.advance(200)
    assert second.advance(200)
    assert second.state().tobytes() == first.state().tobytes()


def test_a_state_of_the_wrong_size_is_refused() -> None:
    ball = rolling()
    with pytest.raises(ValueError, match="doubles"):
        ball.restore(np.zeros(ball.state_size + 1))


def test_a_state_that_stops_being_finite_is_told_and_not_reset_and_leaves_no_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path.cwd()
    os.chdir(tmp_path)
    try:
        ball = rolling()
        assert ball.advance(100)
        ball.data.qvel[1] = np.nan
        assert not ball.advance(3)
    finally:
        os.chdir(folder)
    assert "mjWARN_BADQVEL" in ball.warnings
    assert np.isnan(ball.data.qvel[1])
    assert ball.data.time == pytest.approx(0.202)  # it stopped at the step that warned
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    ball.restore(rolling().state())
    assert ball.warnings == ()
    assert ball.advance(10)


def test_names_find_their_places() -> None:
    ball = rolling()
    assert (ball.qpos_index("free"), ball.qpos_index("hinge")) == (0, 7)
    assert (ball.qvel_index("free"), ball.qvel_index("hinge")) == (0, 6)
    assert ball.index("body", "arm") == 2
    with pytest.raises(KeyError, match="wheel"):
        ball.index("body", "wheel")


def test_two_models_with_their_own_time_steps_share_one_state() -> None:
    fine = rolling()
    coarse = MujocoModel(BALL.replace('"0.002"', '"0.01"'), shared=fine)
    assert coarse.advance()
    assert fine.advance()
    assert fine.data.time == pytest.approx(0.012)
    with pytest.raises(ValueError, match="shape"):
        MujocoModel("<mujoco/>", shared=fine)


def test_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError):
        MujocoModel("<mujoco><nothing/></mujoco>")
