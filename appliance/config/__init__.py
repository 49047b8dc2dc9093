"""What the host decides: languages, volume, policies, time-outs, places. TOML, packaged defaults first."""

from appliance.config.load import load_config
from appliance.config.model import Config, Policy, Post, Timeouts

__all__ = ['Config', 'Policy', 'Post', 'Timeouts', 'load_config']
