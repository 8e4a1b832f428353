"""MujocoModel: one MuJoCo model with its data, stepped inside the loop: pointers to its arrays and to the functions of the loaded library.

MuJoCo's own structs are not declared here: what a kernel needs is reached through the addresses that the bindings give, so that no
layout is copied. A kernel keeps a `Mujoco` (by pointer) in its context and its owner keeps the `MujocoModel` alive.
"""

from libc.stdint cimport uint32_t

cdef enum:
    MUJOCO_WARNINGS = 7                  # kinds of warning that the data counts (mjtWarning, in its order)


cdef struct Mujoco:                      # the wiring; everything behind the pointers belongs to MuJoCo
    void* model
    void* data
    void (*step)(const void* model, void* data) noexcept nogil
    void (*step1)(const void* model, void* data) noexcept nogil       # up to the velocities: control may then be set
    void (*step2)(const void* model, void* data) noexcept nogil       # the rest of a step, not for RK4
    void (*forward)(const void* model, void* data) noexcept nogil     # everything but the step in time
    void (*get_state)(const void* model, const void* data, double* state, int what) noexcept nogil
    void (*set_state)(const void* model, void* data, const double* state, int what) noexcept nogil
    int state_size                       # doubles of mjSTATE_INTEGRATION
    int nq
    int nv
    int nu
    int nbody
    int nsensordata
    int hfield_rows                      # of the first height field: 0 is none
    int hfield_columns
    double* qpos                         # nq
    double* qvel                         # nv
    double* qacc                         # nv
    double* ctrl                         # nu
    double* qfrc_applied                 # nv: generalised forces on the joints
    double* xfrc_applied                 # nbody x 6: force, torque at each body's centre of mass, world axes
    double* xpos                         # nbody x 3: of the last forward pass
    double* xquat                        # nbody x 4
    double* xipos                        # nbody x 3: centres of mass
    double* sensordata                   # of the last forward pass
    double* gravity                      # 3: of the model, may be written between steps
    double* body_mass                    # nbody: of the model, likewise; invweight0 stays that of the built model
    double* body_inertia                 # nbody x 3, about the principal axes
    double* body_ipos                    # nbody x 3: centre of mass in the body's frame
    double* body_subtreemass             # nbody
    double* jnt_stiffness                # njnt
    double* dof_damping                  # nv
    double* qpos_spring                  # nq: where the joints' springs are slack
    float* hfield_data                   # rows x columns, row by row towards +y: heights over the field's own size[2]
    int* warnings                        # counts, `warning_stride` ints apart; they start at one, see mujoco_warnings
    int warning_stride

# Move on by n steps. Returns 0, or the warnings so far as bits (mjtWarning); it stops at the first.
cdef uint32_t mujoco_step(Mujoco* m, int n) noexcept nogil
# The warnings so far as bits.
cdef uint32_t mujoco_warnings(const Mujoco* m) noexcept nogil
# Forget the warnings: before a new run, or a restored one.
cdef void mujoco_clear_warnings(Mujoco* m) noexcept nogil
# The whole integration state (state_size doubles) out and in: stepping on from it gives the same bits.
cdef void mujoco_save(const Mujoco* m, double* state) noexcept nogil
cdef void mujoco_load(Mujoco* m, const double* state) noexcept nogil


cdef class MujocoModel:
    cdef readonly object model           # mujoco.MjModel
    cdef readonly object data            # mujoco.MjData
    cdef Mujoco m
    cdef int step(self, int n) noexcept nogil
    cdef void save(self, double* state) noexcept nogil
    cdef void load(self, const double* state) noexcept nogil
