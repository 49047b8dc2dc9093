"""The real sound card: one sound system, a microphone and a speaker on it."""

from __future__ import annotations

from appliance.booth.microphone import SounddeviceMicrophone
from appliance.booth.sound_system import SoundSystem
from appliance.booth.speaker import SounddeviceSpeaker


def sound_card(
    microphone: str = '', speaker: str = '', latency_s: float = 0.05
) -> tuple[SounddeviceMicrophone, SounddeviceSpeaker]:
    """Both by the names `audioletter doctor sound` lists. They share a system: PortAudio is one for a whole process."""
    system = SoundSystem()
    return SounddeviceMicrophone(system, microphone, latency_s), SounddeviceSpeaker(system, speaker, latency_s)
