"""What the host decides: languages, volume, policies, time-outs, places. TOML, packaged defaults first."""

from appliance.config.load import load_config
from appliance.config.model import Config, Policy, Timeouts

__all__ = ['Config', 'Policy', 'Timeouts', 'load_config']
