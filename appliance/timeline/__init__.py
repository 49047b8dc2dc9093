"""The score of a cut: every movement, edge and sample of it on one integer clock, the frame (5 us).

    Plan (s, mm) + drive (50 kHz) -> build -> Score (frames, steps) -> appliance.lathe

    build     the whole cut from power on to power off; seconds become frames in its `frame_of`
    profiles  jerk-limited movements as cubic pieces, and their fixed-point segments for native/motion.c
    axes      millimetres and degrees of the machine file as steps, frames and limits
    torque    whether the motor can turn the platter all the way up to speed
    jog       a score that only moves the carriage
    score     the value that comes out

Units: frame 0 is the first that the PWM plays; a sample of the drive is 4 frames; positions are microsteps.
"""
