"""The supervisor: one loop that turns what happens into events, lets the workflow decide, and does what it says.

    poller, senses ──▶ events ──▶ loop: workflow.step ──▶ effects ──▶ archivist (a thread: letters, ledger, disk)
      ▲                                  │                   ├──────▶ cutter (a child process: master, plan, cut)
      └── controls, microphone           └▶ view ▶ painter   └──────▶ voice (the speaker)

The loop never waits: what others answer comes back as events at a later turn (`answers`). What the host wants beside
the visits (`errands`) is asked from any thread and done in the loop's turn. `house` surrounds the visits.
"""
