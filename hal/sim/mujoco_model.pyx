# distutils: extra_compile_args = -O2
"""MujocoModel: one MuJoCo model with its data, stepped inside the loop without the GIL and without linking.

The bindings have loaded MuJoCo's library already; its functions are looked up there by name. Pointers to the arrays are those of the
bindings' numpy views, which lie in the model's and the data's own memory and never move.

MuJoCo resets itself to the start when a state stops being finite, and goes on as if nothing had happened: that is switched off here
(mjDSBL_AUTORESET), and every step looks at the counts of warnings. The first warning of each kind would also be printed and appended to
a file in the current directory: a count that starts at one is never the first.

MuJoCo runs on the caller's thread alone (no thread pool is attached) and takes the memory of a step from the data's own arena.
"""

from libc.stdint cimport uint32_t, uintptr_t

import ctypes
import os

import mujoco
import numpy as np

cdef int STATE = int(mujoco.mjtState.mjSTATE_INTEGRATION)


def _library():
    """The library that the bindings have loaded: opening it again by its path gives the same one."""
    folder = os.path.dirname(mujoco.__file__)
    names = sorted(name for name in os.listdir(folder) if name.startswith("libmujoco") and (".so" in name or name.endswith(".dylib")))
    if len(names) != 1:
        raise ImportError(f"mujoco {mujoco.__version__}: expected one library beside its bindings, found {names}")
    return ctypes.CDLL(os.path.join(folder, names[0]))


LIBRARY = _library()


cdef void* function(str name) except NULL:
    """The address of a function of the library. Raises ImportError when this version has none of that name."""
    try:
        return <void*><uintptr_t>ctypes.cast(getattr(LIBRARY, name), ctypes.c_void_p).value
    except AttributeError:
        raise ImportError(f"mujoco {mujoco.__version__} has no function {name}") from None


cdef void* array(owner, str name, kind=np.float64) except? NULL:
    """The address of an array in the model or the data; NULL when it is empty."""
    view = getattr(owner, name)
    if view.dtype != kind or not view.flags.c_contiguous:
        raise TypeError(f"mujoco {mujoco.__version__}: {name} is not a run of {np.dtype(kind)}")
    return <void*><uintptr_t>view.ctypes.data if view.size else NULL


cdef uint32_t mujoco_warnings(const Mujoco* m) noexcept nogil:
    cdef uint32_t found = 0
    cdef int kind
    for kind in range(MUJOCO_WARNINGS):
        if m.warnings[kind * m.warning_stride] != 1:
            found |= 1u << kind
    return found


cdef void mujoco_clear_warnings(Mujoco* m) noexcept nogil:
    cdef int kind
    for kind in range(MUJOCO_WARNINGS):
        m.warnings[kind * m.warning_stride] = 1


cdef uint32_t mujoco_step(Mujoco* m, int n) noexcept nogil:
    cdef uint32_t found = 0
    cdef int k
    for k in range(n):
        m.step(m.model, m.data)
        found = mujoco_warnings(m)
        if found:
            return found
    return found


cdef void mujoco_save(const Mujoco* m, double* state) noexcept nogil:
    m.get_state(m.model, m.data, state, STATE)


cdef void mujoco_load(Mujoco* m, const double* state) noexcept nogil:
    m.set_state(m.model, m.data, state, STATE)


cdef class MujocoModel:
    """A model built from MJCF text. With `shared`, another model of the same shape (say with another time step) that steps the same data.

    Raises ValueError for text that MuJoCo refuses, or for a `shared` model of another shape.
    """

    def __init__(self, str xml not None, MujocoModel shared=None):
        model = mujoco.MjModel.from_xml_string(xml)
        model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        if shared is not None:
            sizes = ("nq", "nv", "nu", "na", "nbody", "ngeom", "nsite", "nsensordata", "nM", "narena", "nbuffer")
            differ = [name for name in sizes if getattr(model, name, 0) != getattr(shared.model, name, 0)]
            if differ:
                raise ValueError(f"two models that share data must have the same shape; these differ in {', '.join(differ)}")
        self.model = model
        self.data = mujoco.MjData(model) if shared is None else shared.data
        self._wire()
        mujoco_clear_warnings(&self.m)

    def _wire(self):
        """Every pointer, from the bindings' views."""
        cdef Mujoco* m = &self.m
        model, data = self.model, self.data
        m.model, m.data = <void*><uintptr_t>model._address, <void*><uintptr_t>data._address
        m.step = <void (*)(const void*, void*) noexcept nogil>function("mj_step")
        m.step1 = <void (*)(const void*, void*) noexcept nogil>function("mj_step1")
        m.step2 = <void (*)(const void*, void*) noexcept nogil>function("mj_step2")
        m.forward = <void (*)(const void*, void*) noexcept nogil>function("mj_forward")
        m.get_state = <void (*)(const void*, const void*, double*, int) noexcept nogil>function("mj_getState")
        m.set_state = <void (*)(const void*, void*, const double*, int) noexcept nogil>function("mj_setState")
        m.state_size = mujoco.mj_stateSize(model, STATE)
        m.nq, m.nv, m.nu, m.nbody, m.nsensordata = model.nq, model.nv, model.nu, model.nbody, model.nsensordata
        m.qpos, m.qvel, m.qacc = <double*>array(data, "qpos"), <double*>array(data, "qvel"), <double*>array(data, "qacc")
        m.ctrl, m.sensordata = <double*>array(data, "ctrl"), <double*>array(data, "sensordata")
        m.qfrc_applied, m.xfrc_applied = <double*>array(data, "qfrc_applied"), <double*>array(data, "xfrc_applied")
        m.xpos, m.xquat, m.xipos = <double*>array(data, "xpos"), <double*>array(data, "xquat"), <double*>array(data, "xipos")
        m.gravity = <double*>array(model.opt, "gravity")
        m.body_mass, m.body_inertia = <double*>array(model, "body_mass"), <double*>array(model, "body_inertia")
        m.body_ipos, m.body_subtreemass = <double*>array(model, "body_ipos"), <double*>array(model, "body_subtreemass")
        m.jnt_stiffness, m.dof_damping = <double*>array(model, "jnt_stiffness"), <double*>array(model, "dof_damping")
        m.qpos_spring = <double*>array(model, "qpos_spring")
        m.hfield_data = <float*>array(model, "hfield_data", np.float32)
        m.hfield_rows = int(model.hfield_nrow[0]) if model.nhfield else 0
        m.hfield_columns = int(model.hfield_ncol[0]) if model.nhfield else 0
        counts = data.warning.number
        if counts.dtype != np.int32 or counts.shape != (MUJOCO_WARNINGS,) or counts.strides[0] % 4:
            raise ImportError(f"mujoco {mujoco.__version__} counts other kinds of warning than expected")
        m.warnings, m.warning_stride = <int*><uintptr_t>counts.ctypes.data, counts.strides[0] // 4

    cdef int step(self, int n) noexcept nogil:
        return <int>mujoco_step(&self.m, n)

    cdef void save(self, double* state) noexcept nogil:
        mujoco_save(&self.m, state)

    cdef void load(self, const double* state) noexcept nogil:
        mujoco_load(&self.m, state)

    @property
    def state_size(self) -> int:
        """Doubles in the integration state."""
        return self.m.state_size

    @property
    def warnings(self) -> tuple:
        """The names of the kinds of warning that have come up, as MuJoCo calls them (mjWARN_...)."""
        found = mujoco_warnings(&self.m)
        return tuple(mujoco.mjtWarning(kind).name for kind in range(MUJOCO_WARNINGS) if found >> kind & 1)

    def advance(self, int n=1) -> bool:
        """Step n times, as the loop does. Returns whether there is still no warning."""
        return mujoco_step(&self.m, n) == 0

    def state(self) -> np.ndarray:
        """A copy of the integration state."""
        cdef double[::1] out = np.zeros(self.m.state_size)
        mujoco_save(&self.m, &out[0])
        return np.asarray(out)

    def restore(self, const double[::1] state not None):
        """Put an integration state back, and forget the warnings. Raises ValueError when it is not of this model's size."""
        if state.shape[0] != self.m.state_size:
            raise ValueError(f"the integration state has {self.m.state_size} doubles, not {state.shape[0]}")
        mujoco_load(&self.m, &state[0])
        mujoco_clear_warnings(&self.m)

    def index(self, str kind not None, str name not None) -> int:
        """The number of a named body, joint, geom, site, sensor, actuator or hfield. Raises KeyError."""
        found = mujoco.mj_name2id(self.model, getattr(mujoco.mjtObj, f"mjOBJ_{kind.upper()}"), name)
        if found < 0:
            raise KeyError(f"the model has no {kind} {name!r}")
        return found

    def qpos_index(self, str joint not None) -> int:
        """Where a named joint begins in qpos."""
        return int(self.model.jnt_qposadr[self.index("joint", joint)])

    def qvel_index(self, str joint not None) -> int:
        """Where a named joint begins in qvel, and in the generalised forces."""
        return int(self.model.jnt_dofadr[self.index("joint", joint)])

    def sensor_index(self, str sensor not None) -> int:
        """Where a named sensor begins in sensordata."""
        return int(self.model.sensor_adr[self.index("sensor", sensor)])
